//! Whether every daemon's loop still ticks, in real time, for `/healthz` and the service manager's
//! watchdog.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use snarkfee_core::units::DaemonId;

/// When each loop last came round.
#[derive(Debug, Default)]
pub struct Liveness(Mutex<BTreeMap<DaemonId, Pulse>>);

#[derive(Debug)]
struct Pulse {
    last: Instant,
    allowed: Duration,
}

impl Liveness {
    /// Expects a daemon's loop to come round within `allowed`, from `now` on. Three intervals and
    /// one time limit leave room for one slow look. A loop that is already expected keeps its last
    /// beat.
    pub fn expect(&self, daemon: &DaemonId, allowed: Duration, now: Instant) {
        self.pulses().entry(daemon.clone()).or_insert(Pulse { last: now, allowed }).allowed =
            allowed;
    }

    /// Notes that a daemon's loop came round.
    pub fn beat(&self, daemon: &DaemonId, now: Instant) {
        if let Some(pulse) = self.pulses().get_mut(daemon) {
            pulse.last = now;
        }
    }

    /// Expects nothing more of a daemon's loop.
    pub fn forget(&self, daemon: &DaemonId) {
        self.pulses().remove(daemon);
    }

    /// The daemons whose loop has not come round in time.
    pub fn overdue(&self, now: Instant) -> Vec<DaemonId> {
        let late = |pulse: &Pulse| now.saturating_duration_since(pulse.last) > pulse.allowed;
        self.pulses()
            .iter()
            .filter(|(_, pulse)| late(pulse))
            .map(|(daemon, _)| daemon.clone())
            .collect()
    }

    fn pulses(&self) -> MutexGuard<'_, BTreeMap<DaemonId, Pulse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_clock::Clock;

    #[test]
    fn a_loop_is_overdue_after_its_allowance_and_until_it_beats() {
        let (liveness, start) = (Liveness::default(), Clock::instant());
        let main = DaemonId::try_new("main").unwrap();
        liveness.expect(&main, Duration::from_secs(210), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(liveness.overdue(at(210)).is_empty());
        assert_eq!(liveness.overdue(at(211)), std::slice::from_ref(&main));
        liveness.beat(&main, at(211));
        assert!(liveness.overdue(at(421)).is_empty());
        liveness.expect(&main, Duration::from_secs(10), at(400));
        assert_eq!(
            liveness.overdue(at(400)),
            std::slice::from_ref(&main),
            "a shorter interval counts at once"
        );
        liveness.forget(&main);
        assert!(liveness.overdue(at(9_999)).is_empty());
    }
}
