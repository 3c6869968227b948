//! What an own block does to the worker: what the service decides, not a judgement of its own.

use std::time::Duration;

use jiff::Timestamp;
use snarkfee_core::{market::DaemonStatus, policy::BlockProduction, policy::Reason};

use super::{
    super::{check::CheckResult, examination::DaemonExamination},
    reach::{require_status, show_duration},
};

/// Where so many slots pass while one own block keeps the worker off, a daemon that wins one of them
/// keeps it off for good: slots are short on a test network of one node.
const SLOTS_TOO_MANY: u32 = 10;

pub(super) fn own_slot(examined: &DaemonExamination) -> CheckResult {
    let status = match require_status(examined) {
        Ok(status) => status,
        Err(unchecked) => return unchecked,
    };
    let guard = examined.daemon.params.block_production;
    let now = examined.answered;
    if !status.produces_blocks && status.own_slots.iter().next().is_none() {
        return CheckResult::ok("the daemon produces no blocks");
    }
    if !guard.enabled {
        return CheckResult::warn(
            "the daemon produces blocks, and block_production.enabled = false lets the worker compete with them",
            "keep it only if the machine can do both: a missed block costs more than a day of work earns",
        );
    }
    if let Some(block) = decided_own_block(examined) {
        return describe_room(block, status, &guard, now);
    }
    let Some(slot) = status.own_slots.next_after(now) else {
        return CheckResult::ok("the daemon produces blocks, but knows no own slot yet");
    };
    let due = format!("{}, in {}", slot.strftime("%F %T UTC"), show_duration(until(slot, now)));
    match &examined.look {
        Ok(record) if until(slot, now) <= guard.stop_before => CheckResult::warn(
            format!(
                "an own block is due at {due}, and the service does not make room for it: {}",
                record.decision.reason
            ),
            format!("docs/reasons.md says what to do about {}", record.decision.reason.code()),
        ),
        _ => CheckResult::ok(format!("the next own block is due at {due}")),
    }
}

/// Start of the slot that the service makes room for, and whether it has begun.
fn decided_own_block(examined: &DaemonExamination) -> Option<(Timestamp, bool)> {
    match examined.look.as_ref().ok()?.decision.reason {
        Reason::OwnBlockAhead { slot, begun } => Some((slot, begun)),
        _ => None,
    }
}

fn describe_room(
    (slot, begun): (Timestamp, bool),
    status: &DaemonStatus,
    guard: &BlockProduction,
    now: Timestamp,
) -> CheckResult {
    let at = slot.strftime("%F %T UTC");
    let off = guard.stop_before + guard.resume_after;
    if off >= status.slot_duration * SLOTS_TOO_MANY {
        return CheckResult::warn(
            format!(
                "an own block keeps the worker off for {}, in which {} slots pass: with an own slot \
                 more often than that, as here at {at}, it will never be on",
                show_duration(off),
                off.as_millis() / status.slot_duration.as_millis().max(1),
            ),
            "on a network with slots this short lower block_production.stop_before and \
             resume_after to a few slots, or set block_production.enabled = false",
        );
    }
    let when = match begun {
        true => format!("an own block may be in the making, its slot began at {at}"),
        false => format!("an own block is due at {at}, in {}", show_duration(until(slot, now))),
    };
    CheckResult::warn(
        format!("{when}: the worker is off until after it"),
        "expect no work before that block",
    )
}

fn until(slot: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(slot.duration_since(now)).unwrap_or_default()
}
