//! What the policy must remember from look to look: when it acted, what it expects to find, and
//! what it is waiting for.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    breaker::Breaker,
    conflict::ControllerConflict,
    daemon_settings::DaemonSettings,
    decision::Decision,
    dry_run::{Basis, DryRunState, ImaginedSettings, Wanted},
    failed_writes::FailedWrites,
    outcome::Outcome,
    own_block::RememberedSlots,
    pacing::{Pacing, Switched},
    params::{Params, RoleSetting, Safety},
    state::{HoldState, Mode, Pause, PauseDeadline, Role},
};
use crate::{
    clocks::{ClockReading, MachineTime, SteadyTime},
    fault::JournalDoubt,
    market::{DaemonStatus, LedgerAccount, Look},
    units::{DaemonId, PublicKey},
};

/// Less than this an uptime may be behind the clock: it is read somewhat later than the look
/// begins, and counted in whole seconds.
const UPTIME_TOLERANCE: Duration = Duration::from_secs(5);

/// For so long an uptime, in whole seconds, may look the same where answers take their time.
const UPTIME_MAY_STAND: Duration = Duration::from_secs(60);

/// A proof that was begun longer ago is not coming: eleven proofs in a row, the most of a work
/// before Mesa, at 56 s each, which 2020's machines took (Mina MIP-6).
const LONGEST_PROOF: Duration = Duration::from_secs(616);

/// What the policy must remember from look to look. A restart that forgot it could flap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// What paces changes of the daemon. What a dry run imagines is no part of it.
    #[serde(flatten)]
    pub pacing: Pacing,
    /// What the clocks showed at the last look. Every other time here is a steady one.
    pub clock: Option<ClockReading>,
    /// End of the hold after someone else's change.
    pub external_hold: Option<SteadyTime>,
    /// The operator's pause.
    pub pause: Option<PauseDeadline>,
    /// Why the journal that this was read from may have lost something.
    pub journal_doubt: Option<JournalDoubt>,
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
    /// Writes that the daemon refused or did not heed.
    pub failed_writes: FailedWrites,
    /// What dry-run decisions would have led to; `None` in live mode.
    pub dry_run: Option<DryRunState>,
    /// What an earlier version had imagined the daemon to be set to. It counted imagined changes in
    /// `pacing`.
    #[serde(rename = "virtual_settings", skip_serializing)]
    pub imagined_before: Option<DaemonSettings>,
    /// The worker key that the daemon last showed.
    pub shown_key: Option<PublicKey>,
    /// While the daemon shows no key: what it had handed out when that began.
    pub keyless: Option<Keyless>,
    /// Whether the daemon handed out work without showing a key, and has shown none since.
    pub coordinates: bool,
    /// When the daemon's metrics were last read and could be true.
    pub metrics_read: Option<SteadyTime>,
    /// The ledger account of the worker key, as last answered.
    #[serde(alias = "has_account")]
    pub account: Option<LedgerAccount>,
    /// The daemon's uptime at the last look that showed it.
    pub uptime: Option<Duration>,
    /// When that was.
    pub uptime_read: Option<SteadyTime>,
    /// When that uptime was first read.
    pub uptime_moved: Option<SteadyTime>,
    /// The other daemon of the fleet that read the book that counts, if it was another.
    pub book_read_by: Option<DaemonId>,
    /// The own slots that the daemon showed.
    pub own_slots: RememberedSlots,
    /// Restarts of the daemon seen.
    pub restarts: u32,
}

/// What a daemon without a visible key had handed out and got back when it was first seen so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyless {
    /// When.
    pub since: SteadyTime,
    /// Works handed out.
    pub assigned: Option<f64>,
    /// Works that came back.
    pub completed: Option<f64>,
}

