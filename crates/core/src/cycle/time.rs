//! The time of a cycle.

use std::time::Duration;

use jiff::Timestamp;

use crate::clocks::MachineTime;

/// The time of a cycle. The core reads no clock: whoever runs a cycle brings it.
pub trait CycleTime: Send {
    /// Begins a cycle. What the clocks show.
    fn begin(&mut self) -> MachineTime;

    /// The time of day, on the clock as it stood when the cycle began.
    fn now(&self) -> Timestamp;

    /// Real time since the cycle began.
    fn elapsed(&self) -> Duration;
}

/// Time that stands still during a cycle.
impl CycleTime for Timestamp {
    fn begin(&mut self) -> MachineTime {
        MachineTime::of_wall(*self)
    }

    fn now(&self) -> Timestamp {
        *self
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
