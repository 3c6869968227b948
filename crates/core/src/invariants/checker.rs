//! Checks the invariants look by look.

use std::{collections::VecDeque, fmt, time::Duration};

use jiff::Timestamp;

use super::step::{AppliedChange, ChangeAuthor, CheckedLook, SettingChange};
use crate::{
    market::SyncState,
    policy::{
        Action, LONGEST_FOR_ANOTHER, Mode, Outcome, Params, Reason, SHORTEST_WAIT, is_of_kind,
        wait_after,
    },
    units::Nanomina,
};

/// A property of every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every fee set lies between floor and ceiling.
    FeeInBounds,
    /// Two changes of the fee are at least the cooldown apart.
    Cooldown,
    /// The worker is switched for profit only after its minimum time on or off.
    Dwell,
    /// Two switches of the worker are at least ten seconds apart.
    Toggle,
    /// Two switches are further apart than the time within which they can crash the daemon.
    Hazard,
    /// Nothing is sent to a daemon that does not follow the chain, but to make room for a block.
    Unsynced,
    /// Nothing is sent while the worker is paused.
    Paused,
    /// Nothing is sent in a dry run.
    DryRun,
    /// Nothing is sent while the breaker is open.
    Breaker,
    /// A decision sends only the mutations it needs, each at most once.
    Duplicate,
    /// Everything that the controller set follows from a decision.
    Unaccounted,
    /// Everything that was sent had been recorded in the journal.
    Unrecorded,
    /// Every look has a reason, and a look that could not read the status holds.
    Reason,
    /// Nothing is changed for profit once the budget of a day is used up.
    Budget,
    /// The worker is only switched on with its own key.
    Key,
    /// What failed is not sent again before its time, unless something changed.
    Retry,
}

/// A violated invariant.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    /// The invariant.
    pub invariant: Invariant,
    /// Number of the look.
    pub look: u64,
    /// What happened.
    pub what: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "look {}: {:?}: {}", self.look, self.invariant, self.what)
    }
}

/// Shortest time between two switches for [`Invariant::Toggle`].
const TOGGLE: Duration = Duration::from_secs(10);
/// Shortest time between two switches for [`Invariant::Hazard`].
const HAZARD: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Watches one run, look by look.
#[derive(Clone, Debug)]
pub struct Checker {
    mode: Mode,
    params: Params,
    breaker_open: bool,
    /// The look that last changed the fee.
    fee_changed: Option<Timestamp>,
    /// When the prover last started or stopped for any reason.
    switched: Option<Timestamp>,
    /// The look that last switched the worker.
    switched_by_us: Option<Timestamp>,
    /// Looks of the last day that changed something.
    changing: VecDeque<Timestamp>,
    /// What failed, one of each kind, and nothing has changed since.
    failed: Vec<FailedAttempt>,
    found: Vec<Violation>,
}

/// What failed, and how often in a row.
#[derive(Clone, Debug)]
struct FailedAttempt {
    at: Timestamp,
    action: Action,
    tries: u32,
}

