//! What can be wrong with one source of one look, as a closed list with stable codes.
//!
//! A fault is data: it is logged, counted, stored and shown, and the policy holds on it. Where the full cause chain matters the
//! daemon boundary logs it at the moment it happens.

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
    /// An answer that is not in the expected format: HTML, a bare JSON string, broken JSON, no metrics text.
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
            Self::InvalidValue { .. } => "invalid_value",
        }
    }

    /// Every code, for documentation and metric tests.
    pub const CODES: [&'static str; 9] = [
        "unreachable",
        "timed_out",
        "truncated",
        "http_status",
        "oversized",
        "malformed",
        "refused",
        "unsupported",
        "invalid_value",
    ];

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
            Self::Oversized { limit } => write!(f, "the answer is larger than the limit of {limit} bytes or entries"),
            Self::Malformed { cause } => write!(f, "not the expected format: {cause}"),
            Self::Refused { message } => write!(f, "the daemon refused: {message}"),
            Self::Unsupported { missing } => write!(f, "the daemon has no {missing}"),
            Self::InvalidValue { field, value } => write!(f, "{field} cannot be {value}"),
        }
    }
}

impl std::error::Error for Fault {}

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
