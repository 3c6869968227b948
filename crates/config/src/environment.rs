//! Reads variables `SNARKFEE__SECTION__KEY` and flags.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use super::{
    ConfigError,
    file::parse_value,
    item::{Item, Node, Notation, Place, Table},
    reading::Reading,
};

/// What variables that set a key begin with; parts are separated by the same two underscores.
const PREFIX: &str = "SNARKFEE__";
const SEPARATOR: &str = "__";
/// What a variable's name begins with after the prefix.
const SECTIONS: [&str; 6] =
    ["controller", "daemons", "policy", "block_production", "safety", "store"];
/// More parts than any key has.
const MOST_PARTS: usize = 8;

/// Whether a variable sets a key.
fn sets_key(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Whether a variable is looked at: it sets a key, or was probably meant to.
pub(super) fn concerns_keys(name: &OsStr) -> bool {
    sets_key(name) || name.to_str().is_some_and(|name| suggest_name(name).is_some())
}

/// How to write a variable that is not in capitals, or whose parts are separated by single
/// underscores; `None` where it is not for a key.
fn suggest_name(name: &str) -> Option<String> {
    let capitals = name.to_ascii_uppercase();
    if capitals.starts_with(PREFIX) {
        return Some(capitals);
    }
    let rest = capitals.as_str();
    let rest = rest.strip_prefix("SNARKFEE_").filter(|rest| !rest.starts_with('_'))?;
    SECTIONS.into_iter().find_map(|section| {
        let key = rest.strip_prefix(&section.to_ascii_uppercase())?.strip_prefix('_')?;
        let key = if section == "daemons" { "NAME__KEY" } else { key.trim_start_matches('_') };
        Some([PREFIX, &section.to_ascii_uppercase(), SEPARATOR, key].concat())
    })
}

/// Warns of variables that were probably meant to set a key.
pub(super) fn warn_of_misspelt<'a>(
    variables: impl Iterator<Item = &'a OsString>,
    reading: &Reading,
) {
    for name in variables.filter(|name| !sets_key(name)).filter_map(|name| name.to_str()) {
        if let Some(right) = suggest_name(name) {
            let place = Place::Variable(name.to_owned());
            let how = match name.to_ascii_uppercase() == right {
                true => "capitals",
                false => "two underscores",
            };
            reading.warn(&place, "", format!("not read: write {how}, {right}"));
        }
    }
}

/// Reads variables; those that do not begin with [`PREFIX`] are not looked at.
///
/// Names of daemons are found among `daemons` whatever their case, with `_` standing for `-` and
/// `.` too: few shells can set a variable that holds those.
pub(super) fn read_variables<'a>(
    variables: impl Iterator<Item = (&'a OsString, &'a OsString)>,
    daemons: &[String],
    problems: &mut Vec<ConfigError>,
) -> Table {
    let mut table = Table::new();
    let mut named = BTreeMap::new();
    for (name, text) in variables.filter(|(name, _)| sets_key(name)) {
        let place = Place::Variable(name.to_string_lossy().into_owned());
        let mut fail = |message: &str| {
            problems.push(ConfigError {
                place: place.clone(),
                key: String::new(),
                message: message.to_owned(),
            });
        };
        let (Some(name), Some(text)) = (name.to_str(), text.to_str()) else {
            fail("not UTF-8 text");
            continue;
        };
        let mut path: Vec<String> =
            name[PREFIX.len()..].split(SEPARATOR).map(str::to_ascii_lowercase).collect();
        if path.len() > MOST_PARTS || path.iter().any(String::is_empty) {
            fail("not the name of a key, write SNARKFEE__SECTION__KEY");
            continue;
        }
        if let [section, daemon, ..] = path.as_mut_slice()
            && section == "daemons"
        {
            let meant: Vec<_> =
                daemons.iter().filter(|known| plain(known) == plain(daemon)).collect();
            match *meant.as_slice() {
                [] => {}
                [known] => daemon.clone_from(known),
                [one, other, ..] => {
                    fail(&format!("may mean daemons.{one} as well as daemons.{other}"));
                    continue;
                }
            }
        }
        if let Some(other) = named.insert(path.clone(), name) {
            fail(&format!("sets the same key as {other}"));
            continue;
        }
        if let Some(bare) = unquote(text) {
            let example = match bare.contains(['@', '?']) {
                true => String::new(),
                false => format!(": {name}={bare}"),
            };
            fail(&format!("the value itself contains quotes, write it without{example}"));
            continue;
        }
        set(&mut table, &path, text, place, problems);
    }
    table
}

/// The text within the quotes that surround it: shells take straight ones off, files of variables
/// often do not, and editors of text make others of them.
fn unquote(text: &str) -> Option<&str> {
    const QUOTES: [(char, char); 6] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('‘', '’')];
    let text = text.trim();
    QUOTES.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close))
}

/// A daemon's name as a variable can spell it.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

/// Reads overrides by flags: key, text, and the flag's name.
pub(super) fn read_flags(
    flags: &[(String, String, String)],
    problems: &mut Vec<ConfigError>,
) -> Table {
    let mut table = Table::new();
    for (key, text, flag) in flags {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        set(&mut table, &path, text, Place::Flag(flag.clone()), problems);
    }
    table
}

fn set(
    table: &mut Table,
    path: &[String],
    text: &str,
    place: Place,
    problems: &mut Vec<ConfigError>,
) {
    let node = if text.trim_start().starts_with(['[', '{']) {
        parse_value(text, &place)
    } else {
        Ok(Node::leaf(text, Notation::Untyped))
    };
    match node {
        Ok(node) => insert(table, path, Item { place, node }),
        Err(message) => problems.push(ConfigError { place, key: path.join("."), message }),
    }
}

/// Puts a value at a path, opening tables on the way; a value that stands in the way is replaced.
fn insert(table: &mut Table, path: &[String], item: Item) {
    match path {
        [] => {}
        [key] => {
            table.insert(key.clone(), item);
        }
        [key, rest @ ..] => {
            let opened = Item { place: item.place.clone(), node: Node::Table(Table::new()) };
            let inner = table.entry(key.clone()).or_insert_with(|| opened.clone());
            if !matches!(inner.node, Node::Table(_)) {
                *inner = opened;
            }
            if let Node::Table(inner) = &mut inner.node {
                insert(inner, rest, item);
            }
        }
    }
}
