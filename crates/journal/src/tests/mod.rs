//! Journals in temporary folders: what they keep, what they refuse, and how they fail.

mod earlier;
mod failing;
mod keeping;
mod orders;
mod past;
mod records;
mod refusing;
mod sealing;

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee_core::{
    fixtures::{fee, key, sample, steady, time},
    ledger::{
        DecisionInputs, Intent, IntentId, IntentOutcome, LookEntry, LookPurpose, OrderId,
        PersistedState,
    },
    policy::{
        Action, Basis, BlockProduction, DaemonSettings, Decision, Memory, Mode, Params, Pricing,
        Reason, Safety, Worker,
    },
    record::Record,
    units::DaemonId,
};
use tempfile::TempDir;

use super::store::Store;

const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &Path) -> Store {
    Store::open(folder, LONG, time(0)).unwrap()
}

fn main() -> DaemonId {
    DaemonId::try_new("main").unwrap()
}

fn params() -> Params {
    Params {
        pricing: Pricing::default(),
        worker: Worker { key: Some(key("us")), ..Worker::default() },
        block_production: BlockProduction::default(),
        safety: Safety::default(),
    }
}

fn record(at: Timestamp) -> Record {
    Record { at, ..sample::record() }
}

fn entry(record: Record) -> LookEntry {
    let inputs = DecisionInputs {
        decided: record.at,
        settled: record.at,
        cost: Ok(fee(1_000)),
        idle_hour: fee(0),
        works_per_hour: Some(30.5),
        mina_price: Some(Ok("0.31 USD".parse().unwrap())),
        purpose: LookPurpose::Control,
    };
    LookEntry {
        record: Arc::new(record),
        inputs,
        params: params(),
        state: PersistedState::default(),
        snapshot: None,
        orders_seen: OrderId::default(),
        ended: Vec::new(),
    }
}

fn intent(at: Timestamp) -> Intent {
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
    Intent { daemon: main(), at, from, decision, memory, ended: Vec::new() }
}

fn ended(record: Record, id: IntentId, ending: IntentOutcome) -> LookEntry {
    LookEntry { ended: vec![(id, ending)], ..entry(record) }
}
