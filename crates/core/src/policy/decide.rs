//! One look in, one decision out: the gates, then the market's verdict, then both matched.

use std::time::Duration;

use super::{
    appraisal::Appraisal,
    daemon_settings::{Action, DaemonSettings},
    decision::Decision,
    fee_bounds::{FeeBounds, find_unsaleable},
    gates::Gates,
    leaving::OnExit,
    own_block::OwnBlock,
    permit::Permit,
    reason::Reason,
    situation::Situation,
    verdict::{CoverWish, MarketCase, Verdict, Wish, WorkerState},
};
use crate::units::{DaemonId, Nanomina};

/// A decision, and the permit to carry it out where it is more than a hold.
#[derive(Debug)]
pub struct Ruling {
    /// What was decided.
    pub decision: Decision,
    /// Permission to carry it out; `None` for a hold.
    pub permit: Option<Permit>,
}

/// Decides what to do.
///
/// In the order of priority: an order to hold, a status that was not read, a key that is not ours;
/// an own block; a daemon that cannot be trusted, settings that someone else changed; works that
/// cannot be sold, bounds of the fee that are not known; then the market: uneconomical, price move, nothing to do. Where the market's
/// verdict may only be advised, it stands beside the hold.
pub fn decide(input: &Situation<'_>) -> Ruling {
    let gates = match Gates::open(input) {
        Ok(gates) => gates,
        Err(reason) => return hold(reason),
    };
    if let Some(block) = gates.own_block {
        return make_room(&gates, block);
    }
    if let Some(reason) = gates.closed() {
        return hand_back(&gates, reason);
    }
    if let Some(reason) = &gates.unsaleable {
        return give_up(&gates, reason);
    }
    let bounds = match &gates.bounds {
        Ok(bounds) => *bounds,
        Err(reason) => return hold(reason.clone()),
    };
    let on = gates.is_on();
    let worker = WorkerState { on, counts_as_on: on || gates.stepped_aside };
    let verdict = match market_case(input, bounds, gates.settings().fee).judge(worker) {
        Ok(verdict) => verdict,
        Err(reason) => return hold(reason),
    };
    let (permit, reason) = match &gates.advice_only {
        Some(reason) => (None, reason.clone()),
        None => {
            let read_by = input.memory.book_read_by.as_ref();
            confirm_reading(read_by, fulfil(&gates, bounds, &verdict, input))
        }
    };
    let Verdict { appraisal, target, .. } = verdict;
    let Ruling { decision, permit } = rule(permit, reason);
    Ruling {
        decision: Decision { target: Some(target), appraisal: Some(appraisal), ..decision },
        permit,
    }
}

/// Decides what is still to be done so that the daemon is left as configured; `None` once it is.
pub fn decide_leaving(
    input: &Situation<'_>,
    on_exit: OnExit,
    baseline: Option<&DaemonSettings>,
) -> Option<Ruling> {
    let gates = match Gates::open(input) {
        Ok(gates) => gates,
        Err(reason) => return Some(hold(reason)),
    };
    if let Some(reason) = gates.closed() {
        return Some(hold(reason.clone()));
    }
    let action = on_exit.next_action(baseline, gates.settings())?;
    Some(match gates.permit_leaving(action) {
        Ok(permit) => rule(Some(permit), Reason::ServiceStops),
        Err(reason) => hold(reason),
    })
}

/// The forecasts by themselves, whether or not the daemon may be touched now.
///
/// # Errors
///
/// The reason why there is nothing to find a price or a profit by.
pub fn appraise_market(input: &Situation<'_>) -> Result<Appraisal, Reason> {
    let status =
        input.look.status.as_ref().map_err(|fault| Reason::StatusFault { fault: fault.clone() })?;
    let (pricing, account) = (&input.params.pricing, input.memory.account);
    if let Some(reason) = find_unsaleable(pricing, account, input.mina_price) {
        return Err(reason);
    }
    let bounds = FeeBounds::try_new(pricing, account, input.mina_price)?;
    market_case(input, bounds, input.memory.basis(input.mode, status).settings().fee).appraise()
}

