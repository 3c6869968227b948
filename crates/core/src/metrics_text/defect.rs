//! Lines of the text that cannot be read.

use serde::{Deserialize, Serialize};

/// Most defects kept with line and kind; further ones are only counted.
pub const MAX_KEPT_DEFECTS: usize = 32;

/// A line that was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct Defect {
    /// Line number, the first line being 1.
    pub line: u32,
    /// Why it was skipped.
    pub kind: DefectKind,
}

/// Why a line was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DefectKind {
    /// It does not start with a metric name followed by a blank or `{`.
    #[error("no metric name")]
    BadName,
    /// A metric or label name is longer than [`MAX_NAME_BYTES`](super::MAX_NAME_BYTES).
    #[error("a name is too long")]
    NameTooLong,
    /// The label set is not closed or not quoted, or has an escape other than `\\`, `\"` and `\n`.
    #[error("malformed labels")]
    BadLabels,
    /// The label set has more than [`MAX_LABELS`](super::MAX_LABELS) labels.
    #[error("too many labels")]
    TooManyLabels,
    /// A label name appears twice in one label set.
    #[error("a label appears twice")]
    RepeatedLabel,
    /// Nothing follows the name and labels.
    #[error("no value")]
    MissingValue,
    /// The value is not a number, or is too large.
    #[error("the value is not a number")]
    BadValue,
    /// The text after the value is not a timestamp.
    #[error("the timestamp is not a number")]
    BadTimestamp,
    /// Something other than an exemplar follows the timestamp.
    #[error("text after the timestamp")]
    TrailingText,
    /// A `HELP` line without a metric name.
    #[error("malformed HELP")]
    BadHelp,
    /// A `TYPE` line without a metric name, or with anything but one word after it.
    #[error("malformed TYPE")]
    BadType,
    /// A `TYPE` line with a kind that no exposition format has.
    #[error("unknown kind of metric")]
    UnknownKind,
    /// A second `TYPE` line for the same name with another kind; the first counts.
    #[error("the TYPE contradicts an earlier one")]
    ContradictingType,
    /// A `TYPE` line after untyped samples of that name.
    #[error("the TYPE comes after its samples")]
    LateType,
    /// More than [`MAX_SAMPLES`](super::MAX_SAMPLES) samples.
    #[error("too many samples")]
    TooManySamples,
    /// More than [`MAX_FAMILIES`](super::MAX_FAMILIES) families.
    #[error("too many metric families")]
    TooManyFamilies,
}

impl DefectKind {
    /// The stable name in logs, metrics and JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadName => "bad_name",
            Self::NameTooLong => "name_too_long",
            Self::BadLabels => "bad_labels",
            Self::TooManyLabels => "too_many_labels",
            Self::RepeatedLabel => "repeated_label",
            Self::MissingValue => "missing_value",
            Self::BadValue => "bad_value",
            Self::BadTimestamp => "bad_timestamp",
            Self::TrailingText => "trailing_text",
            Self::BadHelp => "bad_help",
            Self::BadType => "bad_type",
            Self::UnknownKind => "unknown_kind",
            Self::ContradictingType => "contradicting_type",
            Self::LateType => "late_type",
            Self::TooManySamples => "too_many_samples",
            Self::TooManyFamilies => "too_many_families",
        }
    }
}

/// The first defects, and a count of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Defects {
    kept: Vec<Defect>,
    count: u32,
}

impl Defects {
    pub(super) fn add(&mut self, line: u32, kind: DefectKind) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() < MAX_KEPT_DEFECTS {
            self.kept.push(Defect { line, kind });
        }
    }

    pub(super) fn kept(&self) -> &[Defect] {
        &self.kept
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }
}
