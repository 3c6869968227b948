//! The gates before every change of a daemon: evaluated once for each look, in order.
//!
//! [`Gates::open`] refuses where the daemon may not be touched at all. What remains are the gates
//! before single kinds of action; each `permit_*` passes the ones that its action needs. Nothing
//! else makes a [`Permit`].

use std::time::Duration;

use jiff::Timestamp;

use super::{
    daemon_settings::{Action, DaemonSettings},
    dry_run::Basis,
    pacing::Pacing,
    params::{Pricing, Worker},
    permit::Permit,
    reason::Reason,
    situation::Situation,
    state::Role,
    waits::{remaining, since},
};
use crate::{
    clocks::SteadyTime,
    market::{DaemonStatus, SyncState},
    units::{Nanomina, PublicKey},
};

/// Slots without a block after which a best tip is old: with three slots in four filled, 20 empty
/// ones in a row happen once in 10^12.
const TIP_SLOTS: u32 = 20;

/// Most doublings of a dwell time.
const MOST_DOUBLINGS: u32 = 4;

/// The bounds of a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FeeBounds {
    /// The lowest fee that a pool takes and the operator permits.
    ///
    /// Without a ledger account no pool takes a fee below the account-creation fee (Mina
    /// `snark_pool.ml`, 3.0.3). While it is not known whether there is one, the pool decides.
    pub(super) floor: Nanomina,
    /// The fee that keeps most work away.
    pub(super) highest: Nanomina,
}

impl FeeBounds {
    /// The bounds for a key of which it is known whether it has a ledger account.
    pub(super) fn new(pricing: &Pricing, has_account: Option<bool>) -> Self {
        let floor = match has_account {
            Some(false) => pricing.floor.max(Nanomina::ONE_MINA),
            Some(true) | None => pricing.floor,
        };
        Self { floor, highest: pricing.ceiling.max(floor) }
    }
}

/// The gates of a daemon that may be touched.
#[derive(Debug)]
pub(super) struct Gates<'a> {
    role: Role,
    worker: &'a Worker,
    basis: Basis,
    /// Slot of the own block that the worker must make room for now.
    pub(super) own_block: Option<Timestamp>,
    /// Whether the worker is off for an own block.
    pub(super) stepped_aside: bool,
    /// Why what the market asks for may only be advised.
    pub(super) advice_only: Option<Reason>,
    /// The bounds of the fee.
    pub(super) bounds: FeeBounds,
    /// When the worker was last switched.
    pub(super) switched: Option<Timestamp>,
    /// For how long the worker has been winding down.
    pub(super) winding_down: Option<Duration>,
    cooldown: Option<Duration>,
    hazard: Option<Duration>,
    changes_left: u32,
    max_changes: u32,
    switch_on: SwitchGate,
    switch_off: SwitchGate,
}

/// Whether a switch is due: confirmed, and not too soon after the last one.
///
/// Where profit hovers about the thresholds, each switch of the last 24 hours doubles the time to
/// wait for the next, so that a worker does not go on and off all day. A clear case does not wait
/// longer for that.
#[derive(Debug)]
struct SwitchGate {
    unconfirmed: Option<Reason>,
    dwell: Option<Reason>,
    dwell_if_clear: Option<Reason>,
}

impl SwitchGate {
    fn new(pacing: &Pacing, on: bool, pricing: &Pricing, now: SteadyTime) -> Self {
        let (have, need) = (pacing.streak.then(on).looks, pricing.confirm);
        let recent = u32::try_from(pacing.switches.len()).unwrap_or(u32::MAX);
        let last = pacing.switched.map(|switched| switched.at);
        let wait = |doublings: u32| {
            let least = if on { pricing.min_off } else { pricing.min_on };
            let remaining = remaining(last, least * 2_u32.pow(doublings), now)?;
            Some(if on { Reason::MinOff { remaining } } else { Reason::MinOn { remaining } })
        };
        Self {
            unconfirmed: (have < need).then_some(Reason::Confirming { have, need }),
            dwell: wait(recent.min(MOST_DOUBLINGS)),
            dwell_if_clear: wait(0),
        }
    }

    fn pass(&self, clear: bool) -> Result<(), Reason> {
        let dwell = if clear { &self.dwell_if_clear } else { &self.dwell };
        match self.unconfirmed.as_ref().or(dwell.as_ref()) {
            Some(reason) => Err(reason.clone()),
            None => Ok(()),
        }
    }
}

