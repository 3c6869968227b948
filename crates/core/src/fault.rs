//! What can be wrong with one source of one look, as a closed list with stable codes.
//!
//! A fault is data: it is logged, counted, stored and shown, and the policy holds on it. Where the
//! full cause chain matters the daemon boundary logs it at the moment it happens.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// Why a source gave nothing usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// No connection: refused, unresolved, reset before an answer.
    Unreachable {
        /// The transport's words.
        cause: String,
    },
    /// No complete answer within the time limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The connection broke inside the answer.
    Truncated {
        /// The transport's words.
        cause: String,
    },
    /// An HTTP status other than success.
    HttpStatus {
        /// The status code.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// An answer above a size limit.
    Oversized {
        /// The limit: bytes of a body, entries of a list.
        limit: u64,
    },
    /// An answer that is not in the expected format: HTML, a bare JSON string, broken JSON, no
    /// metrics text.
    Malformed {
        /// What was wrong.
        cause: String,
    },
    /// The daemon answered with GraphQL errors.
    Refused {
        /// The daemon's first message, bounded in length.
        message: String,
    },
    /// The daemon's schema lacks what is needed.
    Unsupported {
        /// The missing field or operation.
        missing: String,
    },
    /// A Prometheus server answered that it has no current samples of the daemon.
    NotScraped {
        /// Why not, as far as its answer tells.
        cause: String,
    },
    /// A well-formed answer with a value that cannot be true: a negative fee, a work without ids.
    InvalidValue {
        /// The field.
        field: String,
        /// The value, bounded in length.
        value: String,
    },
}

impl Fault {
    /// The stable code: metric label, log field, journal column and documentation heading.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::Truncated { .. } => "truncated",
            Self::HttpStatus { .. } => "http_status",
            Self::Oversized { .. } => "oversized",
            Self::Malformed { .. } => "malformed",
            Self::Refused { .. } => "refused",
            Self::Unsupported { .. } => "unsupported",
            Self::NotScraped { .. } => "not_scraped",
            Self::InvalidValue { .. } => "invalid_value",
        }
    }

    /// Every code, for documentation and metric tests.
    pub const CODES: [&'static str; 10] = [
        "unreachable",
        "timed_out",
        "truncated",
        "http_status",
        "oversized",
        "malformed",
        "refused",
        "unsupported",
        "not_scraped",
        "invalid_value",
    ];

    /// Whether the source said nothing, rather than something that cannot be true.
    pub const fn is_silence(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Truncated { .. }
            | Self::HttpStatus { .. }
            | Self::NotScraped { .. } => true,
            Self::Oversized { .. }
            | Self::Malformed { .. }
            | Self::Refused { .. }
            | Self::Unsupported { .. }
            | Self::InvalidValue { .. } => false,
        }
    }

    /// Cuts text that came from outside to what a log line can bear, on a character border.
    pub fn excerpt(text: &str) -> String {
        const LONGEST: usize = 200;
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let mut short: String = text.chars().take(LONGEST).map(clean).collect();
        if text.chars().nth(LONGEST).is_some() {
            short.push_str("..");
        }
        short
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { cause } => write!(f, "not reachable: {cause}"),
            Self::TimedOut { limit } => write!(f, "no answer within {limit:?}"),
            Self::Truncated { cause } => write!(f, "the answer broke off: {cause}"),
            Self::HttpStatus { status, body } => write!(f, "HTTP status {status}: {body}"),
            Self::Oversized { limit } => {
                write!(f, "the answer is larger than the limit of {limit} bytes or entries")
            }
            Self::Malformed { cause } => write!(f, "not the expected format: {cause}"),
            Self::Refused { message } => write!(f, "the daemon refused: {message}"),
            Self::Unsupported { missing } => write!(f, "the daemon has no {missing}"),
            Self::NotScraped { cause } => {
                write!(f, "the Prometheus server has no current samples of it: {cause}")
            }
            Self::InvalidValue { field, value } => write!(f, "{field} cannot be {value}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Why the journal did not take or give something, as data: nothing may be done that could not be
/// recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {cause}", .class.phrase())]
pub struct JournalFault {
    /// What kind of failure it is.
    pub class: JournalClass,
    /// The words of whoever failed, bounded in length.
    pub cause: String,
}

/// The kinds of failure of the journal, a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalClass {
    /// No space left.
    Full,
    /// Someone else keeps it locked.
    Locked,
    /// It may not be written.
    ReadOnly,
    /// The file system failed.
    Io,
    /// Its content is damaged.
    Corrupt,
    /// The file is not a journal of ours.
    Foreign,
    /// Written by a later version.
    Newer,
    /// Another instance runs on it.
    InUse,
    /// No answer within the time limit.
    TimedOut,
    /// It is closed.
    Closed,
    /// A fault of the program.
    Internal,
}

impl JournalClass {
    /// Every class.
    pub const ALL: [Self; 11] = [
        Self::Full,
        Self::Locked,
        Self::ReadOnly,
        Self::Io,
        Self::Corrupt,
        Self::Foreign,
        Self::Newer,
        Self::InUse,
        Self::TimedOut,
        Self::Closed,
        Self::Internal,
    ];

    /// The stable code: metric label, log field and documentation heading.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Locked => "locked",
            Self::ReadOnly => "read_only",
            Self::Io => "io",
            Self::Corrupt => "corrupt",
            Self::Foreign => "foreign",
            Self::Newer => "newer",
            Self::InUse => "in_use",
            Self::TimedOut => "timed_out",
            Self::Closed => "closed",
            Self::Internal => "internal",
        }
    }

    const fn phrase(self) -> &'static str {
        match self {
            Self::Full => "no space left for it",
            Self::Locked => "someone else keeps it locked",
            Self::ReadOnly => "it may not be written",
            Self::Io => "the file system failed",
            Self::Corrupt => "its content is damaged",
            Self::Foreign => "it is not a journal of snarkfee",
            Self::Newer => "it was written by a later version",
            Self::InUse => "another snarkfee runs on it",
            Self::TimedOut => "it did not answer in time",
            Self::Closed => "it is closed",
            Self::Internal => "a fault of the program",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_bounded_and_hold_no_control_characters() {
        let text = "é\n\u{1b}[31m".repeat(200);
        let short = Fault::excerpt(&text);
        assert!(short.chars().count() <= 202);
        assert!(!short.chars().any(char::is_control));
    }
}
