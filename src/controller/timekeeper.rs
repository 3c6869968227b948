//! Time within a look.
//!
//! Invariants: within a look time passes as it does since the machine booted, its sleep included,
//! whatever the clock is set to meanwhile: what was read before a sleep is old after it.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_clock::Clock;
use snarkfee_core::{
    clocks::{BootId, MachineTime},
    cycle::CycleTime,
};

/// The time of one loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timekeeper {
    clock: Clock,
    machine: MachineTime,
    steady: Duration,
}

impl Timekeeper {
    pub(crate) fn new(clock: Clock) -> Self {
        let boot = Some(BootId(clock.boot()));
        let machine = MachineTime { wall: clock.now(), boot, uptime: clock.uptime() };
        Self { clock, machine, steady: clock.steady() }
    }
}

impl CycleTime for Timekeeper {
    fn begin(&mut self) -> MachineTime {
        *self = Self::new(self.clock);
        self.machine
    }

    fn now(&self) -> Timestamp {
        let passed = self.clock.uptime().saturating_sub(self.machine.uptime);
        self.machine.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.clock.real(self.clock.steady().saturating_sub(self.steady))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use snarkfee_clock::Hand;

    use super::*;

    #[test]
    fn a_clock_that_is_set_shows_at_the_next_look_only() {
        static HAND: Hand = Hand::new(Timestamp::UNIX_EPOCH);
        let mut time = Timekeeper::new(Clock::manual(&HAND));
        let hour = SignedDuration::from_hours(1);
        HAND.pass(hour.unsigned_abs());
        assert_eq!(time.now(), Timestamp::UNIX_EPOCH + hour);
        for by in [hour, -hour] {
            let before = time.now();
            HAND.set(HAND.shown() + by);
            assert_eq!(time.now(), before, "not before the next look");
            let MachineTime { wall, uptime, .. } = time.begin();
            assert_eq!((wall, uptime, time.now()), (before + by, hour.unsigned_abs(), wall));
        }
    }
}
