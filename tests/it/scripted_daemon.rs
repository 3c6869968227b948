//! A simulated daemon whose status a test can override, and which logs the changes that it applied.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use snarkfee_clock::{Clock, Hand};
use snarkfee_core::{
    invariants::{AppliedChange, ChangeAuthor, SettingChange},
    market::SyncState,
    units::{Nanomina, PublicKey},
};
use snarkfee_lab::market_sim::{SimulatedDaemon, Snapshot, World};

use crate::network::nanomina;

/// The market's time and the controller's. They are the same until one of them is set.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    market: &'static Hand,
    controller: &'static Hand,
}

impl Time {
    pub(crate) fn new(start: Timestamp) -> Self {
        // A clock is copied into tasks that outlive the test's frame.
        let hand = || &*Box::leak(Box::new(Hand::new(start)));
        Self { market: hand(), controller: hand() }
    }

    /// The market's time.
    pub(crate) fn now(self) -> Timestamp {
        self.market.shown()
    }

    /// The time on the controller's clock.
    pub(crate) fn believed(self) -> Timestamp {
        self.controller.shown()
    }

    pub(crate) fn market(self) -> Clock {
        Clock::manual(self.market)
    }

    pub(crate) fn controller(self) -> Clock {
        Clock::manual(self.controller)
    }

    pub(crate) fn pass(self, span: Duration) {
        self.market.pass(span);
        self.controller.pass(span);
    }

    /// Sets the controller's clock to the right time plus `by`.
    pub(crate) fn set_wrong(self, by: SignedDuration) {
        self.controller.set(self.market.shown() + by);
    }
}

/// A market whose daemon shows another status on demand.
pub(crate) struct ScriptedDaemon {
    pub(crate) world: World,
    pub(crate) sync: Option<SyncState>,
    pub(crate) peers: Option<u32>,
    /// How much older the best tip appears.
    pub(crate) tip_older: Duration,
    pub(crate) author: ChangeAuthor,
    /// Whether someone else changes the fee right before the controller does.
    pub(crate) forestalled: bool,
    applied: Vec<AppliedChange>,
    at: Timestamp,
}

impl ScriptedDaemon {
    pub(crate) fn new(world: World, at: Timestamp) -> Self {
        let (sync, peers, tip_older, applied) = (None, None, Duration::ZERO, Vec::new());
        Self {
            world,
            sync,
            peers,
            tip_older,
            author: ChangeAuthor::Controller,
            forestalled: false,
            applied,
            at,
        }
    }

    /// Changes applied since the last call.
    pub(crate) fn take_applied(&mut self) -> Vec<AppliedChange> {
        std::mem::take(&mut self.applied)
    }

    fn log_change(&mut self, change: SettingChange, differs: bool) {
        self.applied.push(AppliedChange { at: self.at, change, differs, by: self.author });
    }
}

impl SimulatedDaemon for ScriptedDaemon {
    fn advance(&mut self, to: Timestamp) {
        self.at = self.at.max(to);
        self.world.advance(to);
    }

    fn snapshot(&self) -> Snapshot {
        let mut shown = self.world.snapshot();
        let status = &mut shown.status;
        if let Some(sync) = &self.sync {
            status.sync = sync.clone();
        }
        status.peers = self.peers.or(status.peers);
        if let Some(tip) = &mut status.best_tip {
            tip.starts -= self.tip_older;
            tip.global_slot -= self.tip_older.as_secs() / status.slot_duration.as_secs();
        }
        shown
    }

    fn set_fee(&mut self, fee: Nanomina) -> Nanomina {
        if self.forestalled && self.author == ChangeAuthor::Controller {
            let theirs = nanomina(self.world.snapshot().status.fee.get() + 1);
            self.world.set_fee(theirs);
            self.applied.push(AppliedChange {
                at: self.at,
                change: SettingChange::Fee(theirs),
                differs: true,
                by: ChangeAuthor::Stranger,
            });
        }
        let before = self.world.set_fee(fee);
        self.log_change(SettingChange::Fee(fee), before != fee);
        before
    }

    fn set_worker(&mut self, key: Option<PublicKey>) -> Option<PublicKey> {
        let before = self.world.set_worker(key.clone());
        let differs = before.is_some() != key.is_some();
        self.log_change(SettingChange::Worker(key), differs);
        before
    }
}
