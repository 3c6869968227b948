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
mod tests;
