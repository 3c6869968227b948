//! The breaker: after too many failures in a row the controller only observes.

use serde::{Deserialize, Serialize};

/// Stops acting after too many failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Failures in a row; while open, those that opened it.
    pub failures: u32,
    /// While open, successes in a row.
    pub successes: Option<u32>,
}

impl Breaker {
    /// Whether it is open: observe only.
    pub const fn is_open(self) -> bool {
        self.successes.is_some()
    }

    pub(super) fn count(self, failed: bool, limit: u32) -> Self {
        match (self.successes, failed) {
            (None, false) => Self::default(),
            (None, true) if self.failures + 1 >= limit => {
                Self { failures: self.failures + 1, successes: Some(0) }
            }
            (None, true) => Self { failures: self.failures + 1, successes: None },
            (Some(_), true) => Self { successes: Some(0), ..self },
            (Some(n), false) if n + 1 >= limit => Self::default(),
            (Some(n), false) => Self { successes: Some(n + 1), ..self },
        }
    }
}
