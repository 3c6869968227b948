//! The checker.

use std::{collections::VecDeque, fmt, time::Duration};

use jiff::Timestamp;

use super::step::{AppliedChange, ChangeAuthor, CheckedLook, SettingChange};
use crate::{
    market::SyncState,
    policy::{Action, Mode, Outcome, Params, Reason},
};

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every fee set is within floor and ceiling.
    FeeInBounds,
    /// Between two changes of the fee lies the cooldown.
    Cooldown,
    /// A switch for the market's sake comes after the shortest time on or off.
    Dwell,
    /// The worker is never started and stopped, or stopped and started, within ten seconds.
    Toggle,
    /// Nor within the time in which that can bring the daemon down.
    Hazard,
    /// A daemon that does not follow the chain is not touched.
    Unsynced,
    /// A paused worker is not touched.
    Paused,
    /// A dry run sends nothing.
    DryRun,
    /// With the breaker open nothing is sent.
    Breaker,
    /// A decision sends what it needs, each at most once, and nothing else.
    Duplicate,
    /// Whatever was set was set by a decision.
    Unaccounted,
    /// Whatever was sent the journal had taken down.
    Unrecorded,
    /// Every look has a reason, and a look that could not see the daemon holds.
    Reason,
    /// The market's sake changes nothing once a day's budget is used.
    Budget,
    /// The worker is only ever given its own key.
    Key,
}

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
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

const TOGGLE: Duration = Duration::from_secs(10);
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
    /// When the prover last started or stopped, by whomever.
    switched: Option<Timestamp>,
    /// The look that last switched the worker.
    switched_by_us: Option<Timestamp>,
    /// Looks of the last day that changed anything.
    changing: VecDeque<Timestamp>,
    found: Vec<Violation>,
}

impl Checker {
    /// For a run with these settings.
    pub fn new(mode: Mode, params: Params) -> Self {
        Self {
            mode,
            params,
            breaker_open: false,
            fee_changed: None,
            switched: None,
            switched_by_us: None,
            changing: VecDeque::new(),
            found: Vec::new(),
        }
    }

    /// Takes in one look, in order of time.
    pub fn check_look(&mut self, step: &CheckedLook<'_>) {
        self.look(step);
        self.breaker_open = step.breaker_open;
        self.fees(step);
        self.switches(step);
        self.budget(step);
    }

    /// Everything that did not hold so far.
    pub fn violations(&self) -> &[Violation] {
        &self.found
    }

    fn unless(
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

    /// What one look may do.
    fn look(&mut self, step: &CheckedLook<'_>) {
        let CheckedLook { decision, sent, .. } = *step;
        let still = !sent.any();
        let breaker_open = self.breaker_open && !step.resumed;
        let live = self.mode == Mode::Live;
        let mut unless = |holds: bool, invariant: Invariant, what: &str| {
            self.unless(holds, invariant, step.sequence, || {
                format!("{what}: {:?} for {} sent {sent:?}", decision.action, decision.reason)
            });
        };
        unless(still || live, Invariant::DryRun, "a dry run");
        unless(still || !step.paused, Invariant::Paused, "paused");
        unless(still || !breaker_open, Invariant::Breaker, "breaker open");
        unless(still || *step.sync == SyncState::Synced, Invariant::Unsynced, step.sync.as_str());
        unless(
            still || step.intended.is_none_or(|made| made == 1),
            Invariant::Unrecorded,
            "not taken down",
        );
        let (fee, on, off) = match &decision.action {
            Action::Hold => (0, 0, 0),
            Action::SetFee { .. } | Action::Park { .. } => (1, 0, 0),
            Action::SwitchOn { .. } => (1, 1, 0),
            Action::SwitchOff => (0, 0, 1),
        };
        let allowed = sent.fee <= fee && sent.on <= on && sent.off <= off;
        unless(allowed, Invariant::Duplicate, "sent too much");
        let reason = decision.reason.to_string();
        unless(
            !reason.is_empty() && !decision.reason.code().is_empty(),
            Invariant::Reason,
            "no reason",
        );
        let held = matches!(decision.action, Action::Hold);
        unless(
            !held || *step.outcome == Outcome::Held,
            Invariant::Reason,
            "a hold with an outcome",
        );
        unless(held || step.seen, Invariant::Reason, "acted without a status");
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
            unless(decided, Invariant::Unaccounted, &format!("{:?} was set", applied.change));
        }
    }

