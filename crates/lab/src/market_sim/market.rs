//! The simulated market as a policy runs in it.

use jiff::Timestamp;
use snarkfee_core::{
    invariants::SettingChange,
    market::{
        Book, BookOrder, ChainLook, DaemonStatus, DeliveryUnit, FeeHistogram, LedgerAccount, Look,
        MarketRequest, PoolMetrics, SyncState,
    },
    policy::DaemonSettings,
    port::LookPlan,
};

use super::{
    snapshot::{DaemonCounters, HandOut, SimulatedDaemon},
    world::World,
};
use crate::policy_run::{Market, WorkerTotals};

impl Market for World {
    fn advance(&mut self, to: Timestamp) {
        self.run_to(to);
    }

    fn look(&self, plan: &LookPlan) -> Look {
        let status = self.shown_status(None);
        let synced = status.sync == SyncState::Synced;
        let request = synced.then(|| plan.request(&status));
        let chained = request.is_some_and(|asked| !matches!(asked, MarketRequest::Nothing(_)));
        let listed = request == Some(MarketRequest::Whole);
        let asked = usize::try_from(plan.blocks).unwrap_or(usize::MAX);
        let chain =
            || self.chain.iter().skip(self.chain.len().saturating_sub(asked)).cloned().collect();
        Look {
            at: self.at,
            clock_set: None,
            machine: None,
            market_read: None,
            chain: chained.then(|| Ok(ChainLook { blocks: chain() })),
            kept_book: request.and_then(MarketRequest::kept),
            book_took: None,
            book: listed
                .then(|| Ok(Book { order: BookOrder::Purchase, works: self.open_works().into() })),
            metrics: Some(Ok(pool_metrics(&self.process.counters, self.operator.hand_out()))),
            account: plan.account.as_ref().map(|key| {
                Ok(match self.has_account(key) {
                    true => LedgerAccount::Open,
                    false => LedgerAccount::Missing,
                })
            }),
            status: Ok(status),
        }
    }

    fn status(&self) -> DaemonStatus {
        self.shown_status(None)
    }

    fn settings(&self) -> DaemonSettings {
        DaemonSettings {
            worker: self.operator.shown().and_then(|key| self.key(key)).cloned(),
            fee: self.operator.fee(),
        }
    }

    fn set(&mut self, change: &SettingChange) {
        match change {
            SettingChange::Fee(fee) => drop(self.set_fee(*fee)),
            SettingChange::Worker(key) => drop(self.set_worker(key.clone())),
        }
    }

    fn worker_totals(&self) -> WorkerTotals {
        self.truth().own
    }

    fn regime(&self) -> usize {
        self.scenario().regime_at(self.truth().slots.saturating_sub(1)).0
    }

    fn started(&self) -> Timestamp {
        self.timestamp(self.process.started())
    }
}

fn pool_metrics(counters: &DaemonCounters, hand_out: HandOut) -> PoolMetrics {
    let fees = &counters.fees_added;
    let mut cumulative: Vec<f64> = fees.cumulative.iter().map(|count| *count as f64).collect();
    cumulative.push(fees.count as f64);
    let bounds = (0..fees.cumulative.len()).map(|bound| bound as f64).collect();
    PoolMetrics {
        fees: Some(FeeHistogram { bounds, cumulative, sum: fees.sum as f64 }),
        completed_by_own: Some(counters.completed as f64),
        delivery_unit: Some(match hand_out {
            HandOut::Bundles => DeliveryUnit::Bundle,
            HandOut::Pieces => DeliveryUnit::Piece,
        }),
        assigned_to_own: Some(counters.assigned as f64),
        prover_seconds: Some(counters.proved.seconds()),
        prover_jobs: Some(counters.proved.jobs() as f64),
        ..PoolMetrics::default()
    }
}
