//! The two settings of the simulated daemon, and a record of who changed what.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use snarkfee_core::units::{Nanomina, PublicKey};

use crate::simulate::SimulatedDaemon;
pub use snarkfee_core::invariants::SettingChange;

/// The simulated daemon as its faces share it.
pub type SharedDaemon = Arc<Mutex<dyn SimulatedDaemon>>;

/// A setting that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutationRecord {
    /// The simulated time.
    pub at: Timestamp,
    /// The new value.
    pub change: SettingChange,
}

/// Mutations applied since the server started: the newest are kept, all are counted.
#[derive(Debug, Default)]
pub(super) struct MutationLog {
    total: AtomicU64,
    newest: Mutex<VecDeque<MutationRecord>>,
}

impl MutationLog {
    /// How many records are kept.
    const KEPT: usize = 10_000;

    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::SeqCst)
    }

    pub(super) fn newest(&self) -> Vec<MutationRecord> {
        whole(&self.newest).iter().cloned().collect()
    }

    fn note(&self, record: MutationRecord) {
        self.total.fetch_add(1, Ordering::SeqCst);
        let mut newest = whole(&self.newest);
        if newest.len() >= Self::KEPT {
            newest.pop_front();
        }
        newest.push_back(record);
    }
}

/// What one request may change.
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
        let before = whole(&self.daemon).set_fee(fee);
        self.note(SettingChange::Fee(fee));
        before
    }

    pub(super) fn set_worker(&self, key: Option<PublicKey>) -> Option<PublicKey> {
        let before = whole(&self.daemon).set_worker(key.clone());
        self.note(SettingChange::Worker(key));
        before
    }

    fn note(&self, change: SettingChange) {
        self.used.store(true, Ordering::SeqCst);
        self.log.note(MutationRecord { at: self.at, change });
    }
}

/// Locks, also after a panic elsewhere: a market that stopped midway still has two settings.
pub(super) fn whole<T: ?Sized>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon_sim::fake::{Fake, key};

    #[test]
    fn changes_return_what_was_before_and_are_noted() {
        let log = Arc::new(MutationLog::default());
        let controls = Controls::new(
            Arc::new(Mutex::new(Fake::default())),
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
            log.note(MutationRecord {
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
