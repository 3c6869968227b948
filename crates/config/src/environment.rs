//! Variables `SNARKFEE__SECTION__KEY` and flags as layers.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
};

use config::{Value, ValueKind};

use super::{
    ConfigError, Place,
    file::{join, parse_value},
    layer::{Layer, Table},
    place::{Kind, wrap},
};

/// What variables that set a key begin with; parts are separated by the same two underscores.
const PREFIX: &str = "SNARKFEE__";
const SEPARATOR: &str = "__";
/// More parts than any key has.
const MOST_PARTS: usize = 8;

/// Whether a variable sets a key.
pub(super) fn concerns_us(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Reads variables; those that do not begin with [`PREFIX`] are not looked at.
///
/// Names of daemons are found among `daemons` whatever their case, with `_` standing for `-` and
/// `.` too: few shells can set a variable that holds those.
pub(super) fn load<'a>(
    variables: impl Iterator<Item = (&'a OsString, &'a OsString)>,
    daemons: &[String],
    problems: &mut Vec<ConfigError>,
) -> Layer {
    let mut layer = Layer::default();
    for (name, text) in variables.filter(|(name, _)| concerns_us(name)) {
        let shown = name.to_string_lossy().into_owned();
        let place = Place::Variable(shown.clone());
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
        set(&mut layer, &path, text, &place, problems);
    }
    layer
}

/// A daemon's name as a variable can spell it.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '.'], "_")
}

/// Reads overrides by flags: key, text, and the flag's name.
pub(super) fn flags(flags: &[(String, String, String)], problems: &mut Vec<ConfigError>) -> Layer {
    let mut layer = Layer::default();
    for (key, text, flag) in flags {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        set(&mut layer, &path, text, &Place::Flag(flag.clone()), problems);
    }
    layer
}

fn set(
    layer: &mut Layer,
    path: &[String],
    text: &str,
    place: &Place,
    problems: &mut Vec<ConfigError>,
) {
    let key = path.join(".");
    let value = if text.trim_start().starts_with(['[', '{']) {
        parse_value(text, &key, place, layer)
    } else {
        Ok(wrap(text, Kind::Untyped, place))
    };
    match value {
        Ok(value) => {
            let Layer { table, places } = layer;
            places.insert(key, place.clone());
            for length in 1..path.len() {
                let opened =
                    path.iter().take(length).fold(String::new(), |path, part| join(&path, part));
                places.entry(opened).or_insert_with(|| place.clone());
            }
            insert(table, path, value);
        }
        Err(message) => problems.push(ConfigError { place: place.clone(), key, message }),
    }
}

/// Puts a value at a path, opening tables on the way; a value that stands in the way is replaced.
fn insert(table: &mut Table, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.insert(key.clone(), value);
        return;
    }
    let inner = table
        .entry(key.clone())
        .or_insert_with(|| Value::new(None, ValueKind::Table(HashMap::new())));
    if !matches!(inner.kind, ValueKind::Table(_)) {
        inner.kind = ValueKind::Table(HashMap::new());
    }
    if let ValueKind::Table(inner) = &mut inner.kind {
        insert(inner, rest, value);
    }
}
