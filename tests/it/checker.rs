//! What must hold in every run of the controller, whatever goes wrong around it.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use snarkfee::{
    market::SyncState,
    policy::{Action, Outcome, Params, Reason},
    record::{Mode, Record},
    simd::Change,
};

use crate::{
    proxy::Kind,
    stage::{Applied, Author},
};

/// A run, as the controller tells it and as the daemon knows it.
#[derive(Clone)]
pub(crate) struct Trace {
    pub(crate) mode: Mode,
    pub(crate) params: Params,
    /// When the daemon's process began anew, its prover with it.
    pub(crate) restarts: Vec<Timestamp>,
    pub(crate) steps: Vec<Step>,
}

/// One look and what was really asked and set by it.
#[derive(Clone)]
pub(crate) struct Step {
    /// When it began, by the market's time.
    pub(crate) at: Timestamp,
    /// When it began, by the controller's clock.
    pub(crate) believed: Timestamp,
    /// What the daemon showed of itself as it began.
    pub(crate) sync: SyncState,
    /// Whether the operator had paused it.
    pub(crate) paused: bool,
    /// Whether the operator's `resume` came before it, which closes the breaker.
    pub(crate) resumed: bool,
    /// What was wrong.
    pub(crate) faults: Vec<&'static str>,
    /// Requests that left the controller.
    pub(crate) asked: Vec<Kind>,
    /// Intents that the journal took down in it.
    pub(crate) intended: usize,
    /// What was set at the daemon since the look before, in order.
    pub(crate) applied: Vec<Applied>,
    pub(crate) record: Arc<Record>,
}

impl Step {
    pub(crate) fn mutates(&self) -> bool {
        self.asked.iter().any(|kind| kind.is_mutation())
    }
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Invariant {
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
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    look: u64,
    what: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "look {}: {:?}: {}", self.look, self.invariant, self.what)
    }
}

const TOGGLE: Duration = Duration::from_secs(10);
const HAZARD: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Everything that did not hold.
pub(crate) fn violations(trace: &Trace) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut open = false;
    for step in &trace.steps {
        look(trace, step, open && !step.resumed, &mut found);
        open = step.record.hold.breaker_open;
    }
    fees(trace, &mut found);
    switches(trace, &mut found);
    budget(trace, &mut found);
    found
}

/// Violations by invariant, for a table.
pub(crate) fn counted(violations: &[Violation]) -> BTreeMap<Invariant, usize> {
    let mut counts = BTreeMap::new();
    for violation in violations {
        *counts.entry(violation.invariant).or_default() += 1;
    }
    counts
}

/// What one look may do.
fn look(trace: &Trace, step: &Step, breaker_open: bool, found: &mut Vec<Violation>) {
    let record = &step.record;
    let decision = &record.decision;
    let mut unless = |holds: bool, invariant: Invariant, what: &str| {
        if !holds {
            let what = format!("{what}: {:?} for {} sent {:?}", decision.action, decision.reason, step.asked);
            found.push(Violation { invariant, look: record.sequence, what });
        }
    };
    let still = !step.mutates();
    unless(still || trace.mode == Mode::Live, Invariant::DryRun, "a dry run");
    unless(still || !step.paused, Invariant::Paused, "paused");
    unless(still || !breaker_open, Invariant::Breaker, "breaker open");
    unless(still || step.sync == SyncState::Synced, Invariant::Unsynced, step.sync.as_str());
    unless(still || step.intended == 1, Invariant::Unrecorded, "not taken down");
    let count = |wanted: Kind| step.asked.iter().filter(|kind| **kind == wanted).count();
    let sent = [count(Kind::SetFee), count(Kind::SwitchOn), count(Kind::SwitchOff)];
    let allowed = match &decision.action {
        Action::Hold => [0, 0, 0],
        Action::SetFee { .. } | Action::Park { .. } => [1, 0, 0],
        Action::SwitchOn { .. } => [1, 1, 0],
        Action::SwitchOff => [0, 0, 1],
    };
    unless(sent.iter().zip(allowed).all(|(sent, allowed)| *sent <= allowed), Invariant::Duplicate, "sent too much");
    let reason = decision.reason.to_string();
    unless(!reason.is_empty() && !decision.reason.code().is_empty(), Invariant::Reason, "no reason");
    let held = matches!(decision.action, Action::Hold);
    unless(!held || record.outcome == Outcome::Held, Invariant::Reason, "a hold with an outcome");
    unless(held || record.look.status.is_ok(), Invariant::Reason, "acted without a status");
    for applied in step.applied.iter().filter(|applied| applied.by == Author::Controller) {
        let decided = match (&applied.change, &decision.action) {
            (Change::Fee(set), Action::SetFee { fee } | Action::Park { fee } | Action::SwitchOn { fee, .. }) => {
                set == fee
            }
            (Change::Worker(set), Action::SwitchOn { key, .. }) => set.as_ref() == Some(key),
            (Change::Worker(None), Action::SwitchOff) => true,
            _ => false,
        };
        unless(decided, Invariant::Unaccounted, &format!("{:?} was set", applied.change));
    }
}

