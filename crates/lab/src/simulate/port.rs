//! The in-process face of a market's daemon: the controller's port without HTTP, so that a whole
//! loop runs at thousands of slots a second.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use snarkfee_core::{
    fault::Fault,
    invariants::{AppliedChange, ChangeAuthor, SentMutations, SettingChange},
    market::{DaemonStatus, Look},
    port::{DaemonPort, LookPlan, Mutation, Replaced, SendError},
};

use super::market::Market;

/// A market's daemon as the controller sees it. Its time moves only by [`SimPort::advance`].
#[derive(Debug)]
pub struct SimPort<M> {
    market: Mutex<M>,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    at: Timestamp,
    sent: SentMutations,
    applied: Vec<AppliedChange>,
}

impl<M: Market> SimPort<M> {
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

    /// The market itself, for scoring.
    pub fn market(&self) -> MutexGuard<'_, M> {
        self.market.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The market, no longer looked at through a port.
    pub fn into_market(self) -> M {
        self.market.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was sent and set since the last time.
    pub fn take_log(&self) -> (SentMutations, Vec<AppliedChange>) {
        let mut log = self.log();
        (std::mem::take(&mut log.sent), std::mem::take(&mut log.applied))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Market> DaemonPort for SimPort<M> {
    async fn look(&self, plan: &LookPlan) -> Look {
        self.market().look(plan)
    }

    async fn status(&self) -> Result<DaemonStatus, Fault> {
        Ok(self.market().status())
    }

    async fn send(&self, mutation: &Mutation) -> Result<Replaced, SendError> {
        let mut market = self.market();
        let before = market.settings();
        let mut log = self.log();
        let (count, change) = match mutation {
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
