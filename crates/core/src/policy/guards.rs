//! Reasons not to act at all, in the order of their priority.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Input,
    memory::{DaemonSettings, Memory, remaining, since},
    params::Pricing,
    reason::Reason,
    state::Role,
};
use crate::{
    market::{DaemonStatus, SyncState},
    units::Nanomina,
};

/// Whether the daemon can be trusted and may be touched at all; the status where it is.
pub(super) fn status<'a>(input: &Input<'a>) -> Result<&'a DaemonStatus, Reason> {
    let (memory, safety) = (input.memory, &input.params.safety);
    if let Some(pause) = memory.pause {
        return Err(Reason::Paused { until: pause.until });
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
    let tip_limit = (status.slot_duration * TIP_SLOTS).max(safety.max_age);
    match status.best_tip {
        Some(tip) if since(tip.starts, status.now.starts) > tip_limit => {
            return Err(Reason::TipBehind {
                age: since(tip.starts, status.now.starts),
                limit: tip_limit,
            });
        }
        _ => {}
    }
    match status.peers {
        Some(have) if have < safety.min_peers => {
            Err(Reason::FewPeers { have, need: safety.min_peers })
        }
        _ => Ok(status),
    }
}

/// Slots without a block after which a best tip is old: with three slots in four filled, 20 empty
/// ones in a row happen once in 10^12.
const TIP_SLOTS: u32 = 20;

/// Whether the worker is ours to set.
pub(super) fn ownership(input: &Input<'_>, settings: &DaemonSettings) -> Result<(), Reason> {
    if let Some(until) = input.memory.external_hold {
        let conflict = &input.memory.conflict;
        let rounds = u32::try_from(conflict.rounds.len()).unwrap_or(u32::MAX);
        return Err(match conflict.is_standoff() {
            true => Reason::Contested { rounds, until },
            false => Reason::ExternalChange { until },
        });
    }
    match &settings.worker {
        Some(found) if !input.params.worker.owns(found) => {
            Err(Reason::ForeignKey { found: found.clone() })
        }
        _ => Ok(()),
    }
}

/// Whether what the market asks for may only be advised.
pub(super) fn advice(input: &Input<'_>, settings: &DaemonSettings) -> Result<(), Reason> {
    if settings.worker.is_none() && input.role == Role::Unsure {
        return Err(Reason::RoleUnsure);
    }
    match &input.look.metrics {
        Some(Err(fault)) => {
            let fresh =
                remaining(input.memory.metrics_read, input.params.safety.max_age, input.now)
                    .is_some();
            // What the metrics told before still holds for a while; what contradicts itself holds
            // for nothing.
            if fault.is_silence() && fresh {
                Ok(())
            } else {
                Err(Reason::MetricsFault { fault: fault.clone() })
            }
        }
        None | Some(Ok(_)) => Ok(()),
    }
}

/// The slot of an own block that the worker must make room for now, if any.
pub(super) fn own_block(input: &Input<'_>, status: &DaemonStatus) -> Option<Timestamp> {
    let guard = input.params.block_production;
    if !guard.enabled {
        return None;
    }
    let ahead =
        |slot: &Timestamp| since(input.now, *slot) <= guard.stop_before && *slot >= input.now;
    // Once the slot has come, `nextBlockProduction` shows the one after it.
    let running =
        |slot: &Timestamp| *slot <= input.now && since(*slot, input.now) < guard.resume_after;
    status
        .next_block_production
        .filter(ahead)
        .or(input.memory.making_room_for.filter(|slot| ahead(slot) || running(slot)))
}

/// Whether the opposite of the last switch would come too soon for the daemon.
pub(super) fn hazard(memory: &Memory, now: Timestamp) -> Result<(), Reason> {
    memory.switch_hazard(now).map_or(Ok(()), |remaining| Err(Reason::SwitchHazard { remaining }))
}

/// Most doublings of a dwell time.
const MOST_DOUBLINGS: u32 = 4;

/// Whether a switch is due: confirmed, and not too soon after the last one.
///
/// Where profit hovers about the thresholds, each switch of the last 24 hours doubles the time to
/// wait for the next, so that a worker does not go on and off all day; a `clear` case does not wait
/// longer for that.
pub(super) fn switch(
    memory: &Memory,
    on: bool,
    clear: bool,
    pricing: &Pricing,
    now: Timestamp,
) -> Result<(), Reason> {
    let streak = memory.streak.then(on);
    if streak.looks < pricing.confirm {
        return Err(Reason::Confirming { have: streak.looks, need: pricing.confirm });
    }
    let recent = u32::try_from(memory.switches.len()).unwrap_or(u32::MAX);
    let doublings = if clear { 0 } else { recent.min(MOST_DOUBLINGS) };
    let last = memory.switched.map(|switched| switched.at);
    let dwell = |time: Duration, reason: fn(Duration) -> Reason| {
        wait(last, time * 2_u32.pow(doublings), now, reason)
    };
    if on {
        dwell(pricing.min_off, |remaining| Reason::MinOff { remaining })?;
    } else {
        dwell(pricing.min_on, |remaining| Reason::MinOn { remaining })?;
    }
    hazard(memory, now)?;
    budget(memory, pricing, 1)
}

/// Whether a fee change is due: not too soon after the last one.
pub(super) fn fee_change(memory: &Memory, pricing: &Pricing, now: Timestamp) -> Result<(), Reason> {
    wait(memory.fee_changed, pricing.cooldown, now, |remaining| Reason::Cooldown { remaining })?;
    budget(memory, pricing, 1)
}

/// Whether the day's budget has room for so many changes more.
pub(super) fn budget(memory: &Memory, pricing: &Pricing, more: u32) -> Result<(), Reason> {
    let used = u32::try_from(memory.changes.len()).unwrap_or(u32::MAX);
    if used.saturating_add(more) > pricing.max_changes_per_day {
        return Err(Reason::DailyBudget { limit: pricing.max_changes_per_day });
    }
    Ok(())
}

fn wait(
    last: Option<Timestamp>,
    time: Duration,
    now: Timestamp,
    reason: impl Fn(Duration) -> Reason,
) -> Result<(), Reason> {
    remaining(last, time, now).map_or(Ok(()), |left| Err(reason(left)))
}

/// The fee that keeps most work away.
pub(super) fn dearest(memory: &Memory, pricing: &Pricing) -> Nanomina {
    pricing.ceiling.max(floor(memory, pricing))
}

/// The floor: without a ledger account no pool takes a fee below the account-creation fee (Mina
/// `snark_pool.ml`, 3.0.3). While it is not known whether there is one, the pool decides.
pub(super) fn floor(memory: &Memory, pricing: &Pricing) -> Nanomina {
    match memory.has_account {
        Some(false) => pricing.floor.max(Nanomina::ONE_MINA),
        Some(true) | None => pricing.floor,
    }
}
