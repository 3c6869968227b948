//! The two settings of the simulated daemon, and a log of their changes.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use snarkfee_core::{
    invariants::SettingChange,
    units::{Nanomina, PublicKey},
};

use crate::market_sim::SimulatedDaemon;

/// The simulated daemon, shared by both ports.
pub type SharedDaemon = Arc<Mutex<dyn SimulatedDaemon>>;

/// A change that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationRecord {
    /// The simulated time.
    pub at: Timestamp,
    /// The new value.
    pub change: SettingChange,
}

/// Mutations applied since the server started. All are counted, the newest are kept.
#[derive(Debug, Default)]
pub(super) struct MutationLog {
    total: AtomicU64,
    newest: Mutex<VecDeque<MutationRecord>>,
}

impl MutationLog {
    /// Number of records kept.
    const KEPT: usize = 10_000;

    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    pub(super) fn newest(&self) -> Vec<MutationRecord> {
        lock(&self.newest).iter().cloned().collect()
    }

    fn push(&self, record: MutationRecord) {
        self.total.fetch_add(1, Ordering::SeqCst);
        let mut newest = lock(&self.newest);
        if newest.len() >= Self::KEPT {
            newest.pop_front();
        }
        newest.push_back(record);
    }
}

/// The settings as one request can change them.
#[derive(Clone)]
pub(super) struct Controls {
    daemon: SharedDaemon,
    log: Arc<MutationLog>,
    at: Timestamp,
    used: Arc<AtomicBool>,
}

impl Controls {
    pub(super) fn new(daemon: SharedDaemon, log: Arc<MutationLog>, at: Timestamp) -> Self {
        Self { daemon, log, at, used: Arc::default() }
    }

    /// Whether this request changed anything.
    pub(super) fn used(&self) -> bool {
        self.used.load(Ordering::SeqCst)
    }

    pub(super) fn set_fee(&self, fee: Nanomina) -> Nanomina {
        let before = lock(&self.daemon).set_fee(fee);
        self.log_change(SettingChange::Fee(fee));
        before
    }

    pub(super) fn set_worker(&self, key: Option<PublicKey>) -> Option<PublicKey> {
        let before = lock(&self.daemon).set_worker(key.clone());
        self.log_change(SettingChange::Worker(key));
        before
    }

    fn log_change(&self, change: SettingChange) {
        self.used.store(true, Ordering::SeqCst);
        self.log.push(MutationRecord { at: self.at, change });
    }
}

/// Locks even after a panic elsewhere: a market that stopped midway still has both settings.
pub(super) fn lock<T: ?Sized>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon_sim::fixed::{FixedDaemon, key};

    #[test]
    fn changes_return_the_previous_value_and_are_logged() {
        let log = Arc::new(MutationLog::default());
        let controls = Controls::new(
            Arc::new(Mutex::new(FixedDaemon::default())),
            Arc::clone(&log),
            Timestamp::UNIX_EPOCH,
        );
        assert!(!controls.used());
        assert_eq!(controls.set_worker(None), Some(key("worker")));
        assert_eq!(controls.set_worker(Some(key("other"))), None);
        assert!(controls.used());
        assert_eq!(log.total(), 2);
        assert_eq!(log.newest()[0].change, SettingChange::Worker(None));
    }

    #[test]
    fn the_log_is_bounded() {
        let log = MutationLog::default();
        for fee in 0..=u64::try_from(MutationLog::KEPT).unwrap() {
            log.push(MutationRecord {
                at: Timestamp::UNIX_EPOCH,
                change: SettingChange::Fee(Nanomina::try_new(fee).unwrap()),
            });
        }
        let newest = log.newest();
        assert_eq!(newest.len(), MutationLog::KEPT);
        assert_eq!(newest[0].change, SettingChange::Fee(Nanomina::try_new(1).unwrap()));
        assert_eq!(log.total(), 10_001);
    }
}
