//! The time of a cycle.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The time of a cycle. The core reads no clock: whoever runs a cycle brings it.
pub trait CycleTime: Send {
    /// Begins a cycle. How far the clock was set since the last one began; `None` where it only
    /// went on.
    fn begin(&mut self) -> Option<SignedDuration>;

    /// The time now.
    fn now(&self) -> Timestamp;

    /// Real time since the cycle began.
    fn elapsed(&self) -> Duration;
}

/// Time that stands still during a cycle.
impl CycleTime for Timestamp {
    fn begin(&mut self) -> Option<SignedDuration> {
        None
    }

    fn now(&self) -> Timestamp {
        *self
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