impl<'a> Gates<'a> {
    /// Evaluates all gates.
    ///
    /// # Errors
    /// The first reason, in the order of priority, why the daemon may not be touched: pause, a
    /// daemon that cannot be trusted, settings that are not ours.
    pub(super) fn open(input: &Situation<'a>) -> Result<Self, Reason> {
        let status = trust(input)?;
        check_ownership(input, status)?;
        let (memory, pricing) = (input.memory, &input.params.pricing);
        let now = memory.steady_at(input.now);
        let pacing = memory.pacing(input.mode);
        let used = u32::try_from(pacing.changes.len()).unwrap_or(u32::MAX);
        Ok(Self {
            role: input.role,
            worker: &input.params.worker,
            basis: memory.basis(input.mode, status),
            own_block: own_block(input, status),
            stepped_aside: pacing.making_room_for.is_some(),
            advice_only: advice_only(input, status),
            bounds: FeeBounds::new(pricing, memory.has_account),
            switched: pacing.switched.map(|switched| memory.wall_of(switched.at)),
            winding_down: pacing.winding_down.map(|began| now.since(began)),
            cooldown: remaining(pacing.fee_changed, pricing.cooldown, now),
            hazard: pacing.switch_hazard(now),
            changes_left: pricing.max_changes_per_day.saturating_sub(used),
            max_changes: pricing.max_changes_per_day,
            switch_on: SwitchGate::new(pacing, true, pricing, now),
            switch_off: SwitchGate::new(pacing, false, pricing, now),
        })
    }

    /// What the policy decides about: the daemon's settings, in dry-run those that its decisions
    /// would have led to.
    pub(super) const fn settings(&self) -> &DaemonSettings {
        self.basis.settings()
    }

    /// Whether the daemon hands out work.
    pub(super) fn is_on(&self) -> bool {
        self.settings().worker.is_some() || self.is_coordinator()
    }

    /// Whether the key that work is done for cannot be taken away.
    pub(super) fn is_coordinator(&self) -> bool {
        self.role == Role::Coordinator
    }

    /// Another fee for the market's sake: not too soon after the last change.
    pub(super) fn permit_fee(&self, fee: Nanomina) -> Result<Permit, Reason> {
        self.pass_fee_change()?;
        Ok(self.permit(Action::SetFee { fee }))
    }

    /// The highest permitted fee, where the key cannot be taken away.
    pub(super) fn permit_parking(&self) -> Result<Permit, Reason> {
        self.pass_fee_change()?;
        Ok(self.permit(Action::Park { fee: self.bounds.highest }))
    }

    /// The highest permitted fee before the key is removed, which is a change too.
    pub(super) fn permit_winding_down(&self) -> Option<Permit> {
        let affordable = self.pass_fee_change().is_ok() && self.changes_left >= 2;
        affordable.then(|| self.permit(Action::Park { fee: self.bounds.highest }))
    }

    /// The worker on at a fee.
    pub(super) fn permit_switch_on(&self, fee: Nanomina, clear: bool) -> Result<Permit, Reason> {
        let key = self.own_key()?;
        self.switch_on.pass(clear)?;
        self.pass_hazard()?;
        self.pass_budget()?;
        if fee != self.settings().fee {
            self.pass_fee_change()?;
        }
        Ok(self.permit(Action::SwitchOn { key, fee }))
    }

    /// The worker on again after it made room for an own block, at `fee` unless the last change of
    /// the fee was too recent.
    pub(super) fn permit_return(&self, fee: Nanomina) -> Result<Permit, Reason> {
        let key = self.own_key()?;
        self.pass_hazard()?;
        let fee = if self.pass_fee_change().is_ok() { fee } else { self.settings().fee };
        Ok(self.permit(Action::SwitchOn { key, fee }))
    }

    /// The worker off for the market's sake.
    pub(super) fn permit_switch_off(&self, clear: bool) -> Result<Permit, Reason> {
        self.own_key()?;
        self.switch_off.pass(clear)?;
        self.pass_hazard()?;
        self.pass_budget()?;
        Ok(self.permit(Action::SwitchOff))
    }

    /// The worker off for an own block, however soon after the last change.
    pub(super) fn permit_stepping_aside(&self) -> Result<Permit, Reason> {
        self.own_key()?;
        self.pass_hazard()?;
        Ok(self.permit(Action::SwitchOff))
    }

    /// An action that leaves the daemon as configured when the service stops: a switch needs a
    /// worker whose key is ours, and neither is ever too soon after the last one.
    pub(super) fn permit_leaving(&self, action: Action) -> Result<Permit, Reason> {
        if self.settings().worker.is_some() != self.settings().after(&action).worker.is_some() {
            self.own_key()?;
            if let Action::SwitchOn { key, .. } = &action
                && !self.worker.owns(key)
            {
                return Err(Reason::ForeignKey { found: key.clone() });
            }
            if self.role != Role::Worker {
                return Err(Reason::RoleUnsure);
            }
            self.pass_hazard()?;
        }
        Ok(self.permit(action))
    }

