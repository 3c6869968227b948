//! The operator's daemon as a process: when it started, its sync state, and its counters.

use snarkfee_core::market::SyncState;

use super::{snapshot::DaemonCounters, time::Millis};

/// How long a restarted daemon fetches the ledger.
const BOOTSTRAP: Millis = 120_000;
/// How long it then fetches missing blocks.
const CATCHUP: Millis = 150_000;

/// The current process of the daemon, which restarts now and then.
#[derive(Debug)]
pub(super) struct DaemonProcess {
    started: Millis,
    restarts: u64,
    pub(super) counters: DaemonCounters,
}

impl DaemonProcess {
    /// A process in sync, started long ago.
    pub(super) fn new(started: Millis) -> Self {
        Self { started, restarts: 0, counters: DaemonCounters::default() }
    }

    /// Restarts at `now`. Returns when the new process will be in sync.
    pub(super) fn restart(&mut self, now: Millis) -> Millis {
        *self =
            Self { started: now, restarts: self.restarts + 1, counters: DaemonCounters::default() };
        now + BOOTSTRAP + CATCHUP
    }

    /// Number of restarts.
    pub(super) const fn restarts(&self) -> u64 {
        self.restarts
    }

    /// When the process started.
    pub(super) const fn started(&self) -> Millis {
        self.started
    }

    pub(super) const fn uptime(&self, now: Millis) -> Millis {
        now - self.started
    }

    pub(super) const fn sync(&self, now: Millis) -> SyncState {
        if self.restarts == 0 || now >= self.started + BOOTSTRAP + CATCHUP {
            SyncState::Synced
        } else if now >= self.started + BOOTSTRAP {
            SyncState::Catchup
        } else {
            SyncState::Bootstrap
        }
    }

    pub(super) fn is_synced(&self, now: Millis) -> bool {
        self.sync(now) == SyncState::Synced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_goes_through_bootstrap_and_catchup_and_forgets_its_counts() {
        let mut process = DaemonProcess::new(-5000);
        process.counters.assigned = 7;
        assert!(process.is_synced(-5000));
        let synced = process.restart(1000);
        assert_eq!(process.sync(1000), SyncState::Bootstrap);
        assert_eq!(process.sync(121_000), SyncState::Catchup);
        assert_eq!(process.sync(synced - 1), SyncState::Catchup);
        assert!(process.is_synced(synced));
        assert_eq!(
            (process.counters.assigned, process.uptime(61_000), process.restarts()),
            (0, 60_000, 1)
        );
    }
}
