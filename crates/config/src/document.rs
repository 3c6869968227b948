//! The default file and the documentation, written from the table of settings.

use super::{
    chapter::{Chapter, SettingEntry, push_comment},
    table::Tables,
};

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
        for SettingEntry { key, page, default, .. } in entries {
            let default = default.map_or_else(|| "-".to_owned(), |value| format!("`{value}`"));
            text.push_str(&format!("| `{key}` | {default} | {page} |\n"));
        }
    }
    text
}
