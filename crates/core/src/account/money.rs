//! The sums of an account at some time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::tally::Tally;

/// The sums of an account at some time. Days are those of UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Money {
    /// When the account began.
    pub since: Timestamp,
    /// Of the day that has begun.
    pub today: Tally,
    /// Of that day and the six before it.
    pub week: Tally,
    /// Of that day and the 29 before it.
    pub month: Tally,
    /// Since the beginning.
    pub all: Tally,
}
