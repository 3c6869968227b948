//! What the policy must remember from look to look: when it acted, what it expects to find, and
//! what it is waiting for.

use std::{collections::VecDeque, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    breaker::Breaker,
    conflict::ControllerConflict,
    daemon_settings::DaemonSettings,
    decision::Decision,
    outcome::Outcome,
    params::{RoleSetting, Safety},
    reason::Reason,
    state::{HoldState, Mode, Pause, Role},
    waits::{remaining, since},
};
use crate::{
    market::{DaemonStatus, Look},
    units::PublicKey,
};

/// Time after a switch in which the opposite one could bring the daemon down.
///
/// The prover process installs its signal handler only once its command runs; a SIGTERM before that
/// is a death by signal, on which the daemon aborts (Mina `mina_lib.ml` `Snark_worker`;
/// MinaProtocol/mina#4122). After a stop the old process may outlive the call and a new one would
/// prove beside it.
const SWITCH_HAZARD: Duration = Duration::from_secs(60);

/// Less than this an uptime may be behind the clock: it is read somewhat later than the look
/// begins, and counted in whole seconds.
const UPTIME_TOLERANCE: Duration = Duration::from_secs(5);

/// A proof that was begun longer ago is not coming: eleven proofs in a row, the most of a work
/// before Mesa, at 56 s each, which 2020's machines took (Mina MIP-6).
const LONGEST_PROOF: Duration = Duration::from_secs(616);

/// What the policy must remember from look to look. A restart that forgot it could flap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// When the fee last changed by our decision.
    pub fee_changed: Option<Timestamp>,
    /// When the worker was last switched, and to what, by whomever.
    pub switched: Option<Switched>,
    /// Changes of the last 24 hours by our decision, oldest first.
    pub changes: VecDeque<Timestamp>,
    /// Of them, switches for economy, oldest first.
    pub switches: VecDeque<Timestamp>,
    /// Looks in a row that wanted the same.
    pub streak: Streak,
    /// The own block for which the worker is off, by its slot's start.
    pub making_room_for: Option<Timestamp>,
    /// While the worker is to be switched off and finishes its proof: since when.
    pub winding_down: Option<Timestamp>,
    /// End of the hold after someone else's change.
    pub external_hold: Option<Timestamp>,
    /// The operator's pause.
    pub pause: Option<Pause>,
    /// Failures in a row.
    pub breaker: Breaker,
    /// Who else sets the daemon.
    #[serde(rename = "contest")]
    pub conflict: ControllerConflict,
    /// What the daemon was last known to be set to.
    pub known: Option<DaemonSettings>,
    /// Where that is not known: what our last decision may have left it set to; empty where it may
    /// be anything.
    pub possible: Vec<DaemonSettings>,
    /// What the daemon would be set to if dry-run decisions had been carried out.
    pub virtual_settings: Option<DaemonSettings>,
    /// The worker key that the daemon last showed.
    pub shown_key: Option<PublicKey>,
    /// While the daemon shows no key: what it had handed out when that began.
    pub keyless: Option<Keyless>,
    /// Whether the daemon handed out work without showing a key, and has shown none since.
    pub coordinates: bool,
    /// When the daemon's metrics were last read and could be true.
    pub metrics_read: Option<Timestamp>,
    /// Whether the worker key has a ledger account, as last answered.
    pub has_account: Option<bool>,
    /// The daemon's uptime at the last look that showed it.
    pub uptime: Option<Duration>,
    /// When that was.
    pub uptime_read: Option<Timestamp>,
    /// Restarts of the daemon seen.
    pub restarts: u32,
}

/// A switch of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// When.
    pub at: Timestamp,
    /// On or off.
    pub on: bool,
}

/// What a daemon without a visible key had handed out and got back when it was first seen so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyless {
    /// When.
    pub since: Timestamp,
    /// Works handed out.
    pub assigned: Option<f64>,
    /// Works that came back.
    pub completed: Option<f64>,
}

/// Looks in a row that wanted the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// Whether they wanted the worker on.
    pub on: bool,
    /// How many.
    pub looks: u32,
}

impl Streak {
    /// The streak after one more look.
    pub fn then(self, on: bool) -> Self {
        Self { on, looks: if self.on == on { self.looks.saturating_add(1) } else { 1 } }
    }
}

