//! Where a setting was written.

use config::{Value, ValueKind};

/// Where a setting was written; sorts in the order in which problems are shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of the file, from 1.
    Line(usize),
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

/// What kind of value was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string in quotes.
    Text,
    /// A number without quotes.
    Number,
    /// `true` or `false` without quotes.
    Boolean,
    /// A date or time without quotes.
    Datetime,
    /// From the environment or a flag, where nothing has quotes.
    Untyped,
}

/// A value that is neither a table nor a list: its text as written, so that no number passes
/// through a float.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// Wraps a leaf for the `config` crate, which keeps one origin text with each value: kind and place
/// go into it.
pub(super) fn wrap(text: &str, kind: Kind, place: &Place) -> Value {
    let kind = match kind {
        Kind::Text => 's',
        Kind::Number => 'n',
        Kind::Boolean => 'b',
        Kind::Datetime => 'd',
        Kind::Untyped => 'u',
    };
    let origin = match place {
        Place::File => format!("{kind}:"),
        Place::Line(line) => format!("{kind}:{line}"),
        Place::Variable(name) => format!("{kind}${name}"),
        Place::Flag(name) => format!("{kind}-{name}"),
    };
    Value::new(Some(&origin), ValueKind::String(text.to_owned()))
}

/// What [`wrap`] wrapped; `None` for tables and lists.
pub(super) fn unwrap(value: &Value) -> Option<Leaf> {
    let ValueKind::String(text) = &value.kind else {
        return None;
    };
    let mut origin = value.origin()?.chars();
    let kind = match origin.next()? {
        's' => Kind::Text,
        'n' => Kind::Number,
        'b' => Kind::Boolean,
        'd' => Kind::Datetime,
        _ => Kind::Untyped,
    };
    let place = match (origin.next()?, origin.as_str()) {
        ('$', name) => Place::Variable(name.to_owned()),
        ('-', name) => Place::Flag(name.to_owned()),
        (_, line) => line.parse().map_or(Place::File, Place::Line),
    };
    Some(Leaf { text: text.clone(), kind, place })
}
