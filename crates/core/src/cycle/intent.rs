//! What became of an intent whose end was not recorded.

use crate::{
    ledger::RecoveredOutcome,
    policy::{Action, DaemonSettings},
};

/// What became of an action that an earlier process intended, whose end is not known, when the
/// daemon now is set to `found`.
pub fn resolve_intent(
    from: &DaemonSettings,
    action: &Action,
    found: &DaemonSettings,
) -> RecoveredOutcome {
    if *found == from.after(action) {
        RecoveredOutcome::Applied
    } else if found == from {
        RecoveredOutcome::NotApplied
    } else if from.passed_through(action).contains(found) {
        RecoveredOutcome::PartlyApplied
    } else {
        RecoveredOutcome::Otherwise
    }
}

#[cfg(test)]
mod tests;
