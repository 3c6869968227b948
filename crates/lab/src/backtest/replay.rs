//! Decides every look of a journal again, with the code and from the inputs that decided it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, CycleState},
    ledger::LookPurpose,
    policy::{Action, Decision, Reason},
    units::DaemonId,
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, RecordedLook};

/// Result of a replay.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Replay {
    /// Looks that were decided again.
    pub looks: u64,
    /// Of these, looks with the same decision, to the last bit of every number.
    pub same: u64,
    /// Looks that could not be decided again, because the journal does not hold the state before
    /// them.
    pub without_origin: u64,
    /// The first looks with another decision, at most 100.
    pub different: Vec<Difference>,
    /// Number of looks with another decision.
    pub different_count: u64,
}

/// A look with another decision than recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The daemon.
    pub daemon: String,
    /// Number of the look since the service started.
    pub look: u64,
    /// When the look began.
    pub at: Timestamp,
    /// The recorded decision.
    pub recorded: String,
    /// The decision now.
    pub replayed: String,
}

/// Differences listed.
const LISTED: usize = 100;

/// State of one daemon after the last replayed look.
struct ReplayedDaemon {
    run: i64,
    sequence: u64,
    state: CycleState,
}

/// Decides every look of a journal again. Calls `on_look` with every look, in order.
///
/// # Errors
///
/// The journal cannot be read.
pub fn replay_decisions(
    archive: &JournalReader,
    filter: &LookFilter,
    mut on_look: impl FnMut(&RecordedLook),
) -> Result<Replay, JournalError> {
    let mut daemons: BTreeMap<DaemonId, ReplayedDaemon> = BTreeMap::new();
    let mut found = Replay::default();
    archive.for_each_look(filter, |moment: RecordedLook| -> Result<(), JournalError> {
        replay_look(&mut daemons, &mut found, &moment);
        on_look(&moment);
        Ok(())
    })?;
    Ok(found)
}

fn replay_look(
    daemons: &mut BTreeMap<DaemonId, ReplayedDaemon>,
    found: &mut Replay,
    moment: &RecordedLook,
) {
    let RecordedLook { record, snapshot, run, .. } = moment;
    let before = daemons.remove(&record.daemon);
    let precedes = |daemon: &ReplayedDaemon| {
        daemon.run == *run && daemon.sequence.checked_add(1) == Some(record.sequence)
    };
    let state = match (before.filter(precedes), snapshot) {
        (Some(daemon), Some(snapshot)) => Some(daemon.state.with_memory(snapshot.memory.clone())),
        (Some(daemon), None) => Some(daemon.state),
        (None, Some(snapshot)) => Some(CycleState::restored(snapshot.clone())),
        (None, None) => None,
    };
    let Some(mut state) = state else {
        found.without_origin += 1;
        return;
    };
    let replayed = decide_again(&mut state, moment);
    found.looks += 1;
    if replayed == record.decision && *state.memory() == moment.memory {
        found.same += 1;
    } else {
        found.different_count += 1;
        if found.different.len() < LISTED {
            found.different.push(Difference {
                daemon: record.daemon.to_string(),
                look: record.sequence,
                at: record.at,
                recorded: describe(&record.decision),
                replayed: describe(&replayed),
            });
        }
    }
    daemons.insert(
        record.daemon.clone(),
        ReplayedDaemon { run: *run, sequence: record.sequence, state },
    );
}

/// Decides a look again and settles its outcome.
fn decide_again(state: &mut CycleState, moment: &RecordedLook) -> Decision {
    let RecordedLook { record, inputs, params, .. } = moment;
    let decision = match &record.decision.reason {
        // Journals of earlier versions do not say what such a look was taken for.
        Reason::ServiceStops if inputs.purpose == LookPurpose::Control => record.decision.clone(),
        // The journal's own fault is not in the look.
        reason @ Reason::JournalFault { .. } => {
            let decision = conclude_again(state, moment);
            Decision { action: Action::Hold, reason: reason.clone(), ..decision }
        }
        _ => conclude_again(state, moment),
    };
    state.settle(inputs.settled, &record.look, &decision, &record.outcome, params);
    decision
}

fn conclude_again(state: &mut CycleState, moment: &RecordedLook) -> Decision {
    let RecordedLook { record, inputs, params, .. } = moment;
    let (cost, works_per_hour) = (inputs.charged_cost(), inputs.works_per_hour);
    let cost = CostModel::Recorded { cost, works_per_hour, mina_price: inputs.price_of_mina() };
    let context = Context { mode: record.mode, params, cost: &cost, quotes: Default::default() };
    let (now, look) = (inputs.decided, &record.look);
    match &inputs.purpose {
        LookPurpose::Control => state.conclude(now, look, &context).1.decision,
        LookPurpose::Leave { on_exit, baseline } => state
            .conclude_leaving(now, look, &context, *on_exit, baseline.as_ref())
            .1
            .map_or_else(|| record.decision.clone(), |ruling| ruling.decision),
    }
}

fn describe(decision: &Decision) -> String {
    format!("{} ({}): {}", decision.action.code(), decision.reason.code(), decision.reason)
}
