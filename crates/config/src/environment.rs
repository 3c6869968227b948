//! Reads variables `SNARKFEE__SECTION__KEY` and flags.

use std::ffi::{OsStr, OsString};

use super::{
    ConfigError,
    file::parse_value,
    item::{Item, Node, Notation, Place, Table},
};

/// What variables that set a key begin with; parts are separated by the same two underscores.
const PREFIX: &str = "SNARKFEE__";
const SEPARATOR: &str = "__";
/// More parts than any key has.
const MOST_PARTS: usize = 8;

/// Whether a variable sets a key.
pub(super) fn sets_key(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
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
            && let Some(known) = daemons.iter().find(|known| plain(known) == plain(daemon))
        {
            daemon.clone_from(known);
        }
        set(&mut table, &path, text, place, problems);
    }
    table
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