impl Memory {
    /// Takes in what a look shows of the daemon itself, before deciding.
    pub fn observe(&mut self, look: &Look, mode: Mode, safety: &Safety) {
        let now = self.read_clock(look, safety);
        self.pause = self.pause.filter(|pause| pause.until.is_none_or(|until| until > now));
        self.external_hold = self.external_hold.filter(|until| *until > now);
        if self.imagined_before.take().is_some() {
            self.pacing = Pacing::default();
        }
        if let Some(Ok(account)) = look.account {
            self.account = Some(account);
        }
        if look.book.is_some() || look.market_read.is_some() {
            self.book_read_by = look.market_read.as_ref().map(|source| source.by.clone());
        }
        let Ok(status) = &look.status else { return };
        let found = DaemonSettings::from(status);
        let started = now.before(status.uptime);
        let restarted = self.has_restarted(look, now);
        if restarted || self.uptime != Some(status.uptime) {
            self.uptime_moved = Some(now);
        }
        self.own_slots.remember(status, look.at);
        (self.uptime, self.uptime_read) = (Some(status.uptime), Some(now));
        if matches!(look.metrics, Some(Ok(_))) {
            self.metrics_read = Some(now);
        }
        self.notice_role(look, now, status, restarted);
        self.restarts += u32::from(restarted);
        let possible = std::mem::take(&mut self.possible);
        let changed = match &self.known {
            Some(known) => *known != found,
            None => !possible.is_empty() && !possible.contains(&found),
        };
        let late = changed && self.failed_writes.explain(&found);
        self.failed_writes.observe(&found, restarted);
        if let (true, Some(known)) = (changed, &self.known)
            && known.worker.is_some() != found.worker.is_some()
        {
            self.pacing.switched = Some(Switched { at: now, on: found.worker.is_some() });
            self.pacing.making_room_for = None;
        }
        // A restarted daemon falls back to its flags, and what was ours may take effect late: nobody
        // changed anything. What was set during a dry run replaced nothing of ours.
        if changed && !late && !restarted && mode == Mode::Live && self.dry_run.is_none() {
            self.on_external_change(now, safety);
        }
        // A daemon that starts with a worker starts its prover too.
        if restarted || self.pacing.switched.is_none() {
            self.pacing.switched = Some(Switched { at: started, on: found.worker.is_some() });
        }
        match (mode, &mut self.dry_run) {
            (Mode::Live, _) => self.dry_run = None,
            (Mode::DryRun, None) => {
                self.dry_run = Some(DryRunState::begin(&found, &self.pacing));
            }
            (Mode::DryRun, Some(state)) if changed || restarted => {
                state.follow(&found, &self.pacing);
            }
            (Mode::DryRun, Some(_)) => {}
        }
        self.known = Some(found);
    }

    /// Takes in what the clocks show. What an earlier version remembered of a time that is yet to
    /// come was kept by a clock that was ahead.
    fn read_clock(&mut self, look: &Look, safety: &Safety) -> SteadyTime {
        let reading = look.read_clock(self.clock.as_ref());
        let now = reading.steady();
        if self.clock.replace(reading).is_none() {
            self.past().for_each(|at| *at = now.min(*at));
            let hold = self.conflict.yield_time(safety).unwrap_or(safety.external_hold);
            self.external_hold = self.external_hold.map(|until| until.min(now.after(hold)));
        }
        now
    }

    /// Someone else set the daemon.
    fn on_external_change(&mut self, at: SteadyTime, safety: &Safety) {
        self.conflict.record_foreign_change(at);
        if let Some(way) = self.conflict.yield_time(safety) {
            self.external_hold = Some(at.after(way));
        }
    }

    /// Whether the daemon's process began after the look before: its uptime is less than it was, or
    /// than the time since.
    pub fn shows_restart(&self, look: &Look) -> bool {
        self.has_restarted(look, look.read_clock(self.clock.as_ref()).steady())
    }

    fn has_restarted(&self, look: &Look, now: SteadyTime) -> bool {
        let (Ok(status), Some(before)) = (&look.status, self.uptime) else { return false };
        let passed = self.uptime_read.map_or(Duration::ZERO, |read| now.since(read));
        // One that stands still shows nothing, least of all that the daemon fell back to its flags.
        status.uptime < before
            || status.uptime != before
                && look.clock_set.is_none()
                && status.uptime + UPTIME_TOLERANCE < passed
    }

