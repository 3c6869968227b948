//! Text for the width of a terminal.

use std::io::IsTerminal as _;

/// Columns beyond which lines are hard to read.
const WIDEST: usize = 120;

/// The columns to fill on standard output; `None` where it is no terminal, or tells no width.
pub(super) fn terminal_width() -> Option<usize> {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let columns = rustix::termios::tcgetwinsize(&out).ok()?.ws_col;
    Some(usize::from(columns)).filter(|columns| *columns > 0).map(|columns| columns.min(WIDEST))
}

/// Breaks a text between words into lines of at most `width` characters; a longer word has a line of
/// its own. There is at least one line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = line.chars().count();
        if length > 0 && length + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("http://a-long-address x", 7), ["http://a-long-address", "x"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
