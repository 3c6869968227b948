//! The gates before every change of a daemon: evaluated once for each look, in order.
//!
//! [`Gates::open`] refuses where nothing is sent whatever the daemon says. What remains are the gates
//! before single kinds of action; each `permit_*` passes the ones that its action needs. Nothing
//! else makes a [`Permit`].

use std::time::Duration;

use jiff::Timestamp;

use super::{
    daemon_clock::DaemonClockReading,
    daemon_settings::{Action, DaemonSettings},
    dry_run::Basis,
    failed_writes::Urgency,
    fee_bounds::{FeeBounds, find_unsaleable},
    memory::Memory,
    own_block::{OwnBlock, find_own_block},
    pacing::Pacing,
    params::{Pricing, Worker},
    permit::Permit,
    reason::Reason,
    situation::Situation,
    state::Role,
    trust::{find_distrust, find_external_hold, find_foreign_key, require_status},
    waits::remaining,
};
use crate::{
    clocks::SteadyTime,
    market::DaemonStatus,
    units::{Nanomina, PublicKey},
};

/// Most doublings of a dwell time.
const MOST_DOUBLINGS: u32 = 4;

/// The gates of a daemon whose status was read.
#[derive(Debug)]
pub(super) struct Gates<'a> {
    role: Role,
    worker: &'a Worker,
    basis: Basis,
    standing: Standing,
    read_only: bool,
    /// The own block that the worker must make room for now.
    pub(super) own_block: Option<OwnBlock>,
    /// Whether the worker is off for an own block.
    pub(super) stepped_aside: bool,
    /// Why what the market asks for may only be advised.
    pub(super) advice_only: Option<Reason>,
    /// The bounds of the fee, or why they are not known.
    pub(super) bounds: Result<FeeBounds, Reason>,
    /// Why no work can be sold, at any permitted fee.
    pub(super) unsaleable: Option<Reason>,
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
    memory: &'a Memory,
    now: SteadyTime,
}

/// What a daemon may be set for besides making room for its own blocks.
#[derive(Debug)]
enum Standing {
    /// Anything.
    Ours,
    /// Only to undo what was done for an own block: someone else set it.
    Others(Reason),
    /// Nothing: it cannot be trusted, or works for someone else.
    Closed(Reason),
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
    /// For how long looks have agreed.
    agreed_for: Duration,
}

