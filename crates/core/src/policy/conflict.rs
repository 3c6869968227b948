//! Our settings and someone else's, in turns: how long to give way.
//!
//! Two controllers that each put their own setting back would go on for ever, and every turn costs
//! proofs. Whoever gives way for longer each time ends it, also where the other one does the same.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::params::{ExternalChange, Safety};
use crate::clocks::SteadyTime;

/// How far back rounds count.
const WINDOW: Duration = Duration::from_secs(7 * 24 * 3600);
/// Rounds that make a fight: one may be chance, two a correction.
const STANDOFF: usize = 3;
/// Longest that one round makes give way, unless the operator says longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Shortest that a fight makes give way, however short the operator's hold is.
const SHORTEST: Duration = Duration::from_secs(600);

/// Rounds in which someone else undid what we had set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControllerConflict {
    /// When, oldest first.
    pub rounds: VecDeque<SteadyTime>,
    /// Whether something that we set stands and nobody undid it.
    pub ours: bool,
}

impl ControllerConflict {
    /// We set something.
    pub(super) fn record_own_change(&mut self) {
        self.ours = true;
    }

    /// Someone else set something. Several of their changes with none of ours between them are no
    /// conflict.
    pub(super) fn record_foreign_change(&mut self, at: SteadyTime) {
        if std::mem::take(&mut self.ours) {
            self.rounds.push_back(at);
        }
        let oldest = at.before(WINDOW);
        self.rounds.retain(|round| *round > oldest);
    }

    /// Whether there were so many rounds that someone must be setting it back each time.
    pub fn is_standoff(&self) -> bool {
        self.rounds.len() >= STANDOFF
    }

    /// How long to leave the settings to someone else now; twice as long with each round of a
    /// fight.
    pub(super) fn yield_time(&self, safety: &Safety) -> Option<Duration> {
        let hold = safety.external_hold;
        if !self.is_standoff() {
            return (safety.external_change == ExternalChange::Hold).then_some(hold);
        }
        let doublings = u32::try_from(self.rounds.len() - STANDOFF + 1).unwrap_or(u32::MAX);
        let grown = hold.max(SHORTEST).saturating_mul(2_u32.saturating_pow(doublings));
        Some(grown.min(LONGEST.max(hold)))
    }
}

#[cfg(test)]
mod tests;
