//! A metric family, its samples and their labels, as views into the text.

use std::{borrow::Cow, ops::Range};

use serde::{Deserialize, Serialize};

use super::defect::DefectKind;

/// What a family measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricKind {
    /// Only rises, until the process restarts.
    Counter,
    /// Rises and falls.
    Gauge,
    /// Cumulative buckets, a sum and a count.
    Histogram,
    /// Quantiles, a sum and a count.
    Summary,
    /// Not given, or an OpenMetrics kind without an equivalent here.
    #[default]
    Untyped,
}

impl MetricKind {
    /// The word of a `TYPE` line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "counter" => Self::Counter,
            "gauge" => Self::Gauge,
            "histogram" => Self::Histogram,
            "summary" => Self::Summary,
            "untyped" | "unknown" | "info" | "stateset" | "gaugehistogram" => Self::Untyped,
            _ => return None,
        })
    }

    /// Whether a family of this kind has samples with this suffix.
    fn has_suffix(self, suffix: &str) -> bool {
        match self {
            Self::Histogram => matches!(suffix, "_bucket" | "_sum" | "_count" | "_created"),
            Self::Summary => matches!(suffix, "_sum" | "_count" | "_created"),
            Self::Counter => matches!(suffix, "_total" | "_created"),
            Self::Gauge | Self::Untyped => false,
        }
    }
}

/// A label of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label<'a> {
    name: &'a str,
    raw: &'a str,
}

impl<'a> Label<'a> {
    pub(super) const fn new(name: &'a str, raw: &'a str) -> Self {
        Self { name, raw }
    }

    /// The label's name.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The label's value; borrowed unless it holds an escape.
    pub fn value(&self) -> Cow<'a, str> {
        unescape(self.raw)
    }
}

/// One sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'e, 'a> {
    /// The full name, with the suffix that histograms and summaries add.
    pub name: &'a str,
    /// The labels in the order printed, with distinct names.
    pub labels: &'e [Label<'a>],
    /// The value; may be infinite or not a number.
    pub value: f64,
    /// Milliseconds since 1970, if printed.
    pub timestamp: Option<i64>,
}

impl<'a> Sample<'_, 'a> {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<Cow<'a, str>> {
        self.labels.iter().find(|label| label.name == name).map(Label::value)
    }
}

/// All that is printed under one name.
#[derive(Clone, Copy, Debug)]
pub struct Family<'e, 'a> {
    pub(super) entry: &'e FamilyEntry<'a>,
    /// The rows of this family.
    pub(super) rows: &'e [SampleRow<'a>],
    /// All labels of the exposition.
    pub(super) labels: &'e [Label<'a>],
}

impl<'e, 'a> Family<'e, 'a> {
    /// The family's name, without suffix.
    pub const fn name(&self) -> &'a str {
        self.entry.name
    }

    /// What the family measures.
    pub fn kind(&self) -> MetricKind {
        self.entry.kind.unwrap_or_default()
    }

    /// The text of its `HELP` line.
    pub fn help(&self) -> Option<Cow<'a, str>> {
        self.entry.help.map(unescape)
    }

    /// The samples in the order printed.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = Sample<'e, 'a>> + use<'e, 'a> {
        let labels = self.labels;
        self.rows.iter().map(move |row| Sample {
            name: row.name,
            labels: labels.get(row.labels.clone()).unwrap_or_default(),
            value: row.value,
            timestamp: row.timestamp,
        })
    }

    /// The value of a plain counter or gauge, which has a single sample without labels; `None` if
    /// there is no such sample, or several.
    pub fn value(&self) -> Option<f64> {
        let plain = |sample: &Sample<'_, '_>| {
            sample.labels.is_empty()
                && matches!(sample.name.get(self.entry.name.len()..), Some("" | "_total"))
        };
        let mut values = self.samples().filter(plain).map(|sample| sample.value);
        let value = values.next()?;
        values.next().is_none().then_some(value)
    }
}

/// A family as the exposition keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FamilyEntry<'a> {
    pub(super) name: &'a str,
    /// Still escaped.
    pub(super) help: Option<&'a str>,
    pub(super) kind: Option<MetricKind>,
    /// Its range of the rows.
    pub(super) rows: Range<usize>,
}

impl<'a> FamilyEntry<'a> {
    pub(super) const fn new(name: &'a str) -> Self {
        Self { name, help: None, kind: None, rows: 0..0 }
    }

    /// Sets the kind, which may be done once and before any sample.
    pub(super) fn set_kind(&mut self, kind: MetricKind) -> Result<(), DefectKind> {
        match self.kind {
            None if self.rows.start < self.rows.end => Err(DefectKind::LateType),
            None => {
                self.kind = Some(kind);
                Ok(())
            }
            Some(known) if known == kind => Ok(()),
            Some(_) => Err(DefectKind::ContradictingType),
        }
    }

    /// Whether a sample of this name belongs to the family.
    pub(super) fn owns(&self, name: &str) -> bool {
        match name.strip_prefix(self.name) {
            Some("") => true,
            Some(suffix) => self.kind.unwrap_or_default().has_suffix(suffix),
            None => false,
        }
    }
}

/// A sample as the exposition keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SampleRow<'a> {
    pub(super) name: &'a str,
    /// The index of its family.
    pub(super) family: usize,
    /// Its range of the labels.
    pub(super) labels: Range<usize>,
    pub(super) value: f64,
    pub(super) timestamp: Option<i64>,
}

/// Resolves the escapes `\\`, `\"` and `\n`. Any other backslash, which only a `HELP` text can have,
/// is kept.
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        let resolved = match (character, characters.peek()) {
            ('\\', Some('n')) => '\n',
            ('\\', Some(&escaped @ ('\\' | '"'))) => escaped,
            _ => {
                text.push(character);
                continue;
            }
        };
        characters.next();
        text.push(resolved);
    }
    Cow::Owned(text)
}
