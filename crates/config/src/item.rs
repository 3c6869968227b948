//! A value as it was written, and where.

use std::collections::BTreeMap;

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

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) place: Place,
    pub(super) node: Node,
}

/// Values by key.
pub(super) type Table = BTreeMap<String, Item>;

/// What was written.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Leaf(Leaf),
    List(Vec<Item>),
    Table(Table),
}

/// A value that is neither a table nor a list: its text as written, so that no number passes
/// through a float.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) text: String,
    pub(super) notation: Notation,
}

/// How a leaf was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// A string in quotes.
    Quoted,
    /// A number without quotes.
    Number,
    /// `true` or `false` without quotes.
    Boolean,
    /// A date or time without quotes.
    Datetime,
    /// From the environment or a flag, where nothing has quotes.
    Untyped,
}

impl Node {
    pub(super) fn leaf(text: impl Into<String>, notation: Notation) -> Self {
        Self::Leaf(Leaf { text: text.into(), notation })
    }

    /// Its kind in a sentence.
    pub(super) const fn describe(&self) -> &'static str {
        match self {
            Self::Leaf(_) => "a single value",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Leaf {
    /// Whether it was written in this notation, or where notations do not exist.
    pub(super) fn is(&self, notation: Notation) -> bool {
        self.notation == notation || self.notation == Notation::Untyped
    }
}
