//! What paces the changes of a daemon: when it was changed, how often, and how many looks agree on
//! what is wanted.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    appraisal::Appraisal, daemon_settings::DaemonSettings, reason::Reason, waits::remaining,
};

use crate::clocks::SteadyTime;

/// Time after a switch in which the opposite one could bring the daemon down.
///
/// The prover process installs its signal handler only once its command runs; a SIGTERM before that
/// is a death by signal, on which the daemon aborts (Mina `mina_lib.ml` `Snark_worker`;
/// MinaProtocol/mina#4122). After a stop the old process may outlive the call and a new one would
/// prove beside it.
const SWITCH_HAZARD: Duration = Duration::from_secs(60);

/// How far back changes count towards the budget of a day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What paces the changes of a daemon, made or imagined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pacing {
    /// When the fee last changed by our decision.
    pub fee_changed: Option<SteadyTime>,
    /// When the worker was last switched, and to what, by whomever.
    pub switched: Option<Switched>,
    /// Changes of the last 24 hours by our decision, oldest first.
    pub changes: VecDeque<SteadyTime>,
    /// Of them, switches for economy, oldest first.
    pub switches: VecDeque<SteadyTime>,
    /// Looks in a row that wanted the same.
    pub streak: Streak,
    /// The own block for which the worker is off, by its slot's start.
    pub making_room_for: Option<Timestamp>,
    /// While the worker is to be switched off and finishes its proof: since when.
    pub winding_down: Option<SteadyTime>,
}

/// A switch of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// When.
    pub at: SteadyTime,
    /// On or off.
    pub on: bool,
}

/// Looks in a row that wanted the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// Whether they wanted the worker on.
    pub on: bool,
    /// How many.
    pub looks: u32,
    /// When the first of them was taken.
    #[serde(default)]
    pub since: Option<SteadyTime>,
}

impl Streak {
    /// The streak after one more look, at `now`.
    pub fn then(self, on: bool, now: SteadyTime) -> Self {
        match self.on == on {
            true => {
                Self { on, looks: self.looks.saturating_add(1), since: self.since.or(Some(now)) }
            }
            false => Self { on, looks: 1, since: Some(now) },
        }
    }
}

impl Pacing {
    /// Takes in the forecasts of a look, for a worker that is on or off.
    pub(super) fn record_forecasts(&mut self, appraisal: &Appraisal, on: bool, now: SteadyTime) {
        let wanted = appraisal.wants_work(on || self.making_room_for.is_some());
        self.streak = self.streak.then(wanted, now);
        self.winding_down = self.winding_down.filter(|_| !wanted);
    }

    /// Forgets the changes that no longer count at `now`.
    pub(super) fn expire(&mut self, now: SteadyTime) {
        let day_ago = now.before(DAY);
        self.changes.retain(|change| *change > day_ago);
        self.switches.retain(|switch| *switch > day_ago);
    }

    /// Counts a change of ours.
    pub(super) fn count_change(
        &mut self,
        at: SteadyTime,
        before: &DaemonSettings,
        after: &DaemonSettings,
        reason: &Reason,
    ) {
        self.changes.push_back(at);
        if let Reason::WindingDown { .. } = reason {
            self.winding_down = Some(at);
        }
        if before.fee != after.fee {
            self.fee_changed = Some(at);
        }
        if before.worker.is_some() != after.worker.is_some() {
            self.switched = Some(Switched { at, on: after.worker.is_some() });
            self.winding_down = None;
            self.making_room_for = match reason {
                Reason::OwnBlockAhead { slot, .. } => Some(*slot),
                _ => None,
            };
            if !matches!(reason, Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed) {
                self.switches.push_back(at);
            }
        }
    }

    /// When the last change of ours was made.
    pub(super) fn last_change(&self) -> Option<SteadyTime> {
        self.changes.back().copied().max(self.fee_changed)
    }

    /// Time left in which the opposite of the last switch could bring the daemon down.
    pub(super) fn switch_hazard(&self, now: SteadyTime) -> Option<Duration> {
        remaining(self.switched.map(|switched| switched.at), SWITCH_HAZARD, now)
    }

    /// Every time that lies in the past.
    pub(super) fn past(&mut self) -> impl Iterator<Item = &mut SteadyTime> {
        let switched = self.switched.as_mut().map(|switched| &mut switched.at);
        let lists = self.changes.iter_mut().chain(&mut self.switches);
        let lists = lists.chain(&mut self.streak.since);
        lists.chain(&mut self.fee_changed).chain(&mut self.winding_down).chain(switched)
    }
}