    fn permit(&self, action: Action) -> Permit {
        Permit::new(self.basis.clone(), action)
    }

    fn own_key(&self) -> Result<PublicKey, Reason> {
        self.worker.key.clone().ok_or(Reason::NoWorkerKey)
    }

    fn pass_hazard(&self) -> Result<(), Reason> {
        self.hazard.map_or(Ok(()), |remaining| Err(Reason::SwitchHazard { remaining }))
    }

    fn pass_budget(&self) -> Result<(), Reason> {
        match self.changes_left {
            0 => Err(Reason::DailyBudget { limit: self.max_changes }),
            _ => Ok(()),
        }
    }

    fn pass_fee_change(&self) -> Result<(), Reason> {
        match self.cooldown {
            Some(remaining) => Err(Reason::Cooldown { remaining }),
            None => self.pass_budget(),
        }
    }
}

/// The status of a daemon that can be trusted and may be touched at all.
fn trust<'a>(input: &Situation<'a>) -> Result<&'a DaemonStatus, Reason> {
    let (memory, safety) = (input.memory, &input.params.safety);
    if let Some(doubt) = memory.journal_doubt {
        return Err(Reason::JournalDoubt { doubt });
    }
    if let Some(pause) = memory.pause {
        return Err(Reason::Paused { until: memory.show_pause(pause).until });
    }
    let status =
        input.look.status.as_ref().map_err(|fault| Reason::StatusFault { fault: fault.clone() })?;
    if memory.breaker.is_open() {
        return Err(Reason::BreakerOpen { failures: memory.breaker.failures });
    }
    if let Some(by) = input.look.clock_set {
        return Err(Reason::ClockSet { by });
    }
    let age = since(input.look.at, input.now);
    if age > safety.max_age {
        return Err(Reason::Stale { age, limit: safety.max_age });
    }
    if status.sync != SyncState::Synced {
        return Err(Reason::Unsynced { state: status.sync.clone() });
    }
    // `syncStatus` compares heights with what peers sent and stays SYNCED when nobody sends
    // anything.
    let limit = (status.slot_duration * TIP_SLOTS).max(safety.max_age);
    let tip_age = status.best_tip.map(|tip| since(tip.starts, status.now.starts));
    if let Some(age) = tip_age.filter(|age| *age > limit) {
        return Err(Reason::TipBehind { age, limit });
    }
    match status.peers {
        Some(have) if have < safety.min_peers => {
            Err(Reason::FewPeers { have, need: safety.min_peers })
        }
        _ => Ok(status),
    }
}

/// Whether the worker is ours to set.
fn check_ownership(input: &Situation<'_>, status: &DaemonStatus) -> Result<(), Reason> {
    if let Some(until) = input.memory.external_hold {
        let until = input.memory.wall_of(until);
        let conflict = &input.memory.conflict;
        let rounds = u32::try_from(conflict.rounds.len()).unwrap_or(u32::MAX);
        return Err(match conflict.is_standoff() {
            true => Reason::Contested { rounds, until },
            false => Reason::ExternalChange { until },
        });
    }
    match &status.worker {
        Some(found) if !input.params.worker.owns(found) => {
            Err(Reason::ForeignKey { found: found.clone() })
        }
        _ => Ok(()),
    }
}

fn advice_only(input: &Situation<'_>, status: &DaemonStatus) -> Option<Reason> {
    if status.worker.is_none() && input.role == Role::Unsure {
        return Some(Reason::RoleUnsure);
    }
    let fault = input.look.metrics.as_ref()?.as_ref().err()?;
    let max_age = input.params.safety.max_age;
    let now = input.memory.steady_at(input.now);
    let fresh = remaining(input.memory.metrics_read, max_age, now).is_some();
    // What the metrics showed before still holds for a while; what contradicts itself holds for
    // nothing.
    (!fault.is_silence() || !fresh).then(|| Reason::MetricsFault { fault: fault.clone() })
}

/// The slot of an own block that the worker must make room for now, if any.
fn own_block(input: &Situation<'_>, status: &DaemonStatus) -> Option<Timestamp> {
    let guard = input.params.block_production;
    if !guard.enabled {
        return None;
    }
    let ahead =
        |slot: &Timestamp| since(input.now, *slot) <= guard.stop_before && *slot >= input.now;
    // Once the slot has come, `nextBlockProduction` shows the one after it.
    let running =
        |slot: &Timestamp| *slot <= input.now && since(*slot, input.now) < guard.resume_after;
    status.next_block_production.filter(ahead).or(input
        .memory
        .pacing(input.mode)
        .making_room_for
        .filter(|slot| ahead(slot) || running(slot)))
}
