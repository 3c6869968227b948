//! Tables for people: aligned columns without borders or trailing spaces, nothing wrapped.

use comfy_table::{CellAlignment, Table, presets};

/// Spaces between two columns.
const GAP: u16 = 2;

/// How the text of a column is aligned.
#[derive(Clone, Copy, Debug)]
pub(super) enum Align {
    Left,
    Right,
}

/// Renders rows of as many cells as there are columns, one line each.
pub(super) fn render_table<const N: usize>(
    columns: [Align; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for row in rows {
        table.add_row(row);
    }
    for (column, align) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, GAP));
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// `-` for what is not known.
pub(super) fn show_or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_their_text() {
        let rows = [["policy", "profit", "note"], ["off", "-0.5", ""], ["é", "12", "two words"]];
        let text = render_table(
            [Align::Left, Align::Right, Align::Left],
            rows.map(|row| row.map(str::to_owned)),
        );
        assert_eq!(text, "policy  profit  note\noff       -0.5\né           12  two words\n");
    }
}
