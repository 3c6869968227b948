//! The simulated market as a policy runs in it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    seat::Seat,
    seat_id::SeatId,
    snapshot::{DaemonCounters, HandOut},
    world::World,
};
use crate::policy_run::{Market, WorkerTotals};

/// The market as its first operator sees it.
impl Market for World {
    fn advance(&mut self, to: Timestamp) {
        self.run_to(to);
    }

    fn look(&self, plan: &LookPlan) -> Look {
        self.look_from(SeatId::FIRST, plan)
    }

    fn status(&self) -> DaemonStatus {
        self.shown_status(SeatId::FIRST, None)
    }

    fn settings(&self) -> DaemonSettings {
        self.settings_of(SeatId::FIRST)
    }

    fn set(&mut self, change: &SettingChange) {
        self.set_as(SeatId::FIRST, change);
    }

    fn worker_totals(&self) -> WorkerTotals {
        self.truth().own
    }

    fn regime(&self) -> usize {
        self.scenario().regime_at(self.truth().slots.saturating_sub(1)).0
    }

    fn started(&self) -> Timestamp {
        self.started_at(SeatId::FIRST)
    }
}

/// A market that several operators share, as one of them sees it. Whoever advances it advances it
/// for all.
#[derive(Clone, Debug)]
pub(crate) struct SharedMarket {
    world: Arc<Mutex<World>>,
    seat: SeatId,
}

impl SharedMarket {
    /// A world as the operator with this number sees it.
    pub(crate) fn new(world: Arc<Mutex<World>>, seat: SeatId) -> Self {
        Self { world, seat }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Market for SharedMarket {
    fn advance(&mut self, to: Timestamp) {
        self.world().run_to(to);
    }

    fn look(&self, plan: &LookPlan) -> Look {
        self.world().look_from(self.seat, plan)
    }

    fn status(&self) -> DaemonStatus {
        self.world().shown_status(self.seat, None)
    }

    fn settings(&self) -> DaemonSettings {
        self.world().settings_of(self.seat)
    }

    fn set(&mut self, change: &SettingChange) {
        self.world().set_as(self.seat, change);
    }

    fn worker_totals(&self) -> WorkerTotals {
        *self.world().truth().totals(self.seat)
    }

    fn regime(&self) -> usize {
        Market::regime(&*self.world())
    }

    fn started(&self) -> Timestamp {
        self.world().started_at(self.seat)
    }
}

impl World {
    fn look_from(&self, seat: SeatId, plan: &LookPlan) -> Look {
        let status = self.shown_status(seat, None);
        let synced = status.sync == SyncState::Synced;
        let request = synced.then(|| plan.request(&status));
        let chained = request.is_some_and(|asked| !matches!(asked, MarketRequest::Nothing(_)));
        let listed = request == Some(MarketRequest::Whole);
        let asked = usize::try_from(plan.blocks).unwrap_or(usize::MAX);
        let chain =
            || self.chain.iter().skip(self.chain.len().saturating_sub(asked)).cloned().collect();
        let book = || Book { order: BookOrder::Purchase, works: self.open_works(seat).into() };
        let Seat { worker, process } = self.seats.get(seat);
        Look {
            at: self.at,
            clock_set: None,
            machine: None,
            market_read: None,
            chain: chained.then(|| Ok(ChainLook { blocks: chain() })),
            kept_book: request.and_then(MarketRequest::kept),
            book_took: None,
            book: listed.then(|| Ok(book())),
            metrics: Some(Ok(pool_metrics(&process.counters, worker.hand_out()))),
            account: plan.account.as_ref().map(|key| {
                Ok(match self.has_account(key) {
                    true => LedgerAccount::Open,
                    false => LedgerAccount::Missing,
                })
            }),
            status: Ok(status),
        }
    }

    fn settings_of(&self, seat: SeatId) -> DaemonSettings {
        let worker = &self.seats.get(seat).worker;
        DaemonSettings {
            worker: worker.shown().and_then(|key| self.key(key)).cloned(),
            fee: worker.fee(),
        }
    }

    fn set_as(&mut self, seat: SeatId, change: &SettingChange) {
        match change {
            SettingChange::Fee(fee) => drop(self.change_fee(seat, *fee)),
            SettingChange::Worker(key) => drop(self.change_worker(seat, key.clone())),
        }
    }

    fn started_at(&self, seat: SeatId) -> Timestamp {
        self.timestamp(self.seats.get(seat).process.started())
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
