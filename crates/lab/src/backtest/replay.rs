//! The journal's decisions made again from what it keeps, by the code that makes them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use snarkfee_core::{
    cost::CostModel,
    cycle::{Context, State},
    policy::{Action, Decision, Reason},
    units::DaemonId,
};
use snarkfee_journal::{JournalError, JournalReader, LookFilter, RecordedLook};

/// What making the decisions again led to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Replay {
    /// Looks that were decided again.
    pub looks: u64,
    /// Of them, looks with the same decision, to the last bit of every number.
    pub same: u64,
    /// Looks before the first one of which it is kept what was remembered: older ones were
    /// forgotten, or taken down by a version that did not keep it.
    pub without_origin: u64,
    /// Looks decided otherwise, the first of them.
    pub different: Vec<Difference>,
    /// Looks decided otherwise, all of them.
    pub different_count: u64,
}

/// A look whose decision was not met again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The daemon.
    pub daemon: String,
    /// Its number since the service began.
    pub look: u64,
    /// When it began.
    pub at: Timestamp,
    /// What was decided.
    pub recorded: String,
    /// What is decided now.
    pub replayed: String,
}

/// Differences named.
const NAMED: usize = 100;

/// What is remembered of one daemon on the way through its looks.
struct Course {
    run: i64,
    sequence: u64,
    state: State,
}

/// Makes every decision of a journal again. `each` is told of every look, in order.
///
/// # Errors
///
/// The journal cannot be read.
pub fn replay(
    archive: &JournalReader,
    filter: &LookFilter,
    mut each: impl FnMut(&RecordedLook),
) -> Result<Replay, JournalError> {
    let mut courses: BTreeMap<DaemonId, Course> = BTreeMap::new();
    let mut found = Replay::default();
    archive.for_each_look(filter, |moment: RecordedLook| -> Result<(), JournalError> {
        follow(&mut courses, &mut found, &moment);
        each(&moment);
        Ok(())
    })?;
    Ok(found)
}

fn follow(courses: &mut BTreeMap<DaemonId, Course>, found: &mut Replay, moment: &RecordedLook) {
    let RecordedLook { record, snapshot, run, .. } = moment;
    let before = courses.remove(&record.daemon);
    let follows = |course: &Course| {
        course.run == *run && course.sequence.checked_add(1) == Some(record.sequence)
    };
    let state = match (before.filter(follows), snapshot) {
        (Some(course), Some(snapshot)) => Some(course.state.remembering(snapshot.memory.clone())),
        (Some(course), None) => Some(course.state),
        (None, Some(snapshot)) => Some(State::restored(snapshot.clone())),
        (None, None) => None,
    };
    let Some(mut state) = state else {
        found.without_origin += 1;
        return;
    };
    let replayed = decide(&mut state, moment);
    found.looks += 1;
    if replayed == record.decision && *state.memory() == moment.memory {
        found.same += 1;
    } else {
        found.different_count += 1;
        if found.different.len() < NAMED {
            found.different.push(Difference {
                daemon: record.daemon.to_string(),
                look: record.sequence,
                at: record.at,
                recorded: told(&record.decision),
                replayed: told(&replayed),
            });
        }
    }
    courses.insert(record.daemon.clone(), Course { run: *run, sequence: record.sequence, state });
}

/// Decides a look again, and takes in what came of it.
fn decide(state: &mut State, moment: &RecordedLook) -> Decision {
    let RecordedLook { record, inputs, params, .. } = moment;
    let decision = match &record.decision.reason {
        // Not decided upon a look, but as `controller.on_exit` says.
        Reason::ServiceStops => record.decision.clone(),
        reason => {
            let cost = CostModel::Recorded {
                per_work: inputs.cost.clone(),
                works_per_hour: inputs.works_per_hour,
            };
            let context = Context { mode: record.mode, params, cost: &cost, quote: None };
            let decision = state.conclude(inputs.decided, &record.look, &context).decision;
            match reason {
                // The journal's own fault is not in the look.
                Reason::JournalFault { .. } => {
                    Decision { action: Action::Hold, reason: reason.clone(), ..decision }
                }
                _ => decision,
            }
        }
    };
    state.settle(inputs.settled, &record.look, &decision, &record.outcome, params);
    decision
}

fn told(decision: &Decision) -> String {
    format!("{} ({}): {}", decision.action.code(), decision.reason.code(), decision.reason)
}