    /// For how long the daemon's uptime has stood still from look to look, where that is too long to
    /// be chance. How long a look takes does not count: in accelerated time that is minutes.
    pub(super) fn uptime_stands(&self) -> Option<Duration> {
        let stands = self.uptime_read?.since(self.uptime_moved?);
        (stands > UPTIME_MAY_STAND).then_some(stands)
    }

    /// A coordinator never shows its key and hands out work all the same (Mina `mina_lib.ml`,
    /// 3.0.3). A worker without a key hands out nothing; what its provers had begun still comes
    /// back.
    fn notice_role(
        &mut self,
        look: &Look,
        now: SteadyTime,
        status: &DaemonStatus,
        restarted: bool,
    ) {
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
        let fresh = Keyless { since: now, assigned, completed };
        let keyless = self.keyless.unwrap_or(fresh);
        let rose = |before: Option<f64>, now: Option<f64>| {
            before.zip(now).is_some_and(|(before, now)| now > before)
        };
        let settled = now.since(keyless.since) > LONGEST_PROOF;
        if rose(keyless.assigned, assigned) || settled && rose(keyless.completed, completed) {
            self.coordinates = true;
        }
        self.keyless = Some(if settled { keyless } else { Keyless { completed, ..keyless } });
    }

    /// Every time that lies in the past.
    fn past(&mut self) -> impl Iterator<Item = &mut SteadyTime> {
        let keyless = self.keyless.as_mut().map(|keyless| &mut keyless.since);
        let uptime = self.uptime_read.iter_mut().chain(&mut self.uptime_moved);
        let read = self.metrics_read.iter_mut().chain(uptime);
        let imagined = self.dry_run.iter_mut();
        let imagined = imagined.flat_map(|state| state.pacing.past().chain(&mut state.since));
        let conflict = self.conflict.rounds.iter_mut();
        let failed = self.failed_writes.past();
        self.pacing.past().chain(imagined).chain(conflict).chain(keyless).chain(read).chain(failed)
    }

    /// The steady time of a time of day that the clock of the last look shows, at or after it.
    pub fn steady_at(&self, wall: Timestamp) -> SteadyTime {
        self.clock.map_or(SteadyTime::begin(wall), |clock| clock.steady_at(wall))
    }

    /// The time of day at a steady time, by the clock of the last look.
    pub fn wall_of(&self, steady: SteadyTime) -> Timestamp {
        let unread = || ClockReading::first(MachineTime::of_wall(Timestamp::UNIX_EPOCH));
        self.clock.unwrap_or_else(unread).wall_of(steady)
    }

    /// Holds the worker for the operator, who asked for it at `given`, by a clock that may have been
    /// wrong then or may be wrong now. Of the time asked for, no more has passed than since the last
    /// look, which did not know of it.
    pub fn pause(&mut self, given: Timestamp, until: Option<Timestamp>, machine: MachineTime) {
        let now = self.clock.map_or(ClockReading::first(machine), |before| before.next(machine));
        let deadline = |until: Timestamp| {
            let positive = |span| Duration::try_from(span).unwrap_or(Duration::ZERO);
            let shown = positive(machine.wall.duration_since(given));
            let counted = self.clock.map_or(shown, |before| now.steady().since(before.steady()));
            let asked = positive(until.duration_since(given));
            now.steady().after(asked.saturating_sub(shown.min(counted)))
        };
        self.pause = Some(PauseDeadline { until: until.map(deadline) });
    }

    /// What a decision starts from: in dry-run, what earlier decisions would have led to.
    pub fn basis(&self, mode: Mode, status: &DaemonStatus) -> Basis {
        let found = || DaemonSettings::from(status);
        match (mode, &self.dry_run) {
            (Mode::Live, _) => Basis::Real(found()),
            (Mode::DryRun, Some(state)) => Basis::Imagined(state.settings.clone()),
            (Mode::DryRun, None) => Basis::Imagined(ImaginedSettings::begin(found())),
        }
    }

