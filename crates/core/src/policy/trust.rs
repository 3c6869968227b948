//! Whether what a daemon says can be trusted, and whether it is ours to set.

use super::{
    daemon_clock::DaemonClockReading, params::Worker, reason::Reason, situation::Situation,
    waits::since,
};
use crate::market::{DaemonStatus, SyncState};

/// Slots without a block after which a best tip is old: with three slots in four filled, 20 empty
/// ones in a row happen once in 10^12.
const TIP_SLOTS: u32 = 20;

/// Blocks that a best tip may lack of what peers sent. A daemon in sync lacks fewer than five (Mina
/// `sync_status.ml`), or it would not call itself so.
const MISSING_BLOCKS: u32 = 10;

/// The status of a daemon that may be asked about its own blocks at least.
pub(super) fn require_status<'a>(input: &Situation<'a>) -> Result<&'a DaemonStatus, Reason> {
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
    let age = since(input.look.at, input.now);
    if age > safety.max_age {
        return Err(Reason::Stale { age, limit: safety.max_age });
    }
    Ok(status)
}

/// Why what the daemon says is not acted on.
pub(super) fn find_distrust(
    input: &Situation<'_>,
    status: &DaemonStatus,
    clocks: &DaemonClockReading,
) -> Option<Reason> {
    let safety = &input.params.safety;
    if let Some(by) = input.look.clock_set {
        return Some(Reason::ClockSet { by });
    }
    if status.sync != SyncState::Synced {
        return Some(Reason::Unsynced { state: status.sync.clone() });
    }
    // The time of a simulated daemon may pass faster than ours. Whoever can claim that could claim
    // any time.
    let comparable = status.simulated_speed.is_none_or(|speed| (speed - 1.0).abs() < 1e-3);
    let by = clocks.error();
    if comparable && by.unsigned_abs() > safety.max_age {
        return Some(Reason::DaemonClock { by, limit: safety.max_age });
    }
    let (Some(height), Some(tip)) = (status.height, status.best_tip) else {
        return Some(Reason::NoTip);
    };
    // `syncStatus` compares heights with what peers sent and stays SYNCED when nobody sends
    // anything.
    let limit = (status.slot_duration * TIP_SLOTS).max(safety.max_age);
    let by_theirs = since(tip.starts, status.now.starts);
    let by_ours = since(tip.starts, input.look.at);
    let age = if comparable { by_theirs.max(by_ours) } else { by_theirs };
    if age > limit {
        return Some(Reason::TipBehind { age, limit });
    }
    let received = status.highest_received;
    if received.saturating_sub(height) > MISSING_BLOCKS {
        return Some(Reason::HeightBehind { height, received });
    }
    if let Some(stands) = input.memory.uptime_stands() {
        return Some(Reason::UptimeStands { uptime: status.uptime, stands });
    }
    let few = status.peers.filter(|have| *have < safety.min_peers);
    few.map(|have| Reason::FewPeers { have, need: safety.min_peers })
}

/// The hold after someone else's changes.
pub(super) fn find_external_hold(input: &Situation<'_>) -> Option<Reason> {
    let until = input.memory.wall_of(input.memory.external_hold?);
    let conflict = &input.memory.conflict;
    let rounds = u32::try_from(conflict.rounds.len()).unwrap_or(u32::MAX);
    Some(match conflict.is_standoff() {
        true => Reason::Contested { rounds, until },
        false => Reason::ExternalChange { until },
    })
}

/// The key of someone else that the daemon works for.
pub(super) fn find_foreign_key(worker: &Worker, status: &DaemonStatus) -> Option<Reason> {
    let found = status.worker.as_ref().filter(|found| !worker.owns(found))?;
    Some(Reason::ForeignKey { found: found.clone() })
}
