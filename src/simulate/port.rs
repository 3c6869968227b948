//! The in-process face of a simulated daemon: the controller's port without HTTP, so that a whole loop runs at thousands of slots
//! a second.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{snapshot::SimulatedDaemon, world::World};
use crate::{
    daemon::{DaemonPort, LookPlan, Mutation, SendError},
    fault::Fault,
    market::{Book, BookOrder, ChainLook, FeeHistogram, Look, PoolMetrics, Status, SyncState},
    simulate::{Counters, Snapshot},
};

/// A simulated daemon as the controller sees it. Its time moves only by [`SimPort::advance`].
#[derive(Debug)]
pub struct SimPort(Mutex<World>);

impl SimPort {
    /// A port on a market.
    pub fn new(world: World) -> Self {
        Self(Mutex::new(world))
    }

    /// Runs the market up to `to`.
    pub fn advance(&self, to: Timestamp) {
        self.world().advance(to);
    }

    /// The market itself, for scoring.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DaemonPort for SimPort {
    async fn look(&self, plan: &LookPlan) -> Look {
        let Snapshot { at, status, mut chain, open, counters, accounts, .. } = self.world().snapshot();
        let synced = status.sync == SyncState::Synced;
        let asked = usize::try_from(plan.blocks).unwrap_or(usize::MAX);
        chain.drain(..chain.len().saturating_sub(asked));
        Look {
            at,
            clock_set: None,
            market_read: None,
            chain: synced.then_some(Ok(ChainLook { blocks: chain })),
            book: synced.then_some(Ok(Book { order: BookOrder::Purchase, works: open.into() })),
            metrics: Some(Ok(pool_metrics(&counters, status.exact_pool.map(|pool| pool.snark_pool_size)))),
            account: plan.account.as_ref().map(|key| Ok(accounts.contains(key))),
            status: Ok(status),
        }
    }

    async fn status(&self) -> Result<Status, Fault> {
        Ok(self.world().snapshot().status)
    }

    async fn send(&self, mutation: &Mutation) -> Result<(), SendError> {
        let mut world = self.world();
        match mutation {
            Mutation::SetFee { fee } => {
                world.set_fee(*fee);
            }
            Mutation::SwitchOn { key } => {
                world.set_worker(Some(key.clone()));
            }
            Mutation::SwitchOff => {
                world.set_worker(None);
            }
        }
        Ok(())
    }

    fn era(&self) -> Option<String> {
        Some("simulated".to_owned())
    }
}

fn pool_metrics(counters: &Counters, pool_size: Option<u64>) -> PoolMetrics {
    let fees = &counters.fees_added;
    let mut cumulative: Vec<f64> = fees.cumulative.iter().map(|count| *count as f64).collect();
    cumulative.push(fees.count as f64);
    let bounds = (0..fees.cumulative.len()).map(|bound| bound as f64).collect();
    PoolMetrics {
        fees: Some(FeeHistogram { bounds, cumulative, sum: fees.sum as f64 }),
        pool_size: pool_size.map(|size| size as f64),
        completed_by_own: Some(counters.completed as f64),
        assigned_to_own: Some(counters.assigned as f64),
        defects: 0,
    }
}
