//! What is written, and by whom.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use snarkfee_core::{
    fixtures::{fee, key, sample, time},
    leases::Claim,
    ledger::{DecisionInputs, Intent, LookEntry, LookPurpose, OrderId, PersistedState},
    policy::{
        Action, Basis, BlockProduction, DaemonSettings, Decision, Memory, Params, Pricing, Reason,
        Safety, Worker,
    },
    record::Record,
    units::DaemonId,
};
use snarkfee_journal::{SharedJournal, SharedJournalConfig, StoreAddress};

/// Longer than anything is kept in a test.
pub(crate) const LONG: Duration = Duration::from_secs(365 * 24 * 3600);
/// Length of a lease in tests; it passes on a clock that they set.
pub(crate) const LEASE: Duration = Duration::from_secs(90);

/// The uninterruptible clock of one machine.
#[derive(Clone, Default)]
pub(crate) struct Uptime(Arc<Mutex<Duration>>);

impl Uptime {
    pub(crate) fn pass(&self, span: Duration) {
        *self.0.lock().unwrap() += span;
    }

    fn read(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn config(url: &str, host: &str, site: &str, uptime: &Uptime) -> SharedJournalConfig {
    let uptime = uptime.clone();
    SharedJournalConfig {
        address: StoreAddress::try_new(url, None).unwrap(),
        retention: LONG,
        lease: LEASE,
        host: host.to_owned(),
        site: site.to_owned(),
        uptime: Arc::new(move || uptime.read()),
    }
}

/// A replica of that name, by a clock of its own.
pub(crate) async fn replica(url: &str, host: &str, uptime: &Uptime) -> SharedJournal {
    SharedJournal::open(config(url, host, "", uptime), time(0)).await.unwrap()
}

pub(crate) fn daemon(name: &str) -> DaemonId {
    DaemonId::try_new(name).unwrap()
}

pub(crate) fn claims(names: &[&str]) -> Vec<Claim> {
    names.iter().map(|name| Claim { daemon: daemon(name), site: String::new() }).collect()
}

pub(crate) fn names(daemons: &BTreeSet<DaemonId>) -> Vec<&str> {
    daemons.iter().map(DaemonId::as_str).collect()
}

pub(crate) fn record(at: Timestamp) -> Record {
    Record { at, ..sample::record() }
}

pub(crate) fn entry(record: Record) -> LookEntry {
    let inputs = DecisionInputs {
        decided: record.at,
        settled: record.at,
        cost: Ok(fee(1_000)),
        idle_hour: fee(0),
        mina_price: None,
        works_per_hour: Some(30.5),
        purpose: LookPurpose::Control,
    };
    LookEntry {
        record: Arc::new(record),
        inputs,
        params: Params {
            pricing: Pricing::default(),
            worker: Worker { key: Some(key("us")), ..Worker::default() },
            block_production: BlockProduction::default(),
            safety: Safety::default(),
        },
        state: PersistedState::default(),
        snapshot: None,
        orders_seen: OrderId::default(),
        ended: Vec::new(),
    }
}

pub(crate) fn intent(at: Timestamp) -> Intent {
    let (from, to) = (fee(5), fee(7));
    let decision = Decision {
        action: Action::SetFee { fee: to },
        reason: Reason::PriceMove { from, to },
        target: None,
        appraisal: None,
    };
    let from = Basis::Real(DaemonSettings { worker: Some(key("us")), fee: from });
    let mut memory = Memory::default();
    memory.anticipate(at, &from, &decision);
    Intent { daemon: daemon("main"), at, from, decision, memory, ended: Vec::new() }
}