impl Memory {
    /// Takes in what a look shows of the daemon itself, before deciding.
    pub fn observe(&mut self, look: &Look, mode: Mode, safety: &Safety) {
        if self.pause.is_some_and(|pause| pause.until.is_some_and(|until| until <= look.at)) {
            self.pause = None;
        }
        if let Some(by) = look.clock_set {
            self.shift(by);
        }
        self.follow_clock(look.at, safety);
        if let Some(Ok(exists)) = look.account {
            self.has_account = Some(exists);
        }
        let Ok(status) = &look.status else { return };
        let found = DaemonSettings::from(status);
        let started = look.at.checked_sub(status.uptime).unwrap_or(Timestamp::MIN);
        let restarted = self.shows_restart(look);
        (self.uptime, self.uptime_read) = (Some(status.uptime), Some(look.at));
        if matches!(look.metrics, Some(Ok(_))) {
            self.metrics_read = Some(look.at);
        }
        self.notice_role(look, status, restarted);
        self.restarts += u32::from(restarted);
        let possible = std::mem::take(&mut self.possible);
        let changed = match &self.known {
            Some(known) => *known != found,
            None => !possible.is_empty() && !possible.contains(&found),
        };
        if changed || restarted {
            self.virtual_settings = None;
        }
        if let (true, Some(known)) = (changed, &self.known)
            && known.worker.is_some() != found.worker.is_some()
        {
            self.switched = Some(Switched { at: look.at, on: found.worker.is_some() });
        }
        // A restarted daemon falls back to its flags; nobody changed anything.
        if changed && !restarted && mode == Mode::Live {
            self.on_external_change(look.at, safety);
        }
        // A daemon that starts with a worker starts its prover too.
        if restarted || self.known.is_none() && self.switched.is_none() {
            self.switched = Some(Switched { at: started, on: found.worker.is_some() });
        }
        if mode == Mode::Live {
            self.virtual_settings = None;
        }
        self.known = Some(found);
    }

    /// Someone else set the daemon.
    fn on_external_change(&mut self, at: Timestamp, safety: &Safety) {
        self.conflict.record_foreign_change(at);
        if let Some(way) = self.conflict.yield_time(safety) {
            self.external_hold = at.checked_add(way).ok();
        }
    }

    /// Whether the daemon's process began after the look before: its uptime is less than it was, or
    /// than the time since.
    pub fn shows_restart(&self, look: &Look) -> bool {
        let (Ok(status), Some(before)) = (&look.status, self.uptime) else { return false };
        let passed = self.uptime_read.map_or(Duration::ZERO, |read| since(read, look.at));
        status.uptime < before
            || look.clock_set.is_none() && status.uptime + UPTIME_TOLERANCE < passed
    }

    /// A coordinator never shows its key and hands out work all the same (Mina `mina_lib.ml`,
    /// 3.0.3). A worker without a key hands out nothing; what its provers had begun still comes
    /// back.
    fn notice_role(&mut self, look: &Look, status: &DaemonStatus, restarted: bool) {
        if status.worker.is_some() {
            self.shown_key.clone_from(&status.worker);
            (self.keyless, self.coordinates) = (None, false);
            return;
        }
        if restarted {
            self.keyless = None;
        }
        let Some(Ok(metrics)) = &look.metrics else { return };
        let (assigned, completed) = (metrics.assigned_to_own, metrics.completed_by_own);
        let fresh = Keyless { since: look.at, assigned, completed };
        let keyless = self.keyless.unwrap_or(fresh);
        let rose = |before: Option<f64>, now: Option<f64>| {
            before.zip(now).is_some_and(|(before, now)| now > before)
        };
        let settled = since(keyless.since, look.at) > LONGEST_PROOF;
        if rose(keyless.assigned, assigned) || settled && rose(keyless.completed, completed) {
            self.coordinates = true;
        }
        self.keyless = Some(if settled { keyless } else { Keyless { completed, ..keyless } });
    }

    /// What is remembered by the clock as it was is remembered by the clock as it is, so that waits
    /// last as long as they should.
    fn shift(&mut self, by: SignedDuration) {
        let bound = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        let shifted = |at: Timestamp| at.checked_add(by).unwrap_or(bound);
        self.past().for_each(|at| *at = shifted(*at));
        self.external_hold = self.external_hold.map(shifted);
    }

    fn past(&mut self) -> impl Iterator<Item = &mut Timestamp> {
        let switched = self.switched.as_mut().map(|switched| &mut switched.at);
        let keyless = self.keyless.as_mut().map(|keyless| &mut keyless.since);
        let lists =
            self.changes.iter_mut().chain(&mut self.switches).chain(&mut self.conflict.rounds);
        let read = self.metrics_read.iter_mut().chain(&mut self.uptime_read);
        lists
            .chain(&mut self.fee_changed)
            .chain(&mut self.winding_down)
            .chain(switched)
            .chain(keyless)
            .chain(read)
    }

