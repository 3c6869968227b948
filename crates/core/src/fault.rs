//! What can be wrong with one source of a look, as a closed list with stable codes.
//!
//! A fault is data: it is logged, counted, stored and shown, and the policy holds on it. The client
//! logs the full chain of causes when it happens.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::units::duration;

/// Why a source gave nothing usable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// No connection: refused, not resolved, or reset before an answer.
    Unreachable {
        /// The message of the transport.
        cause: String,
    },
    /// No complete answer within the time limit.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The connection broke during the answer.
    Truncated {
        /// The message of the transport.
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
        /// The limit, in bytes of a body or entries of a list.
        limit: u64,
    },
    /// An answer in another format: HTML, a bare JSON string, broken JSON, not a metrics text.
    Malformed {
        /// What was wrong.
        cause: String,
    },
    /// A well-formed answer that reports an error.
    Refused {
        /// Its first message, bounded in length.
        message: String,
    },
    /// A schema, metrics text or document lacks a field or operation.
    Unsupported {
        /// The missing field or operation.
        missing: String,
    },
    /// A Prometheus server answered that it has no current samples of the daemon.
    NotScraped {
        /// The reason, as far as the answer shows.
        cause: String,
    },
    /// A well-formed answer whose value is too old.
    Outdated {
        /// How old it is.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// A well-formed answer with a value that cannot be true: a negative fee, a work without ids, a
    /// histogram that contradicts itself.
    InvalidValue {
        /// The field.
        field: String,
        /// The value, or what contradicts itself in it; bounded in length.
        value: String,
    },
}

impl Fault {
    /// The stable code in metrics, logs, journal and documentation.
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
            Self::Outdated { .. } => "outdated",
            Self::InvalidValue { .. } => "invalid_value",
        }
    }

    /// All codes.
    pub const CODES: [&'static str; 11] = [
        "unreachable",
        "timed_out",
        "truncated",
        "http_status",
        "oversized",
        "malformed",
        "refused",
        "unsupported",
        "not_scraped",
        "outdated",
        "invalid_value",
    ];

    /// Whether the source gave no answer, rather than a wrong one.
    pub(crate) const fn is_silence(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Truncated { .. }
            | Self::HttpStatus { .. }
            | Self::NotScraped { .. }
            | Self::Outdated { .. } => true,
            Self::Oversized { .. }
            | Self::Malformed { .. }
            | Self::Refused { .. }
            | Self::Unsupported { .. }
            | Self::InvalidValue { .. } => false,
        }
    }

    /// Cuts text from outside to 200 characters without control characters, for one log line.
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

/// What was wrong. Who answered so is for the caller to say.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { cause } => write!(f, "not reachable: {cause}"),
            Self::TimedOut { limit } => write!(f, "no answer within {limit:?}"),
            Self::Truncated { cause } => write!(f, "the answer broke off: {cause}"),
            Self::HttpStatus { status: 429, body } => {
                write!(f, "HTTP status 429, too many requests: {body}")
            }
            Self::HttpStatus { status, body } => write!(f, "HTTP status {status}: {body}"),
            Self::Oversized { limit } => {
                write!(f, "the answer is larger than the limit of {limit} bytes or entries")
            }
            Self::Malformed { cause } => write!(f, "not the expected format: {cause}"),
            Self::Refused { message } => write!(f, "answered with an error: {message}"),
            Self::Unsupported { missing } => write!(f, "missing: {missing}"),
            Self::NotScraped { cause } => {
                write!(f, "no samples from the Prometheus server: {cause}")
            }
            Self::Outdated { age, limit } => {
                let age = duration::show(Duration::from_secs(age.as_secs()));
                write!(f, "the value is {age} old, allowed are {}", duration::show(*limit))
            }
            Self::InvalidValue { field, value } => {
                write!(f, "{field}: {value}, which is not believed")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Why the journal could not be read or written. Nothing may be done that cannot be recorded, so the
/// policy holds on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {cause}", .class.phrase())]
pub struct JournalFault {
    /// What kind of failure it is.
    pub class: JournalClass,
    /// The message of the failure, bounded in length.
    pub cause: String,
}

/// The kinds of journal failure, a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalClass {
    /// No space left.
    Full,
    /// Another process keeps it locked.
    Locked,
    /// It is read-only.
    ReadOnly,
    /// The file system failed.
    Io,
    /// Its content is damaged.
    Corrupt,
    /// The file is not a journal of ours.
    Foreign,
    /// Written by a later version.
    Newer,
    /// Another instance uses it.
    InUse,
    /// No answer within the time limit.
    TimedOut,
    /// It is closed.
    Closed,
    /// Its file was deleted or replaced while it was in use.
    Lost,
    /// The store cannot be reached.
    Unreachable,
    /// Another replica works the daemon.
    NotHeld,
    /// A bug in snarkfee.
    Internal,
}

impl JournalClass {
    /// Every class.
    pub const ALL: [Self; 14] = [
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
        Self::Lost,
        Self::Unreachable,
        Self::NotHeld,
        Self::Internal,
    ];

    /// The stable code in metrics, logs and documentation.
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
            Self::Lost => "lost",
            Self::Unreachable => "unreachable",
            Self::NotHeld => "not_held",
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
            Self::Lost => "its file was deleted or replaced",
            Self::Unreachable => "it cannot be reached",
            Self::NotHeld => "another replica works the daemon",
            Self::Internal => "a fault of the program",
        }
    }
}

/// Why an opened journal may hold less than was acknowledged. Until the operator resumes, nothing is
/// sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalDoubt {
    /// There was a journal, and its file is gone.
    Missing,
    /// What was acknowledged last is not in it: its write-ahead log was cut or lost, or an older
    /// copy took its place.
    Behind,
    /// It is not the journal that was written here last.
    Replaced,
    /// The file that says how far it was acknowledged is missing or damaged.
    Unsealed,
    /// Orders, memory or intents in it are damaged or gone.
    Damaged,
}

impl JournalDoubt {
    /// Every doubt.
    pub const ALL: [Self; 5] =
        [Self::Missing, Self::Behind, Self::Replaced, Self::Unsealed, Self::Damaged];

    /// The stable code in the journal and in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Behind => "behind",
            Self::Replaced => "replaced",
            Self::Unsealed => "unsealed",
            Self::Damaged => "damaged",
        }
    }
}

impl fmt::Display for JournalDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "its file is gone",
            Self::Behind => "its last entries are gone",
            Self::Replaced => "it is not the one written here last",
            Self::Unsealed => "its seal is missing or damaged",
            Self::Damaged => "it is damaged",
        })
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
