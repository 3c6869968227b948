//! Reads the TOML file, each value with its line.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, Read},
    path::Path,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError,
    item::{Item, Node, Notation, Place, Table},
};

/// Largest file read.
pub(super) const SIZE_LIMIT: u64 = 1 << 20;

/// Reads a small text file whole.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if u64::try_from(length).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        let why = format!("larger than {limit} bytes");
        Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
    }
}

/// Why a file was not read, in words.
pub(super) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::FileTooLarge => error.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

/// Reads the configuration file.
pub(super) fn load(path: &Path) -> Result<Table, Vec<ConfigError>> {
    let whole = |message| vec![ConfigError { place: Place::File, key: String::new(), message }];
    let bytes = read(path, SIZE_LIMIT).map_err(|error| whole(describe(&error)))?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let message = "not UTF-8 text but UTF-16, as PowerShell writes it: save it as UTF-8";
        return Err(whole(message.to_owned()));
    }
    if bytes.contains(&0) {
        let message = "holds NUL bytes, as text in UTF-16 does: save it as UTF-8";
        return Err(whole(message.to_owned()));
    }
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
pub(super) fn parse(text: &str) -> Result<Table, Vec<ConfigError>> {
    let lines = Lines::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(read_table(root.get_ref(), &|offset| Place::Line(lines.of(offset))));
    }
    let mut problems: Vec<ConfigError> = Vec::new();
    for error in errors {
        let line = error.span().map_or(1, |span| lines.of(span.start));
        // What follows on the same line is most often the parser finding its way back.
        if problems.last().is_none_or(|last| last.place != Place::Line(line)) {
            let mut message = format!("not valid TOML: {}", error.message());
            let written = text.lines().nth(line - 1).unwrap_or_default();
            if written.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) {
                message.push_str("; the quotes are typographic, write straight ones");
            }
            problems.push(ConfigError { place: Place::Line(line), key: String::new(), message });
        }
    }
    Err(problems)
}

/// Parses one value in TOML's notation, as a variable or flag may hold a list or a table.
pub(super) fn parse_value(text: &str, place: &Place) -> Result<Node, String> {
    let value =
        DeValue::parse(text).map_err(|error| format!("not valid TOML: {}", error.message()))?;
    Ok(read_value(value.get_ref(), &|_| place.clone()))
}

/// A value belongs to the line of its key, also where it spans several.
fn read_table(entries: &DeTable<'_>, place_of: &dyn Fn(usize) -> Place) -> Table {
    let read = |(key, value): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let place = place_of(key.span().start);
        let node = read_value(value.get_ref(), place_of);
        (key.get_ref().to_string(), Item { place, node })
    };
    entries.iter().map(read).collect()
}

fn read_value(value: &DeValue<'_>, place_of: &dyn Fn(usize) -> Place) -> Node {
    match value {
        DeValue::String(text) => Node::leaf(text.as_ref(), Notation::Quoted),
        DeValue::Integer(integer) => {
            let decimal = match integer.radix() {
                10 => None,
                radix => i128::from_str_radix(integer.as_str(), radix).ok(),
            };
            let text = decimal.map_or_else(|| integer.as_str().to_owned(), |n| n.to_string());
            Node::leaf(text, Notation::Number)
        }
        DeValue::Float(float) => Node::leaf(float.as_str(), Notation::Number),
        DeValue::Boolean(truth) => Node::leaf(truth.to_string(), Notation::Boolean),
        DeValue::Datetime(datetime) => Node::leaf(datetime.to_string(), Notation::Datetime),
        DeValue::Array(items) => {
            let read = |item: &Spanned<DeValue<'_>>| Item {
                place: place_of(item.span().start),
                node: read_value(item.get_ref(), place_of),
            };
            Node::List(items.iter().map(read).collect())
        }
        DeValue::Table(entries) => Node::Table(read_table(entries, place_of)),
    }
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
