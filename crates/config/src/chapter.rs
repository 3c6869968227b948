//! What is said of a table and its settings, in the default file and in the documentation.

use super::setting::{Group, Lines, Page, Setting};

/// Longest comment line of the default file.
const WIDTH: usize = 133;

/// What is said of one table.
pub(super) struct Chapter {
    pub(super) name: &'static str,
    pub(super) comment: &'static str,
    pub(super) intro: &'static str,
    pub(super) entries: Vec<SettingEntry>,
}

/// What is said of one setting.
pub(super) struct SettingEntry {
    pub(super) key: &'static str,
    pub(super) comment: String,
    pub(super) page: String,
    /// Lines of the default file below the comment.
    pub(super) lines: String,
    pub(super) default: Option<String>,
}

impl<T: 'static> Group<T> {
    /// What is said of the table, with the defaults that `default` has.
    pub(super) fn chapter(&self, default: &T) -> Chapter {
        let entries =
            self.settings.iter().map(|setting| SettingEntry::new(setting, default)).collect();
        Chapter { name: self.name, comment: self.comment, intro: self.intro, entries }
    }
}

impl SettingEntry {
    fn new<T: 'static>(setting: &Setting<T>, default: &T) -> Self {
        let [least, most] = &setting.limits;
        let comment = setting.comment.replace("{least}", least).replace("{most}", most);
        let page = match setting.page {
            Page::Instead(text) => text.to_owned(),
            Page::After("") => mark_code(&comment),
            Page::After(more) => format!("{} {more}", mark_code(&comment)),
        };
        let mut lines = String::new();
        let default = match &setting.lines {
            Lines::Default => (setting.show)(default),
            Lines::Written(text) => Some(text.clone()),
            Lines::Examples(examples) => {
                for (comment, text) in examples {
                    push_comment(&mut lines, comment);
                    lines.push_str(&format!("# {} = {text}\n", setting.key));
                }
                None
            }
        };
        if let Some(default) = &default {
            lines.push_str(&format!("{} = {default}\n", setting.key));
        }
        Self { key: setting.key, comment, page, lines, default }
    }
}

/// Writes comment lines, wrapped unless the text has its own lines.
pub(super) fn push_comment(out: &mut String, text: &str) {
    if text.contains('\n') {
        text.lines().for_each(|line| out.push_str(&format!("# {line}\n")));
        return;
    }
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count() + 1;
        if width == 0 || width + length > WIDTH {
            out.push_str(if width == 0 { "#" } else { "\n#" });
            width = 1;
        }
        out.push(' ');
        out.push_str(word);
        width += length;
    }
    if width > 0 {
        out.push('\n');
    }
}

/// Marks what is in quotes as code.
fn mark_code(text: &str) -> String {
    let mark = |(index, part): (usize, &str)| match index % 2 {
        0 => part.replace('\n', " "),
        _ => format!("`\"{part}\"`"),
    };
    text.split('"').enumerate().map(mark).collect()
}