impl SwitchGate {
    fn new(pacing: &Pacing, on: bool, pricing: &Pricing, now: SteadyTime) -> Self {
        let streak = pacing.streak.then(on, now);
        let (have, need) = (streak.looks, pricing.confirm);
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
            agreed_for: streak.since.map_or(Duration::ZERO, |since| now.since(since)),
        }
    }

    /// Passes once looks have agreed for as long as the turn takes, however often the worker was
    /// switched: proofs are lacking, or are not.
    fn pass_in_turn(&self, turn: Duration) -> Result<(), Reason> {
        self.pass(true)?;
        match turn.checked_sub(self.agreed_for).filter(|left| !left.is_zero()) {
            Some(remaining) => Err(Reason::AwaitingTurn { remaining }),
            None => Ok(()),
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
    /// Evaluates all gates. What is read of the own blocks comes before what makes a daemon
    /// untrusted: stepping aside costs minutes of work and needs no more than a status just read
    /// and a key of ours, and a block that is missed costs more than days of work earn.
    ///
    /// # Errors
    /// The first reason, in the order of priority, why nothing is sent whatever the daemon says: an
    /// order to hold, a status that was not read or is too old, failures in a row.
    pub(super) fn open(input: &Situation<'a>) -> Result<Self, Reason> {
        let status = require_status(input)?;
        let clocks = DaemonClockReading::new(status, input.look.at, input.now);
        let worker = &input.params.worker;
        let foreign = find_foreign_key(worker, status);
        let own_block = || {
            let guard = &input.params.block_production;
            let memory = input.memory;
            let stepped_aside_for = memory.pacing(input.mode).making_room_for;
            find_own_block(status, &memory.own_slots, stepped_aside_for, guard, &clocks)
        };
        let standing = match find_distrust(input, status, &clocks) {
            Some(reason) => Standing::Closed(reason),
            None => match (find_external_hold(input), &foreign) {
                (Some(reason), None) => Standing::Others(reason),
                (Some(reason), Some(_)) => Standing::Closed(reason),
                (None, Some(reason)) => Standing::Closed(reason.clone()),
                (None, None) => Standing::Ours,
            },
        };
        let (memory, pricing) = (input.memory, &input.params.pricing);
        let now = memory.steady_at(input.now);
        let pacing = memory.pacing(input.mode);
        let used = u32::try_from(pacing.changes.len()).unwrap_or(u32::MAX);
        Ok(Self {
            role: input.role,
            worker,
            standing,
            read_only: status.read_only,
            basis: memory.basis(input.mode, status),
            own_block: if foreign.is_none() { own_block() } else { None },
            stepped_aside: pacing.making_room_for.is_some(),
            advice_only: advice_only(input, status),
            bounds: FeeBounds::try_new(pricing, memory.account, input.mina_price),
            unsaleable: find_unsaleable(pricing, memory.account, input.mina_price),
            switched: pacing.switched.map(|switched| memory.wall_of(switched.at)),
            winding_down: pacing.winding_down.map(|began| now.since(began)),
            cooldown: remaining(pacing.fee_changed, pricing.cooldown, now),
            hazard: pacing.switch_hazard(now),
            changes_left: pricing.max_changes_per_day.saturating_sub(used),
            max_changes: pricing.max_changes_per_day,
            switch_on: SwitchGate::new(pacing, true, pricing, now),
            switch_off: SwitchGate::new(pacing, false, pricing, now),
            memory,
            now,
        })
    }

    /// Why nothing may be set but for an own block.
    pub(super) const fn closed(&self) -> Option<&Reason> {
        match &self.standing {
            Standing::Ours => None,
            Standing::Others(reason) | Standing::Closed(reason) => Some(reason),
        }
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
        self.permit(Action::SetFee { fee })
    }

    /// The highest permitted fee, where the key cannot be taken away.
    pub(super) fn permit_parking(&self) -> Result<Permit, Reason> {
        self.pass_fee_change()?;
        self.permit(Action::Park { fee: self.bounds.clone()?.highest })
    }

    /// The highest permitted fee before the key is removed, which is a change too.
    pub(super) fn permit_winding_down(&self) -> Option<Permit> {
        let affordable = self.pass_fee_change().is_ok() && self.changes_left >= 2;
        self.permit_parking().ok().filter(|_| affordable)
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
        self.permit(Action::SwitchOn { key, fee })
    }

    /// The worker on at a fee for the network's sake, after `turn`.
    pub(super) fn permit_covering(&self, fee: Nanomina, turn: Duration) -> Result<Permit, Reason> {
        self.switch_on.pass_in_turn(turn)?;
        self.permit_switch_on(fee, true)
    }

    /// The worker off because the network does without it, after `turn`; only while the budget of
    /// the day still lets it start again.
    pub(super) fn permit_standing_by(&self, turn: Duration) -> Result<Permit, Reason> {
        self.switch_off.pass_in_turn(turn)?;
        if self.changes_left < 2 {
            return Err(Reason::DailyBudget { limit: self.max_changes });
        }
        self.permit_switch_off(true)
    }

    /// The worker on again after it made room for an own block, at `fee` unless the last change of
    /// the fee was too recent.
    pub(super) fn permit_return(&self, fee: Nanomina) -> Result<Permit, Reason> {
        let key = self.own_key()?;
        self.pass_hazard()?;
        let fee = if self.pass_fee_change().is_ok() { fee } else { self.settings().fee };
        self.permit(Action::SwitchOn { key, fee })
    }

    /// The same while someone else holds the settings: it undoes what was done for the block, and
    /// nothing else.
    pub(super) fn permit_handing_back(&self) -> Result<Permit, Reason> {
        let key = self.own_key()?;
        self.pass_hazard()?;
        let action = Action::SwitchOn { key, fee: self.settings().fee };
        self.pass_mutations(&action, Urgency::OwnBlock)?;
        match &self.standing {
            Standing::Closed(reason) => Err(reason.clone()),
            Standing::Ours | Standing::Others(_) => Ok(self.permit_unconditionally(action)),
        }
    }

    /// The worker off for the market's sake.
    pub(super) fn permit_switch_off(&self, clear: bool) -> Result<Permit, Reason> {
        self.own_key()?;
        self.switch_off.pass(clear)?;
        self.pass_hazard()?;
        self.pass_budget()?;
        self.permit(Action::SwitchOff)
    }

    /// The worker off for an own block, however soon after the last change, and whatever else the
    /// daemon says or others set.
    pub(super) fn permit_stepping_aside(&self) -> Result<Permit, Reason> {
        self.own_key()?;
        self.pass_hazard()?;
        self.pass_mutations(&Action::SwitchOff, Urgency::OwnBlock)?;
        Ok(self.permit_unconditionally(Action::SwitchOff))
    }

    /// The worker off because nobody can buy its works: neither forecasts nor looks that agree are
    /// waited for.
    pub(super) fn permit_giving_up(&self) -> Result<Permit, Reason> {
        self.own_key()?;
        self.switch_off.dwell_if_clear.clone().map_or(Ok(()), Err)?;
        self.pass_hazard()?;
        self.pass_budget()?;
        self.permit(Action::SwitchOff)
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
        self.permit(action)
    }

    fn permit(&self, action: Action) -> Result<Permit, Reason> {
        self.closed().cloned().map_or(Ok(()), Err)?;
        self.pass_mutations(&action, Urgency::Market)?;
        Ok(self.permit_unconditionally(action))
    }

    fn permit_unconditionally(&self, action: Action) -> Permit {
        Permit::new(self.basis.clone(), action)
    }

    /// What the daemon takes: none of a schema without mutations, and nothing that it refused or did
    /// not heed a moment ago.
    fn pass_mutations(&self, action: &Action, urgency: Urgency) -> Result<(), Reason> {
        if self.read_only {
            return Err(Reason::NoMutations);
        }
        let Basis::Real(_) = self.basis else { return Ok(()) };
        let obstacle = self.memory.failed_writes.find_obstacle(action, urgency, self.now);
        obstacle.map_or(Ok(()), |found| Err(found.reason(self.memory.wall_of(found.until))))
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

fn advice_only(input: &Situation<'_>, status: &DaemonStatus) -> Option<Reason> {
    if status.read_only {
        return Some(Reason::NoMutations);
    }
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