fn market_case<'a>(input: &Situation<'a>, bounds: FeeBounds, asked: Nanomina) -> MarketCase<'a> {
    let Situation { look, view, cost, params, .. } = *input;
    MarketCase { look, view, cost, params, bounds, asked }
}

fn rule(permit: Option<Permit>, reason: Reason) -> Ruling {
    let action = permit.as_ref().map_or(Action::Hold, |permit| permit.action().clone());
    Ruling { decision: Decision { action, reason, target: None, appraisal: None }, permit }
}

fn hold(reason: Reason) -> Ruling {
    rule(None, reason)
}

/// The worker gives way to the daemon's own block.
fn make_room(gates: &Gates<'_>, OwnBlock { slot, begun }: OwnBlock) -> Ruling {
    let reason = Reason::OwnBlockAhead { slot, begun };
    if gates.settings().worker.is_none() || gates.is_coordinator() {
        return hold(reason);
    }
    let (permit, reason) = unless_refused(gates.permit_stepping_aside(), reason);
    rule(permit, reason)
}

/// A daemon that may not be touched is still handed back as it was found, where it was switched off
/// for an own block and someone else only changed it since.
fn hand_back(gates: &Gates<'_>, reason: &Reason) -> Ruling {
    match gates.permit_handing_back() {
        Ok(permit) if gates.stepped_aside && !gates.is_on() => {
            rule(Some(permit), Reason::OwnBlockPassed)
        }
        _ => hold(reason.clone()),
    }
}

/// Works that nobody can buy are not made, where their account refuses payment; one whose account
/// is still to be opened is left to the operator, who may be about to.
fn give_up(gates: &Gates<'_>, reason: &Reason) -> Ruling {
    let refused = matches!(reason, Reason::AccountRefuses { .. });
    if !refused || gates.settings().worker.is_none() || gates.is_coordinator() {
        return hold(reason.clone());
    }
    let (permit, reason) = unless_refused(gates.permit_giving_up(), reason.clone());
    rule(permit, reason)
}

/// What is due waits for the daemon's own blocks and book where another daemon's count: no daemon is
/// set on the word of another alone.
fn confirm_reading(
    read_by: Option<&DaemonId>,
    due: (Option<Permit>, Reason),
) -> (Option<Permit>, Reason) {
    match (read_by, due) {
        (Some(by), (Some(_), _)) => (None, Reason::SharedReading { by: by.clone() }),
        (_, due) => due,
    }
}

/// The permit for its reason where it is given, else none for the reason to wait.
fn unless_refused(permit: Result<Permit, Reason>, reason: Reason) -> (Option<Permit>, Reason) {
    match permit {
        Ok(permit) => (Some(permit), reason),
        Err(wait) => (None, wait),
    }
}