    fn fees(&mut self, step: &CheckedLook<'_>) {
        let (floor, ceiling) = (self.params.pricing.floor, self.params.pricing.ceiling);
        for applied in ours(step) {
            let SettingChange::Fee(fee) = &applied.change else { continue };
            let within = (floor..=ceiling).contains(fee);
            self.unless(within, Invariant::FeeInBounds, step.sequence, || format!("{fee} was set"));
            // Of one that came late the controller knows when it was sent.
            if !applied.differs || applied.by == ChangeAuthor::Straggler {
                continue;
            }
            if let Some(last) = self.fee_changed.replace(step.at) {
                let apart = since(last, step.at);
                let cooled = apart >= self.params.pricing.cooldown;
                self.unless(cooled, Invariant::Cooldown, step.sequence, || {
                    format!("{apart:?} after the change before")
                });
            }
        }
    }

    /// Starts and stops of the prover, in order.
    fn switches(&mut self, step: &CheckedLook<'_>) {
        let switches = |applied: &&AppliedChange| {
            applied.differs && matches!(applied.change, SettingChange::Worker(_))
        };
        let mut all: Vec<(Timestamp, Option<&AppliedChange>)> =
            step.restarts.iter().map(|at| (*at, None)).collect();
        all.extend(step.applied.iter().filter(switches).map(|applied| (applied.at, Some(applied))));
        all.sort_by_key(|(at, _)| *at);
        for (at, cause) in all {
            if let Some(applied) = cause.filter(|applied| applied.by == ChangeAuthor::Controller) {
                self.switch(step, at, applied);
            }
            self.switched = Some(at);
        }
    }

    fn switch(&mut self, step: &CheckedLook<'_>, at: Timestamp, applied: &AppliedChange) {
        let apart = self.switched.map_or(Duration::MAX, |before| since(before, at));
        for (least, invariant) in [(TOGGLE, Invariant::Toggle), (HAZARD, Invariant::Hazard)] {
            self.unless(apart >= least, invariant, step.sequence, || {
                format!("{:?} {apart:?} after the switch before", applied.change)
            });
        }
        let pricing = &self.params.pricing;
        let least = match step.decision.reason {
            Reason::Profitable { .. } => pricing.min_off,
            Reason::Uneconomical { .. } => pricing.min_on,
            _ => Duration::ZERO,
        };
        let dwelt = self.switched_by_us.map_or(Duration::MAX, |last| since(last, step.at));
        self.unless(dwelt >= least, Invariant::Dwell, step.sequence, || {
            format!("{:?} after {dwelt:?}", applied.change)
        });
        if let SettingChange::Worker(Some(key)) = &applied.change {
            let own = self.params.worker.owns(key);
            self.unless(own, Invariant::Key, step.sequence, || key.to_string());
        }
        self.switched_by_us = Some(step.at);
    }

    /// Changes for the market's sake end with the budget; those that make room for own blocks
    /// count, and are made all the same.
    fn budget(&mut self, step: &CheckedLook<'_>) {
        if !ours(step).any(|applied| applied.differs) {
            return;
        }
        self.changing.retain(|before| since(*before, step.at) < DAY);
        let made = self.changing.len();
        let for_a_block =
            matches!(step.decision.reason, Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed);
        let late = step.applied.iter().all(|applied| applied.by != ChangeAuthor::Controller);
        let within = made < self.params.pricing.max_changes_per_day as usize || for_a_block || late;
        self.unless(within, Invariant::Budget, step.sequence, || {
            format!("after {made} changes in a day: {:?}", step.decision.action)
        });
        self.changing.push_back(step.at);
    }
}

/// What the controller set, at once or late.
fn ours<'a>(step: &CheckedLook<'a>) -> impl Iterator<Item = &'a AppliedChange> {
    step.applied.iter().filter(|applied| applied.by != ChangeAuthor::Stranger)
}

fn since(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}
