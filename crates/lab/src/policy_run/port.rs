//! The controller's port to a market's daemon in the same process. Without HTTP a whole loop runs
//! at thousands of slots a second.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use snarkfee_core::{
    fault::Fault,
    invariants::{AppliedChange, ChangeAuthor, SentMutations, SettingChange},
    market::{DaemonStatus, Look},
    policy::{Mutation, PermittedMutation},
    port::{DaemonPort, LookPlan, Replaced, SendError},
};

use super::market::Market;

/// A market's daemon as the controller sees it. Its time moves only by [`MarketPort::advance`].
#[derive(Debug)]
pub struct MarketPort<M> {
    market: Mutex<M>,
    log: Mutex<PortLog>,
}

#[derive(Debug, Default)]
struct PortLog {
    at: Timestamp,
    sent: SentMutations,
    applied: Vec<AppliedChange>,
}

impl<M: Market> MarketPort<M> {
    /// A port on a market.
    pub fn new(market: M) -> Self {
        Self { market: Mutex::new(market), log: Mutex::default() }
    }

    /// Runs the market up to `to`.
    pub fn advance(&self, to: Timestamp) {
        self.market().advance(to);
        let mut log = self.log();
        log.at = log.at.max(to);
    }

    /// The market.
    pub fn market(&self) -> MutexGuard<'_, M> {
        self.market.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the market back.
    pub fn into_market(self) -> M {
        self.market.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mutations sent and changes applied since the last call.
    pub(super) fn take_log(&self) -> (SentMutations, Vec<AppliedChange>) {
        let mut log = self.log();
        (std::mem::take(&mut log.sent), std::mem::take(&mut log.applied))
    }

    fn log(&self) -> MutexGuard<'_, PortLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Market> DaemonPort for MarketPort<M> {
    async fn look(&self, plan: &LookPlan) -> Look {
        self.market().look(plan)
    }

    async fn status(&self) -> Result<DaemonStatus, Fault> {
        Ok(self.market().status())
    }

    async fn send(&self, mutation: PermittedMutation) -> Result<Replaced, SendError> {
        let mut market = self.market();
        let before = market.settings();
        let mut log = self.log();
        let (count, change) = match mutation.mutation() {
            Mutation::SetFee { fee } => (&mut log.sent.fee, SettingChange::Fee(*fee)),
            Mutation::SwitchOn { key } => {
                (&mut log.sent.on, SettingChange::Worker(Some(key.clone())))
            }
            Mutation::SwitchOff => (&mut log.sent.off, SettingChange::Worker(None)),
        };
        *count += 1;
        market.set(&change);
        let differs = match &change {
            SettingChange::Fee(fee) => before.fee != *fee,
            SettingChange::Worker(key) => before.worker.is_some() != key.is_some(),
        };
        let at = log.at;
        let replaced = match &change {
            SettingChange::Fee(_) => Replaced::Fee(before.fee),
            SettingChange::Worker(_) => Replaced::Worker(before.worker),
        };
        log.applied.push(AppliedChange { at, change, differs, by: ChangeAuthor::Controller });
        Ok(replaced)
    }

    fn era(&self) -> Option<String> {
        Some("simulated".to_owned())
    }
}