impl Checker {
    /// A checker for one run with these settings.
    pub fn new(mode: Mode, params: Params) -> Self {
        Self {
            mode,
            params,
            breaker_open: false,
            fee_changed: None,
            switched: None,
            switched_by_us: None,
            changing: VecDeque::new(),
            failed: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Checks one look. Looks come in order of time.
    pub fn check_look(&mut self, step: &CheckedLook<'_>) {
        self.check_decision(step);
        self.breaker_open = step.breaker_open;
        self.check_fees(step);
        self.check_switches(step);
        self.check_budget(step);
        self.check_retry(step);
    }

    /// The settings changed: what failed by the earlier ones may be sent again.
    pub fn allow_retry(&mut self) {
        self.failed.clear();
    }

    /// All violations so far.
    pub fn violations(&self) -> &[Violation] {
        &self.found
    }

    fn require(
        &mut self,
        holds: bool,
        invariant: Invariant,
        look: u64,
        what: impl FnOnce() -> String,
    ) {
        if !holds {
            self.found.push(Violation { invariant, look, what: what() });
        }
    }

    /// Checks what the look sent against its state, decision and outcome.
    fn check_decision(&mut self, step: &CheckedLook<'_>) {
        let CheckedLook { decision, sent, .. } = *step;
        let still = !sent.is_any();
        let breaker_open = self.breaker_open && !step.resumed;
        let live = self.mode == Mode::Live;
        let mut require = |holds: bool, invariant: Invariant, what: &str| {
            self.require(holds, invariant, step.sequence, || {
                format!("{what}: {:?} for {} sent {sent:?}", decision.action, decision.reason)
            });
        };
        require(still || live, Invariant::DryRun, "a dry run");
        require(still || !step.paused, Invariant::Paused, "paused");
        require(still || !breaker_open, Invariant::Breaker, "breaker open");
        let steps_aside = matches!(
            (&decision.action, &decision.reason),
            (Action::SwitchOff, Reason::OwnBlockAhead { .. })
        );
        let follows = *step.sync == SyncState::Synced;
        require(still || follows || steps_aside, Invariant::Unsynced, step.sync.as_str());
        require(
            still || step.intended.is_none_or(|made| made == 1),
            Invariant::Unrecorded,
            "not recorded",
        );
        let (fee, on, off) = match &decision.action {
            Action::Hold => (0, 0, 0),
            Action::SetFee { .. } | Action::Park { .. } => (1, 0, 0),
            Action::SwitchOn { .. } => (1, 1, 0),
            Action::SwitchOff => (0, 0, 1),
        };
        let allowed = sent.fee <= fee && sent.on <= on && sent.off <= off;
        require(allowed, Invariant::Duplicate, "sent too much");
        let reason = decision.reason.to_string();
        require(
            !reason.is_empty() && !decision.reason.code().is_empty(),
            Invariant::Reason,
            "no reason",
        );
        let held = matches!(decision.action, Action::Hold);
        require(
            !held || *step.outcome == Outcome::Held,
            Invariant::Reason,
            "a hold with an outcome",
        );
        require(held || step.seen, Invariant::Reason, "acted without a status");
        for applied in step.applied.iter().filter(|applied| applied.by == ChangeAuthor::Controller)
        {
            let decided = match (&applied.change, &decision.action) {
                (
                    SettingChange::Fee(set),
                    Action::SetFee { fee } | Action::Park { fee } | Action::SwitchOn { fee, .. },
                ) => set == fee,
                (SettingChange::Worker(set), Action::SwitchOn { key, .. }) => {
                    set.as_ref() == Some(key)
                }
                (SettingChange::Worker(None), Action::SwitchOff) => true,
                _ => false,
            };
            require(decided, Invariant::Unaccounted, &format!("{:?} was set", applied.change));
        }
    }

    fn check_fees(&mut self, step: &CheckedLook<'_>) {
        // What a bound in a currency is worth is not known here.
        let floor = self.params.pricing.floor.mina().unwrap_or(Nanomina::ZERO);
        let ceiling = self.params.pricing.ceiling.mina().unwrap_or(Nanomina::MAX);
        for applied in own_changes(step) {
            let SettingChange::Fee(fee) = &applied.change else { continue };
            let within = (floor..=ceiling).contains(fee);
            self.require(within, Invariant::FeeInBounds, step.sequence, || {
                format!("{fee} was set")
            });
            // The controller counts a late change from when it was sent.
            if !applied.differs || applied.by == ChangeAuthor::Straggler {
                continue;
            }
            if let Some(last) = self.fee_changed.replace(step.at) {
                let apart = elapsed(last, step.at);
                let cooled = apart >= self.params.pricing.cooldown;
                self.require(cooled, Invariant::Cooldown, step.sequence, || {
                    format!("{apart:?} after the change before")
                });
            }
        }
    }

    /// Checks starts and stops of the prover, in order.
    fn check_switches(&mut self, step: &CheckedLook<'_>) {
        let switches = |applied: &&AppliedChange| {
            applied.differs && matches!(applied.change, SettingChange::Worker(_))
        };
        let mut all: Vec<(Timestamp, Option<&AppliedChange>)> =
            step.restarts.iter().map(|at| (*at, None)).collect();
        all.extend(step.applied.iter().filter(switches).map(|applied| (applied.at, Some(applied))));
        all.sort_by_key(|(at, _)| *at);
        for (at, cause) in all {
            if let Some(applied) = cause.filter(|applied| applied.by == ChangeAuthor::Controller) {
                self.check_switch(step, at, applied);
            }
            self.switched = Some(at);
        }
    }

    fn check_switch(&mut self, step: &CheckedLook<'_>, at: Timestamp, applied: &AppliedChange) {
        let apart = self.switched.map_or(Duration::MAX, |before| elapsed(before, at));
        for (least, invariant) in [(TOGGLE, Invariant::Toggle), (HAZARD, Invariant::Hazard)] {
            self.require(apart >= least, invariant, step.sequence, || {
                format!("{:?} {apart:?} after the switch before", applied.change)
            });
        }
        let pricing = &self.params.pricing;
        let least = match step.decision.reason {
            Reason::Profitable { .. } => pricing.min_off,
            Reason::Uneconomical { .. } => pricing.min_on,
            _ => Duration::ZERO,
        };
        let dwelt = self.switched_by_us.map_or(Duration::MAX, |last| elapsed(last, step.at));
        self.require(dwelt >= least, Invariant::Dwell, step.sequence, || {
            format!("{:?} after {dwelt:?}", applied.change)
        });
        if let SettingChange::Worker(Some(key)) = &applied.change {
            let own = self.params.worker.owns(key);
            self.require(own, Invariant::Key, step.sequence, || key.to_string());
        }
        self.switched_by_us = Some(step.at);
    }

    /// What failed waits, unless the daemon restarted or was set, or the operator resumed.
    fn check_retry(&mut self, step: &CheckedLook<'_>) {
        let action = &step.decision.action;
        let applied = |before: Timestamp| {
            step.applied.iter().any(|applied| applied.differs && applied.at <= before)
        };
        if step.resumed || !step.restarts.is_empty() || applied(step.at) {
            self.failed.clear();
        }
        let earlier = self.failed.iter().find(|failed| is_of_kind(&failed.action, action)).cloned();
        if let Some(failed) = earlier.as_ref().filter(|_| step.sent.is_any()) {
            let wait = match step.decision.reason {
                Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed => SHORTEST_WAIT,
                _ if failed.action == *action => wait_after(failed.tries),
                _ => wait_after(failed.tries).min(LONGEST_FOR_ANOTHER),
            };
            let apart = elapsed(failed.at, step.at);
            // It counts from when it failed to when it is decided again, both within a look.
            let slack = self.params.safety.max_age.min(wait / 2);
            self.require(apart + slack >= wait, Invariant::Retry, step.sequence, || {
                format!("{action:?} again {apart:?} after {} failures", failed.tries)
            });
        }
        if step.applied.iter().any(|applied| applied.differs) {
            self.failed.clear();
        } else if matches!(step.outcome, Outcome::Rejected { .. } | Outcome::Ineffective { .. }) {
            self.failed.retain(|failed| !is_of_kind(&failed.action, action));
            let tries = earlier.map_or(0, |failed| failed.tries).saturating_add(1);
            self.failed.push(FailedAttempt { at: step.at, action: action.clone(), tries });
        }
    }

    /// Changes for profit end with the budget. Those that make room for own blocks count, but are
    /// made regardless.
    fn check_budget(&mut self, step: &CheckedLook<'_>) {
        if !own_changes(step).any(|applied| applied.differs) {
            return;
        }
        self.changing.retain(|before| elapsed(*before, step.at) < DAY);
        let made = self.changing.len();
        let for_a_block =
            matches!(step.decision.reason, Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed);
        let late = step.applied.iter().all(|applied| applied.by != ChangeAuthor::Controller);
        let within = made < self.params.pricing.max_changes_per_day as usize || for_a_block || late;
        self.require(within, Invariant::Budget, step.sequence, || {
            format!("after {made} changes in a day: {:?}", step.decision.action)
        });
        self.changing.push_back(step.at);
    }
}

/// The changes that the controller made, in time or late.
fn own_changes<'a>(step: &CheckedLook<'a>) -> impl Iterator<Item = &'a AppliedChange> {
    step.applied.iter().filter(|applied| applied.by != ChangeAuthor::Stranger)
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