    /// Nothing happened later than now: where a clock was set back while nobody watched, waits
    /// begin anew instead of lasting until it has caught up.
    fn follow_clock(&mut self, now: Timestamp, safety: &Safety) {
        for at in self.past() {
            *at = now.min(*at);
        }
        let hold = self.conflict.yield_time(safety).unwrap_or(safety.external_hold);
        let longest = now.checked_add(hold).unwrap_or(Timestamp::MAX);
        self.external_hold =
            self.external_hold.map(|until| until.min(longest)).filter(|until| *until > now);
    }

    /// What the policy decides about: in dry-run, the settings that its decisions would have led
    /// to.
    pub fn settings(&self, status: &DaemonStatus) -> DaemonSettings {
        self.virtual_settings.clone().unwrap_or_else(|| DaemonSettings::from(status))
    }

    /// Takes in what came of a decision.
    pub fn record_outcome(
        &mut self,
        at: Timestamp,
        look: &Look,
        decision: &Decision,
        outcome: &Outcome,
        safety: &Safety,
    ) {
        let failed = look.status.is_err()
            || matches!(outcome, Outcome::Rejected { .. } | Outcome::Unknown { .. });
        self.breaker = self.breaker.count(failed, safety.max_consecutive_failures);
        if let Some(target) = decision.target {
            self.streak = self.streak.then(target.enabled);
            self.winding_down = self.winding_down.filter(|_| !target.enabled);
        }
        let day_ago = at.checked_sub(Duration::from_secs(24 * 3600)).unwrap_or(Timestamp::MIN);
        self.changes.retain(|change| *change > day_ago);
        self.switches.retain(|switch| *switch > day_ago);
        let Ok(status) = &look.status else { return };
        let before = self.settings(status);
        let wanted = before.after(&decision.action);
        let left = outcome.left(&before, &decision.action);
        match outcome {
            Outcome::Held => return,
            Outcome::DryRun => self.virtual_settings = Some(wanted.clone()),
            _ => {
                self.known.clone_from(&left);
                if left.is_none() {
                    self.possible = before.passed_through(&decision.action);
                }
            }
        }
        let after = match outcome {
            Outcome::Rejected { .. } | Outcome::Withdrawn { .. } => {
                left.filter(|left| *left != before)
            }
            Outcome::Applied { overtook: Some(_), .. } => left,
            _ => Some(wanted),
        };
        if let Outcome::Applied { overtook: Some(_), .. } = outcome {
            self.on_external_change(at, safety);
        }
        if let Some(after) = after {
            self.count_change(at, &before, &after, &decision.reason);
            if *outcome != Outcome::DryRun {
                self.conflict.record_own_change();
            }
        }
    }

    /// Takes in that a decision is about to be carried out, before it is known what comes of it:
    /// until that is noted, the change counts as made.
    pub fn anticipate(&mut self, at: Timestamp, before: &DaemonSettings, decision: &Decision) {
        (self.known, self.possible) = (None, Vec::new());
        self.conflict.record_own_change();
        self.count_change(at, before, &before.after(&decision.action), &decision.reason);
    }

    fn count_change(
        &mut self,
        at: Timestamp,
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
                Reason::OwnBlockAhead { slot } => Some(*slot),
                _ => None,
            };
            if !matches!(reason, Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed) {
                self.switches.push_back(at);
            }
        }
    }

    /// Time left in which the opposite of the last switch could bring the daemon down.
    pub fn switch_hazard(&self, now: Timestamp) -> Option<Duration> {
        remaining(self.switched.map(|switched| switched.at), SWITCH_HAZARD, now)
    }

    /// Whether pause or breaker hold the worker.
    pub fn hold_state(&self) -> HoldState {
        HoldState { paused: self.pause, breaker_open: self.breaker.is_open() }
    }

    /// What the daemon is, as far as it can be told without trying: one that hands out work and
    /// shows no key is a coordinator, any other that ever showed a key is a worker.
    pub fn role(&self, setting: RoleSetting) -> Role {
        match setting {
            RoleSetting::Worker => Role::Worker,
            RoleSetting::Coordinator => Role::Coordinator,
            RoleSetting::Auto if self.coordinates => Role::Coordinator,
            RoleSetting::Auto if self.shown_key.is_some() => Role::Worker,
            RoleSetting::Auto => Role::Unsure,
        }
    }
}
