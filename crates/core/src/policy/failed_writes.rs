//! Writes that the daemon refused, or accepted without effect, and when they may be sent again.
//!
//! What failed once fails again until something changes that it depends on. So it is sent again
//! only after a wait that grows with each failure, or once the daemon restarted or shows other
//! settings, the settings here changed, or the operator resumed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    daemon_settings::{Action, DaemonSettings},
    outcome::Outcome,
    reason::Reason,
    waits::remaining,
};
use crate::{clocks::SteadyTime, fault::Fault};

/// How long after the first failure the same is not sent again; twice as long after each further
/// one.
pub(crate) const SHORTEST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait before the same is sent again.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// The longest wait before another value of the same kind is sent, such as another fee.
pub(crate) const LONGEST_FOR_ANOTHER: Duration = Duration::from_secs(3600);

/// How long to wait after so many failures in a row.
pub(crate) fn wait_after(tries: u32) -> Duration {
    SHORTEST_WAIT.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_WAIT)
}

/// The last failure of each kind of write.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FailedWrites(Vec<FailedWrite>);

/// A write that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FailedWrite {
    action: Action,
    /// What the daemon was set to before it.
    from: DaemonSettings,
    /// What the daemon was set to after it.
    found: DaemonSettings,
    failure: WriteFailure,
    /// Failures of this kind in a row.
    tries: u32,
    /// When the last one was.
    at: SteadyTime,
}

/// How a write failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "failure", rename_all = "snake_case")]
enum WriteFailure {
    /// It was refused, or never arrived.
    Refused { fault: Fault },
    /// It was accepted, and the daemon still shows what it showed before.
    Ineffective,
}

/// What a write is done for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Profit.
    Market,
    /// An own block, which costs more to miss than any number of calls.
    OwnBlock,
}

impl FailedWrites {
    /// Takes in what came of an action on a daemon that was set to `before`.
    pub(super) fn record(
        &mut self,
        at: SteadyTime,
        before: &DaemonSettings,
        action: &Action,
        outcome: &Outcome,
    ) {
        let (failure, found) = match outcome {
            Outcome::Rejected { fault, reached } => {
                (WriteFailure::Refused { fault: fault.clone() }, reached.as_ref().unwrap_or(before))
            }
            Outcome::Ineffective { shown } => (WriteFailure::Ineffective, shown),
            Outcome::Confirmed => {
                self.0.clear();
                return;
            }
            Outcome::Held
            | Outcome::DryRun
            | Outcome::Applied { .. }
            | Outcome::Withdrawn { .. }
            | Outcome::Unknown { .. } => return,
        };
        let earlier = self.0.iter().find(|write| write.is_like(action));
        let tries = earlier.map_or(0, |write| write.tries).saturating_add(1);
        self.0.retain(|write| !write.is_like(action));
        self.0.push(FailedWrite {
            action: action.clone(),
            from: before.clone(),
            found: found.clone(),
            failure,
            tries,
            at,
        });
    }

    /// Takes in what the daemon is set to: a write that failed on other settings may succeed.
    pub(super) fn observe(&mut self, found: &DaemonSettings, restarted: bool) {
        self.0.retain(|write| !restarted && write.found == *found);
    }

    /// Whether settings that were not seen before are those of a write that took effect late.
    pub(super) fn explain(&self, found: &DaemonSettings) -> bool {
        self.0.iter().any(|write| write.from.passed_through(&write.action).contains(found))
    }

    /// Forgets them all: whatever made them fail may be over.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Why an action is not to be sent now: time left, and the reason for a given end of it.
    pub(super) fn find_obstacle(
        &self,
        action: &Action,
        urgency: Urgency,
        now: SteadyTime,
    ) -> Option<Obstacle<'_>> {
        let write = self.0.iter().find(|write| write.is_like(action))?;
        let wait = match urgency {
            Urgency::OwnBlock => SHORTEST_WAIT,
            Urgency::Market if write.action == *action => wait_after(write.tries),
            Urgency::Market => wait_after(write.tries).min(LONGEST_FOR_ANOTHER),
        };
        remaining(Some(write.at), wait, now)?;
        Some(Obstacle { write, until: write.at.after(wait) })
    }

    /// Every time in them, all of which lie in the past.
    pub(super) fn past(&mut self) -> impl Iterator<Item = &mut SteadyTime> {
        self.0.iter_mut().map(|write| &mut write.at)
    }
}

impl FailedWrite {
    /// Whether an action is of the same kind: a fee, a switch on, or a switch off.
    fn is_like(&self, action: &Action) -> bool {
        is_of_kind(&self.action, action)
    }
}

/// Whether two actions do the same but for the values.
pub(crate) const fn is_of_kind(one: &Action, other: &Action) -> bool {
    matches!(
        (one, other),
        (Action::SetFee { .. } | Action::Park { .. }, Action::SetFee { .. } | Action::Park { .. })
            | (Action::SwitchOn { .. }, Action::SwitchOn { .. })
            | (Action::SwitchOff, Action::SwitchOff)
    )
}

/// A failure that keeps an action from being sent.
#[derive(Debug)]
pub(super) struct Obstacle<'a> {
    write: &'a FailedWrite,
    /// When it may be sent.
    pub(super) until: SteadyTime,
}

impl Obstacle<'_> {
    /// The reason to hold, for the end in the time of day.
    pub(super) fn reason(&self, until: jiff::Timestamp) -> Reason {
        let FailedWrite { action, found, failure, tries, .. } = self.write;
        let (action, tries) = (action.clone(), *tries);
        match failure {
            WriteFailure::Refused { fault } => {
                Reason::WriteRefused { action, fault: fault.clone(), tries, until }
            }
            WriteFailure::Ineffective => {
                Reason::WriteIneffective { action, shown: found.clone(), tries, until }
            }
        }
    }
}
