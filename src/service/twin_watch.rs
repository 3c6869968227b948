//! Notices two configured daemons that are one, under names that do not show it (an alias, a
//! tunnel, a proxy): two loops would fight over it.
//!
//! It is a hint, and only logged: daemons that were started in the same second with the same key are
//! as alike. The policy itself gives way to whoever keeps undoing what it sets.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    market::DaemonStatus,
    record::Record,
    units::{DaemonId, Nanomina, PublicKey},
};

/// How much the starts of one daemon may seem to differ: uptimes are whole seconds.
const SAME_START: Duration = Duration::from_secs(2);
/// Looks in a row that must agree.
const AGREEING: u32 = 3;

/// What each daemon looked like, and which look alike.
#[derive(Debug, Default)]
pub(super) struct TwinWatch(Mutex<WatchedDaemons>);

#[derive(Debug, Default)]
struct WatchedDaemons {
    seen: BTreeMap<DaemonId, Likeness>,
    /// How often the first, in order of their names, looked like the second.
    agreed: BTreeMap<(DaemonId, DaemonId), u32>,
}

/// What two daemons hardly have in common.
#[derive(Clone, Debug, PartialEq)]
struct Likeness {
    started: Timestamp,
    worker: Option<PublicKey>,
    fee: Nanomina,
    commit: String,
    peers: Option<u32>,
    tip: Option<String>,
}

impl Likeness {
    fn of(status: &DaemonStatus, at: Timestamp) -> Self {
        Self {
            started: at.saturating_sub(status.uptime).unwrap_or(Timestamp::MIN),
            worker: status.worker.clone(),
            fee: status.fee,
            commit: status.commit.clone(),
            peers: status.peers,
            tip: status.state_hash.clone(),
        }
    }

    /// Whether both may be one daemon; `None` where one has seen a block that the other has not.
    fn resembles(&self, other: &Self) -> Option<bool> {
        let apart = self.started.duration_since(other.started).unsigned_abs();
        let fixed =
            apart <= SAME_START && self.commit == other.commit && self.worker == other.worker;
        if !fixed || self.worker.is_none() {
            return Some(false);
        }
        (self.tip == other.tip).then_some(self.peers == other.peers && self.fee == other.fee)
    }
}

impl TwinWatch {
    /// Takes in a look; returns the daemon that turned out to be the same.
    pub(super) fn observe(&self, record: &Record) -> Option<DaemonId> {
        let status = record.look.status.as_ref().ok()?;
        let fresh = Likeness::of(status, record.look.at);
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let WatchedDaemons { seen, agreed } = &mut *watched;
        seen.insert(record.daemon.clone(), fresh.clone());
        let mut found = None;
        for (other, likeness) in seen.iter().filter(|(other, _)| **other != record.daemon) {
            let pair = [&record.daemon, other];
            let pair = (pair.into_iter().min()?.clone(), pair.into_iter().max()?.clone());
            match fresh.resembles(likeness) {
                Some(true) => {
                    let times = agreed.entry(pair).or_default();
                    *times = times.saturating_add(1);
                    if *times == AGREEING {
                        found = Some(other.clone());
                    }
                }
                Some(false) => drop(agreed.remove(&pair)),
                None => {}
            }
        }
        found
    }

    /// Forgets a daemon that is no longer configured.
    pub(super) fn forget(&self, daemon: &DaemonId) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.seen.remove(daemon);
        watched.agreed.retain(|(one, other), _| one != daemon && other != daemon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snarkfee_core::fixtures::sample;

    fn look(daemon: &str, change: impl Fn(&mut DaemonStatus)) -> Record {
        let mut record = sample::record();
        record.daemon = DaemonId::try_new(daemon).unwrap();
        change(record.look.status.as_mut().unwrap());
        record
    }

    #[test]
    fn two_names_of_one_daemon_are_noticed_once() {
        let watch = TwinWatch::default();
        let mut found = Vec::new();
        for round in 0..5 {
            for name in ["a", "b"] {
                // One daemon under both names is a moment older at the second.
                let late = Duration::from_secs(u64::from(name == "b"));
                found.extend(watch.observe(&look(name, |status| status.uptime += late)));
            }
            assert_eq!(found.len(), usize::from(round > 0), "round {round}");
        }
        assert_eq!(found, [DaemonId::try_new("a").unwrap()]);
    }

    #[test]
    fn daemons_that_differ_are_not_taken_for_one() {
        type Change = fn(&mut DaemonStatus);
        let changes: [Change; 5] = [
            |status| status.uptime += Duration::from_secs(60),
            |status| status.commit.push('x'),
            |status| status.worker = None,
            |status| status.peers = status.peers.map(|peers| peers + 1),
            |status| status.fee = Nanomina::ONE,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let watch = TwinWatch::default();
            for _ in 0..9 {
                assert_eq!(watch.observe(&look("a", |_| {})), None, "{number}");
                assert_eq!(watch.observe(&look("b", change)), None, "{number}");
            }
        }
    }
}
