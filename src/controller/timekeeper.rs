//! Time within a look, and how far the clock was set between looks.
//!
//! Invariants: within a look time passes as the clock's steady reading does, whatever the clock is
//! set to meanwhile; a setting is told once, by the look after it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::cycle::CycleTime;

/// Smaller settings are those by which time services keep a clock right. Nothing that is waited for
/// is so short.
const TOLERANCE: Duration = Duration::from_secs(1);

/// The time of one loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timekeeper {
    clock: Clock,
    shown: Timestamp,
    steady: Duration,
    began: Stopwatch,
}

impl Timekeeper {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, shown: clock.now(), steady: clock.steady(), began: Stopwatch::start() }
    }
}

impl CycleTime for Timekeeper {
    fn begin(&mut self) -> Option<SignedDuration> {
        let expected = self.now();
        *self = Self::new(self.clock);
        let set = self.shown.duration_since(expected);
        (set.unsigned_abs() >= TOLERANCE).then_some(set)
    }

    /// The time, on the clock as it stood when the cycle began.
    fn now(&self) -> Timestamp {
        let passed = self.clock.steady().saturating_sub(self.steady);
        self.shown.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_clock::Hand;

    #[test]
    fn what_only_passes_is_not_taken_for_a_setting() {
        static HAND: Hand = Hand::new(Timestamp::UNIX_EPOCH);
        let mut time = Timekeeper::new(Clock::manual(&HAND));
        let hour = SignedDuration::from_hours(1);
        HAND.pass(hour.unsigned_abs());
        assert_eq!((time.now(), time.begin()), (Timestamp::UNIX_EPOCH + hour, None));
        for by in [hour, -hour, SignedDuration::from_secs(-1)] {
            let before = time.now();
            HAND.set(HAND.shown() + by);
            assert_eq!(time.now(), before, "not before the next look");
            assert_eq!((time.begin(), time.now(), time.begin()), (Some(by), before + by, None));
        }
        HAND.set(HAND.shown() + SignedDuration::from_millis(999));
        assert_eq!(time.begin(), None);
    }
}
