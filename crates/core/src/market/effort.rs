//! What our provers did between two looks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What our provers did since the look before. The efforts of consecutive looks add up: what a look
/// could not read is in a later one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Works made: what the daemon counts as finished, where it does; else the works of our provers
    /// that newly stand in the book, at a fee at which we had not offered them, and those bought
    /// without having been seen there.
    pub made: u64,
    /// Time that the worker was on.
    pub on: Duration,
    /// Prover time spent, by the daemon's own sums, over all provers; `None` where the daemon keeps
    /// none. It comes with the end of each proof, so it may exceed `on`.
    pub proving: Option<Duration>,
    /// Time on that no proof explains.
    pub idle: Duration,
}
