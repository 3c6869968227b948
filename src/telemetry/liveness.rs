//! Whether every daemon's loop still runs, in real time, for `/healthz` and the service manager's
//! watchdog.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use snarkfee_core::units::DaemonId;

/// When each loop last finished a look.
#[derive(Debug, Default)]
pub struct Liveness(Mutex<BTreeMap<DaemonId, LoopDeadline>>);

#[derive(Debug)]
struct LoopDeadline {
    last: Instant,
    allowed: Duration,
}

impl Liveness {
    /// Expects a daemon's loop to finish a look within `allowed` from `now`. A loop that is already
    /// expected keeps the time of its last look.
    pub fn expect(&self, daemon: &DaemonId, allowed: Duration, now: Instant) {
        self.loops().entry(daemon.clone()).or_insert(LoopDeadline { last: now, allowed }).allowed =
            allowed;
    }

    /// Records that a daemon's loop finished a look.
    pub fn record_look(&self, daemon: &DaemonId, now: Instant) {
        if let Some(deadline) = self.loops().get_mut(daemon) {
            deadline.last = now;
        }
    }

    /// Stops expecting anything of a daemon's loop.
    pub fn forget(&self, daemon: &DaemonId) {
        self.loops().remove(daemon);
    }

    /// The daemons whose loop is late.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<DaemonId> {
        let late = |deadline: &LoopDeadline| {
            now.saturating_duration_since(deadline.last) > deadline.allowed
        };
        self.loops()
            .iter()
            .filter(|(_, deadline)| late(deadline))
            .map(|(daemon, _)| daemon.clone())
            .collect()
    }

    fn loops(&self) -> MutexGuard<'_, BTreeMap<DaemonId, LoopDeadline>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_clock::Clock;

    #[test]
    fn a_loop_is_overdue_after_its_allowance_until_its_next_look() {
        let (liveness, start) = (Liveness::default(), Clock::instant());
        let main = DaemonId::try_new("main").unwrap();
        liveness.expect(&main, Duration::from_secs(210), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(liveness.overdue(at(210)).is_empty());
        assert_eq!(liveness.overdue(at(211)), std::slice::from_ref(&main));
        liveness.record_look(&main, at(211));
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
