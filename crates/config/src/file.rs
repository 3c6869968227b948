//! The TOML file as a layer, each value with its line.

use std::{fs::File, io::Read, path::Path};

use config::{Value, ValueKind};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError, Place,
    layer::{Layer, Table},
    place::{Kind, wrap},
};

/// Largest file read.
const SIZE_LIMIT: u64 = 1 << 20;

/// Reads a small text file whole.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {error}");
    let mut bytes = Vec::new();
    let length = File::open(path)
        .map_err(failed)?
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(length).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(format!("larger than {limit} bytes"))
    }
}

/// Reads the configuration file.
pub(super) fn load(path: &Path) -> Result<Layer, Vec<ConfigError>> {
    let whole = |message| vec![ConfigError { place: Place::File, key: String::new(), message }];
    let bytes = read(path, SIZE_LIMIT).map_err(whole)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = 1 + error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to())
            .filter(|b| **b == b'\n')
            .count();
        vec![ConfigError {
            place: Place::Line(line),
            key: String::new(),
            message: "not UTF-8 text".to_owned(),
        }]
    })?;
    parse(&text)
}

/// Parses TOML text; each syntax error that could be told apart is reported.
pub(super) fn parse(text: &str) -> Result<Layer, Vec<ConfigError>> {
    let lines = Lines::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let mut layer = Layer::default();
        let at = |offset: usize| Place::Line(lines.of(offset));
        layer.table = table(root.get_ref(), "", &at, &mut layer);
        return Ok(layer);
    }
    let mut problems: Vec<ConfigError> = Vec::new();
    for error in errors {
        let line = error.span().map_or(1, |span| lines.of(span.start));
        // What follows on the same line is most often the parser finding its way back.
        if problems.last().is_none_or(|last| last.place != Place::Line(line)) {
            let message = format!("not valid TOML: {}", error.message());
            problems.push(ConfigError { place: Place::Line(line), key: String::new(), message });
        }
    }
    Err(problems)
}

/// Reads one value in TOML's notation, as a variable or flag may hold a list or a table.
pub(super) fn parse_value(
    text: &str,
    path: &str,
    place: &Place,
    layer: &mut Layer,
) -> Result<Value, String> {
    let parsed =
        DeValue::parse(text).map_err(|error| format!("not valid TOML: {}", error.message()))?;
    Ok(value(&parsed, path, &|_| place.clone(), layer))
}

fn table(
    entries: &DeTable<'_>,
    path: &str,
    at: &dyn Fn(usize) -> Place,
    layer: &mut Layer,
) -> Table {
    let entry = |(key, spanned): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let key_text: &std::borrow::Cow<'_, str> = key.get_ref();
        let path = join(path, key_text);
        layer.places.insert(path.clone(), at(key.span().start));
        // A leaf belongs to the line of its key, also where its value spans several.
        let here = |offset: usize| if is_leaf(spanned) { at(key.span().start) } else { at(offset) };
        (key_text.to_string(), value(spanned, &path, &here, layer))
    };
    entries.iter().map(entry).collect()
}

fn is_leaf(value: &Spanned<DeValue<'_>>) -> bool {
    !matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_))
}

fn value(
    spanned: &Spanned<DeValue<'_>>,
    path: &str,
    at: &dyn Fn(usize) -> Place,
    layer: &mut Layer,
) -> Value {
    let leaf = |text: &str, kind| wrap(text, kind, &at(spanned.span().start));
    match spanned.get_ref() {
        DeValue::String(text) => leaf(text, Kind::Text),
        DeValue::Integer(integer) => match integer.radix() {
            10 => leaf(integer.as_str(), Kind::Number),
            radix => {
                let number = i128::from_str_radix(integer.as_str(), radix).map(|n| n.to_string());
                leaf(number.as_deref().unwrap_or(integer.as_str()), Kind::Number)
            }
        },
        DeValue::Float(float) => leaf(float.as_str(), Kind::Number),
        DeValue::Boolean(truth) => leaf(if *truth { "true" } else { "false" }, Kind::Boolean),
        DeValue::Datetime(datetime) => leaf(&datetime.to_string(), Kind::Datetime),
        DeValue::Array(items) => {
            let mut values = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                layer.places.insert(path.clone(), at(item.span().start));
                values.push(value(item, &path, at, layer));
            }
            Value::new(None, ValueKind::Array(values))
        }
        DeValue::Table(entries) => {
            Value::new(None, ValueKind::Table(table(entries, path, at, layer)))
        }
    }
}

/// The path of a key within a table.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// Where lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect())
    }

    fn of(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|end| *end < offset)
    }
}