/// A change at the daemon that the controller made, with the look that sent it.
fn ours(trace: &Trace) -> impl Iterator<Item = (&Step, &Applied)> {
    let applied = |step| move |applied| (step, applied);
    trace
        .steps
        .iter()
        .flat_map(move |step: &Step| step.applied.iter().map(applied(step)))
        .filter(|(_, applied): &(&Step, &Applied)| applied.by != Author::Stranger)
}

fn fees(trace: &Trace, found: &mut Vec<Violation>) {
    let pricing = &trace.params.pricing;
    let mut last: Option<&Step> = None;
    for (step, applied) in ours(trace) {
        let Change::Fee(fee) = &applied.change else { continue };
        let mut violated = |invariant, what| found.push(Violation { invariant, look: step.record.sequence, what });
        if !(pricing.floor..=pricing.ceiling).contains(fee) {
            violated(Invariant::FeeInBounds, format!("{fee} was set"));
        }
        // Of one that came late the controller knows when it was sent.
        if !applied.differs || applied.by == Author::Straggler {
            continue;
        }
        if let Some(last) = last.replace(step) {
            let apart = elapsed(last, step);
            if apart < pricing.cooldown {
                violated(Invariant::Cooldown, format!("{apart:?} after the change before"));
            }
        }
    }
}

/// Time between two looks, whatever the controller's clock was set to meanwhile.
fn elapsed(from: &Step, to: &Step) -> Duration {
    since(from.at, to.at)
}

fn since(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// Starts and stops of the prover, each with the look that caused it, if one did.
fn switches(trace: &Trace, found: &mut Vec<Violation>) {
    let mut all: Vec<(Timestamp, Option<(&Step, &Applied)>)> =
        trace.restarts.iter().map(|restart| (*restart, None)).collect();
    for step in &trace.steps {
        let switches = |applied: &&Applied| applied.differs && matches!(applied.change, Change::Worker(_));
        all.extend(step.applied.iter().filter(switches).map(|applied| (applied.at, Some((step, applied)))));
    }
    all.sort_by_key(|(at, _)| *at);
    let mut before: Option<Timestamp> = None;
    let mut last: Option<&Step> = None;
    for (at, cause) in all {
        if let Some((step, applied)) = cause
            && applied.by == Author::Controller
        {
            let mut violated = |invariant, what| found.push(Violation { invariant, look: step.record.sequence, what });
            let apart = before.map_or(Duration::MAX, |before| since(before, at));
            for (least, invariant) in [(TOGGLE, Invariant::Toggle), (HAZARD, Invariant::Hazard)] {
                if apart < least {
                    violated(invariant, format!("{:?} {apart:?} after the switch before", applied.change));
                }
            }
            let pricing = &trace.params.pricing;
            let least = match step.record.decision.reason {
                Reason::Profitable { .. } => pricing.min_off,
                Reason::Uneconomical { .. } => pricing.min_on,
                _ => Duration::ZERO,
            };
            let dwelt = last.map_or(Duration::MAX, |last| elapsed(last, step));
            if dwelt < least {
                violated(Invariant::Dwell, format!("{:?} after {dwelt:?}", applied.change));
            }
            if let Change::Worker(Some(key)) = &applied.change
                && !trace.params.worker.owns(key)
            {
                violated(Invariant::Key, key.to_string());
            }
            last = Some(step);
        }
        before = Some(at);
    }
}

/// Changes for the market's sake end with the budget; those that make room for own blocks count, and are made all the same.
fn budget(trace: &Trace, found: &mut Vec<Violation>) {
    let limit = trace.params.pricing.max_changes_per_day as usize;
    let mut changing: Vec<&Step> = ours(trace).filter(|(_, applied)| applied.differs).map(|(step, _)| step).collect();
    changing.dedup_by_key(|step| step.at);
    for (index, step) in changing.iter().enumerate() {
        let made = changing[..index].iter().rev().take_while(|before| elapsed(before, step) < DAY).count();
        let for_a_block = matches!(step.record.decision.reason, Reason::OwnBlockAhead { .. } | Reason::OwnBlockPassed);
        let late = step.applied.iter().all(|applied| applied.by != Author::Controller);
        if made >= limit && !for_a_block && !late {
            let what = format!("after {made} changes in a day: {:?}", step.record.decision.action);
            found.push(Violation { invariant: Invariant::Budget, look: step.record.sequence, what });
        }
    }
}
