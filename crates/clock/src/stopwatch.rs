use std::time::{Duration, Instant};

use crate::Clock;

/// Measures how long something takes, in the machine's monotonic time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// A stopwatch that starts now.
    pub fn start() -> Self {
        Self(Clock::instant())
    }

    /// Time since the start.
    #[expect(clippy::disallowed_methods, reason = "only this crate reads the time")]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