/// What the market asks for, as far as the gates permit it.
fn fulfil(
    gates: &Gates<'_>,
    bounds: FeeBounds,
    verdict: &Verdict,
    input: &Situation<'_>,
) -> (Option<Permit>, Reason) {
    let pricing = &input.params.pricing;
    let best = &verdict.appraisal.best;
    let (from, to, expected) = (gates.settings().fee, best.fee, best.cautious_profit);
    match verdict.wish {
        Wish::StayOff => (None, Reason::StaysOff { expected, threshold: pricing.resume_above }),
        Wish::SwitchOn { .. } if gates.stepped_aside => {
            unless_refused(gates.permit_return(to), Reason::OwnBlockPassed)
        }
        Wish::SwitchOn { clear } => {
            let reason = Reason::Profitable { expected, threshold: pricing.resume_above };
            unless_refused(gates.permit_switch_on(to, clear), reason)
        }
        Wish::SwitchOff { clear, regime_since, fee_keeps_work_away, drain_time } => {
            let reason = Reason::Uneconomical { expected, threshold: pricing.stop_below };
            if gates.is_coordinator() {
                return park(gates, bounds, reason);
            }
            let changed = regime_since
                .is_some_and(|since| gates.switched.is_none_or(|switched| since > switched));
            match gates.permit_switch_off(changed && clear) {
                Ok(off) => wind_down(gates, bounds, fee_keeps_work_away, drain_time)
                    .unwrap_or((Some(off), reason)),
                Err(wait) => (None, wait),
            }
        }
        Wish::KeepFee => (None, Reason::AtTarget),
        Wish::KeepFeeInDeadband => (None, Reason::InsideDeadband { at: from, better: to }),
        Wish::MoveFee => unless_refused(gates.permit_fee(to), Reason::PriceMove { from, to }),
        Wish::Cover(wish) => cover(gates, wish, to),
    }
}

/// What the network needs of a worker that proves for it, at `fee`. A coordinator's key cannot be
/// taken away: it goes on.
fn cover(gates: &Gates<'_>, wish: CoverWish, fee: Nanomina) -> (Option<Permit>, Reason) {
    let CoverWish { need, on, turn } = wish;
    match (gates.is_on(), on) {
        (true, true) => (None, Reason::Covering { need }),
        (false, false) => (None, Reason::StandsBy { need }),
        (false, true) if gates.stepped_aside => {
            unless_refused(gates.permit_return(fee), Reason::OwnBlockPassed)
        }
        (false, true) => {
            let reason = match need.due_unproved {
                0 => Reason::CoverageThinning { need },
                _ => Reason::ProofsLacking { need },
            };
            unless_refused(gates.permit_covering(fee, turn), reason)
        }
        (true, false) if gates.is_coordinator() => (None, Reason::Covered { need }),
        (true, false) => unless_refused(gates.permit_standing_by(turn), Reason::Covered { need }),
    }
}

/// A coordinator's key cannot be taken away: the highest permitted fee keeps it from proving for
/// less.
fn park(gates: &Gates<'_>, bounds: FeeBounds, reason: Reason) -> (Option<Permit>, Reason) {
    if bounds.is_highest(gates.settings().fee) {
        return (None, reason);
    }
    unless_refused(gates.permit_parking(), reason)
}

/// What is to be done before the key is removed, so that no proof is thrown away where nothing is
/// urgent: a fee that keeps new work away, then to wait. `None` once it may be removed.
///
/// Removing the key ends the daemon's prover at once: its proof is lost, and the work stays
/// reserved for minutes (Mina `work_selector`, `--work-reassignment-wait`). A work that has a proof
/// is handed out only below that proof's fee, so the highest permitted fee keeps new work away, what
/// was handed out is finished at the fee before, from 4.0 on all pieces inside the partitioner first
/// (`work_partitioner.ml`), and the key is removed after it. A work without a proof is handed out
/// at any fee (`work_lib.ml`, 3.0.3): while there is one, a raised fee keeps nothing away, the
/// prover goes from one proof to the next, and the key is removed at once, as it is where nothing
/// was being handed out.
fn wind_down(
    gates: &Gates<'_>,
    bounds: FeeBounds,
    fee_keeps_work_away: bool,
    drain_time: Duration,
) -> Option<(Option<Permit>, Reason)> {
    let at_highest = bounds.is_highest(gates.settings().fee);
    if let Some(passed) = gates.winding_down.filter(|_| at_highest) {
        let remaining = drain_time.checked_sub(passed).filter(|left| !left.is_zero())?;
        return Some((None, Reason::WindingDown { remaining }));
    }
    let permit = gates.permit_winding_down().filter(|_| fee_keeps_work_away)?;
    Some((Some(permit), Reason::WindingDown { remaining: drain_time }))
}