    /// What paces a decision: in dry-run, the changes that would have been made.
    pub fn pacing(&self, mode: Mode) -> &Pacing {
        match (mode, &self.dry_run) {
            (Mode::DryRun, Some(state)) => &state.pacing,
            (Mode::DryRun, None) | (Mode::Live, _) => &self.pacing,
        }
    }

    /// What decisions so far ask the daemon to be set to; `None` while that is not known.
    pub fn wanted(&self, mode: Mode) -> Option<Wanted> {
        match mode {
            Mode::DryRun => self
                .dry_run
                .as_ref()
                .map(|state| Wanted::imagined(state, state.since.map(|since| self.wall_of(since)))),
            Mode::Live => {
                let since = self.pacing.last_change().map(|since| self.wall_of(since));
                self.known.as_ref().map(|known| Wanted::real(known, since))
            }
        }
    }

    /// Takes in what came of a decision.
    pub fn record_outcome(
        &mut self,
        at: Timestamp,
        look: &Look,
        decision: &Decision,
        outcome: &Outcome,
        params: &Params,
    ) {
        let (at, safety) = (self.steady_at(at), &params.safety);
        let failed = look.status.is_err()
            || matches!(
                outcome,
                Outcome::Rejected { .. } | Outcome::Ineffective { .. } | Outcome::Unknown { .. }
            );
        self.breaker = self.breaker.count(failed, safety.max_consecutive_failures);
        let coordinates = self.role(params.worker.role) == Role::Coordinator;
        let imagined = self.dry_run.as_mut();
        for pacing in [&mut self.pacing].into_iter().chain(imagined.map(|it| &mut it.pacing)) {
            pacing.expire(at);
        }
        let Ok(status) = &look.status else { return };
        if let Some(appraisal) = &decision.appraisal {
            // Looks are real in a dry run too: each counts for the daemon as it is, and for the one
            // that is imagined.
            let on = status.worker.is_some() || coordinates;
            self.pacing.record_forecasts(appraisal, on, at);
            if let Some(state) = &mut self.dry_run {
                let on = state.settings.worker().is_some() || coordinates;
                state.pacing.record_forecasts(appraisal, on, at);
            }
        }
        let before = DaemonSettings::from(status);
        let left = outcome.left(&before, &decision.action);
        self.failed_writes.record(at, &before, &decision.action, outcome);
        match outcome {
            Outcome::Held => return,
            Outcome::DryRun => {
                if let Some(state) = &mut self.dry_run {
                    state.carry_out(at, decision);
                }
                return;
            }
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
            Outcome::Ineffective { shown } => Some(shown.clone()).filter(|shown| *shown != before),
            Outcome::Applied { overtook: Some(_), .. } => left,
            _ => Some(before.after(&decision.action)),
        };
        if let Outcome::Applied { overtook: Some(_), .. } = outcome {
            self.on_external_change(at, safety);
        }
        if let Some(after) = after {
            self.pacing.count_change(at, &before, &after, &decision.reason);
            self.conflict.record_own_change();
        }
    }

    /// Takes in that a decision is about to be carried out, before it is known what comes of it:
    /// until that is noted, the change counts as made. In dry-run nothing is about to be made.
    pub fn anticipate(&mut self, at: Timestamp, from: &Basis, decision: &Decision) {
        let Basis::Real(before) = from else { return };
        let at = self.steady_at(at);
        (self.known, self.possible) = (None, Vec::new());
        self.conflict.record_own_change();
        let after = before.after(&decision.action);
        self.pacing.count_change(at, before, &after, &decision.reason);
    }

    /// A pause by the time of day.
    pub(super) fn show_pause(&self, pause: PauseDeadline) -> Pause {
        Pause { until: pause.until.map(|until| self.wall_of(until)) }
    }

    /// Whether pause or breaker hold the worker.
    pub fn hold_state(&self) -> HoldState {
        HoldState {
            paused: self.pause.map(|pause| self.show_pause(pause)),
            breaker_open: self.breaker.is_open(),
            journal_doubt: self.journal_doubt,
        }
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
