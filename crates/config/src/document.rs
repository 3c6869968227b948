//! The default file and the documentation, written from the table of settings.

use super::{
    setting::{Group, Lines, Page, Setting},
    table::Tables,
};

/// Longest comment line of the default file.
const WIDTH: usize = 133;

/// Where the documentation's generated part begins.
const MARKER: &str = "<!-- Below, written from crates/config/src/table. -->\n";

const PREAMBLE: &str = "\
# snarkfee: every setting with its default.
#
# Lines that begin with \"# key = \" show settings that are off or unknown until set. Everything else is what the program does
# without a file, except [daemons.main], which has to be written: at least one daemon is needed.
#
# Money is written with its unit: \"0.001 MINA\" or \"250000 nanomina\" (1 nanomina = 0.000000001 MINA). A fee, a cost and a profit
# are per work, the bundle of one or two proofs that a fee buys. Rates are \"0.02 MINA/h\". Durations are \"500ms\", \"90s\", \"5m\",
# \"24h\", \"1h30m\", \"2d\", at most 3650d. Relative paths start from this file's folder.
#
# A variable SNARKFEE__SECTION__KEY overrides one key: SNARKFEE__POLICY__FLOOR=\"0.001 MINA\",
# SNARKFEE__DAEMONS__MAIN__GRAPHQL_URL=\"http://10.0.0.7:3085/graphql\". In a daemon's name \"_\" stands for \"-\" and \".\" as well. Flags
# override both.
";

/// What is said of one table.
pub(super) struct Chapter {
    name: &'static str,
    comment: &'static str,
    intro: &'static str,
    entries: Vec<Entry>,
}

/// What is said of one setting.
struct Entry {
    key: &'static str,
    comment: String,
    page: String,
    /// Lines of the default file below the comment.
    lines: String,
    default: Option<String>,
}

impl<T: 'static> Group<T> {
    /// What is said of the table, with the defaults that `default` has.
    pub(super) fn chapter(&self, default: &T) -> Chapter {
        let entries = self.settings.iter().map(|setting| Entry::new(setting, default)).collect();
        Chapter { name: self.name, comment: self.comment, intro: self.intro, entries }
    }
}

impl Entry {
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

/// The default file: every setting with its default and what it means.
pub fn default_file() -> String {
    let mut text = PREAMBLE.to_owned();
    for Chapter { name, comment, entries, .. } in Tables::new().chapters() {
        text.push('\n');
        push_comment(&mut text, comment);
        text.push_str(&format!("[{}]\n", name.replace("NAME", "main")));
        for entry in entries {
            push_comment(&mut text, &entry.comment);
            text.push_str(&entry.lines);
        }
    }
    text
}

/// The documentation of settings in Markdown: `page` with its generated part written anew.
pub fn document_settings(page: &str) -> String {
    let (prose, _) = page.split_once(MARKER).unwrap_or((page, ""));
    let mut text = format!("{prose}{MARKER}");
    for Chapter { name, intro, entries, .. } in Tables::new().chapters() {
        text.push_str(&format!("\n## [{name}]\n\n"));
        if !intro.is_empty() {
            text.push_str(&format!("{intro}\n\n"));
        }
        text.push_str("| key | default | meaning |\n|---|---|---|\n");
        for Entry { key, page, default, .. } in entries {
            let default = default.map_or_else(|| "-".to_owned(), |value| format!("`{value}`"));
            text.push_str(&format!("| `{key}` | {default} | {page} |\n"));
        }
    }
    text
}

/// Writes comment lines, wrapped unless the text has its own lines.
fn push_comment(out: &mut String, text: &str) {
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
