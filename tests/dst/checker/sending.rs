//! Judges a mutation that left the service.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use snarkfee_core::{
    market::{DaemonStatus, LedgerAccount, SyncState},
    policy::{Action, Mutation, OnExit},
    units::Nanomina,
};
use snarkfee_lab::market_sim::World;

use super::{
    Checker, Moment, Process,
    watched::{Decided, Intent, Watched},
};
use crate::{
    config::{
        CHANGES_A_DAY, COOLDOWN, MAX_AGE, MIN_OFF, MIN_ON, MIN_PEERS, RESUME_AFTER, STOP_BEFORE,
    },
    history::Asked,
    promises::Promise,
};

/// Answers take their time, and are read in whole seconds.
const SLACK: Duration = Duration::from_secs(2);
/// A whole look with its action, where every answer takes as long as it may.
const ACTION: Duration = Duration::from_secs(130);
/// Time between opposite switches.
const HAZARD: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// For how long a slot that is still shown counts.
const LONGEST_PRODUCTION: Duration = Duration::from_secs(30 * 60);
/// Blocks that a best tip may lack.
const MISSING_BLOCKS: u32 = 10;
/// Slots after which a best tip is old.
const TIP_SLOTS: u32 = 20;
/// For how long an uptime may look the same, and the longest time between looks before that shows.
const UPTIME_MAY_STAND: Duration = Duration::from_secs(75);

/// What a mutation is for.
struct Purpose {
    /// The worker makes room for an own block.
    aside: bool,
    /// It comes back from there.
    back: bool,
    /// The daemon is left.
    leaves: bool,
    /// Its works cannot be paid.
    unpayable: bool,
}

impl Purpose {
    /// Whether it is for the market's sake.
    const fn is_trade(&self) -> bool {
        !self.aside && !self.back && !self.leaves
    }
}

/// Promises put to the test, and what was found.
#[derive(Default)]
struct Findings(Vec<(Promise, Option<String>)>);

impl Findings {
    fn require(&mut self, promise: Promise, holds: bool, what: impl FnOnce() -> String) {
        self.0.push((promise, (!holds).then(what)));
    }
}

impl Checker {
    pub(super) fn check_sent(
        &mut self,
        now: Moment,
        number: usize,
        port: u64,
        mutation: &Mutation,
    ) {
        let mut found = Findings::default();
        let (process, daemon) = (&self.process, &mut self.daemons[number]);
        check_process(&mut found, process, daemon, port, now);
        check_action(&mut found, process, daemon, (number, mutation), now);
        for (promise, violated) in found.0 {
            *self.tested.entry(promise).or_default() += 1;
            if let Some(what) = violated {
                self.violate(promise, now.at, format!("daemon {number}, {mutation:?}: {what}"));
            }
        }
    }
}

/// What does not depend on the action.
fn check_process(
    found: &mut Findings,
    process: &Process,
    daemon: &Watched,
    port: u64,
    now: Moment,
) {
    let line = daemon.line(now.at);
    let live = process.configs().any(|config| config.live);
    found.require(Promise::DryRun, live, || "in dry-run".to_owned());
    let paused = daemon.orders.paused(line);
    found.require(Promise::Paused, !paused, || "a pause stands".to_owned());
    found.require(Promise::JournalDoubt, !daemon.orders.doubt, || "not resumed since".to_owned());
    let open = daemon.memory.breaker_open();
    found.require(Promise::BreakerOpen, !open, || "it is open".to_owned());
    found.require(Promise::LoopReplaced, port == daemon.newest_port, || {
        format!("loop {port} sent, but {} took over", daemon.newest_port)
    });
}

fn check_action(
    found: &mut Findings,
    process: &Process,
    daemon: &mut Watched,
    (number, mutation): (usize, &Mutation),
    now: Moment,
) {
    let recorded = daemon.intent.as_ref().is_some_and(|it| it.planned.contains(mutation));
    found.require(Promise::RecordedFirst, recorded, || {
        let action = daemon.intent.as_ref().map(|intent| &intent.action);
        format!("the journal has {action:?}")
    });
    let Some(decision) = daemon.decision.clone() else { return };
    let status = decision.status().cloned();
    let age = now.at.saturating_sub(decision.began);
    found.require(Promise::StatusRead, status.is_some() && age <= MAX_AGE + ACTION, || {
        format!("read: {}, {age:?} ago", status.is_some())
    });
    let (Some(status), Some(intent)) = (status, &daemon.intent) else { return };
    check_steps(found, intent, mutation);
    let purpose = Purpose {
        aside: *mutation == Mutation::SwitchOff
            && needs_room(daemon, &status, [now.wall, decision.shown.wall]),
        back: matches!(intent.action, Action::SwitchOn { .. }) && daemon.stepped_aside,
        leaves: decision.asked == Asked::Alone,
        unpayable: matches!(daemon.account, Some(LedgerAccount::Closed(_))),
    };
    check_daemon(found, daemon, (&decision, &status), (number, mutation), &purpose, now);
    check_others(found, daemon, &purpose, now);
    if purpose.leaves {
        check_leaving(found, process, number, intent);
    } else {
        check_fee(found, process, daemon, mutation);
    }
    let first = intent.sent.is_empty();
    check_pace(found, daemon, (&status, mutation), &purpose, now);
    if first && purpose.is_trade() {
        let line = daemon.line(now.at);
        daemon.changes.retain(|change| line.saturating_sub(*change) < DAY);
        let made = daemon.changes.len();
        found.require(Promise::DailyBudget, made < CHANGES_A_DAY, || format!("{made} in a day"));
    }
    if purpose.is_trade() && number == 1 && !purpose.unpayable {
        found.require(Promise::CostUnknown, process.priced, || "no price was read".to_owned());
    }
    if let Some(intent) = &mut daemon.intent {
        intent.sent.push(mutation.clone());
    }
    daemon.actions += u32::from(first);
    found.require(Promise::LooksOnce, !process.once || daemon.actions <= 1, || {
        format!("{} actions of one look", daemon.actions)
    });
    if *mutation == Mutation::SwitchOff {
        daemon.stepped_aside = purpose.aside;
    }
}

/// The steps of one action.
fn check_steps(found: &mut Findings, intent: &Intent, mutation: &Mutation) {
    let again = intent.sent.contains(mutation);
    found.require(Promise::NeverTwice, !again, || "sent again".to_owned());
    if let Mutation::SwitchOn { .. } = mutation {
        let fee = intent.planned.iter().find(|it| matches!(it, Mutation::SetFee { .. }));
        let set = fee.is_none_or(|fee| intent.sent.contains(fee));
        found.require(Promise::FeeFirst, set, || format!("{fee:?} was not sent"));
    }
    let lost = intent.lost.is_some().then_some("an answer is missing");
    let dropped = intent.dropped.or(lost);
    found.require(Promise::RestDropped, dropped.is_none(), || {
        format!("after {:?}: {}", intent.sent, dropped.unwrap_or_default())
    });
    found.require(Promise::ReloadLogged, !intent.outdated, || "decided by others".to_owned());
}

/// What the daemon was when it was last read.
fn check_daemon(
    found: &mut Findings,
    daemon: &Watched,
    (decision, status): (&Decided, &DaemonStatus),
    (number, mutation): (usize, &Mutation),
    purpose: &Purpose,
    now: Moment,
) {
    found.require(Promise::SchemaLacks, !status.read_only, || "it has none".to_owned());
    let switches = !matches!(mutation, Mutation::SetFee { .. });
    if number == 0 {
        let own = World::operator_key();
        let foreign = status.worker.as_ref().is_some_and(|key| *key != own);
        let sets = matches!(mutation, Mutation::SwitchOn { key } if *key != own);
        found.require(Promise::ForeignKey, !foreign && !sets, || format!("{:?}", status.worker));
    } else {
        found.require(Promise::KeyUnset, !switches, || "it was switched".to_owned());
    }
    if !purpose.aside {
        let distrust = find_distrust(daemon, decision, status);
        found.require(Promise::Trusted, distrust.is_none(), || distrust.unwrap_or_default());
    }
    if purpose.is_trade() && !purpose.unpayable {
        let ago = daemon.metrics_read.map(|read| daemon.line(now.at).saturating_sub(read));
        let fresh = ago.is_some_and(|ago| ago <= MAX_AGE + ACTION);
        let known = decision.shown.metrics || fresh && !decision.shown.contradicts;
        found.require(Promise::MetricsUnread, known, || format!("last read {ago:?} ago"));
    }
}

fn find_distrust(daemon: &Watched, decision: &Decided, status: &DaemonStatus) -> Option<String> {
    let away = |one: Timestamp, other: Timestamp| {
        Duration::try_from(other.duration_since(one)).unwrap_or_default()
    };
    let (begins, wall) = (status.now.starts, decision.shown.wall);
    let ends = begins + status.slot_duration;
    let took = decision.at.saturating_sub(decision.began);
    let wrong = away(wall, begins).max(away(ends + took, wall));
    let (Some(height), Some(tip)) = (status.height, status.best_tip) else {
        return Some("it has no tip".to_owned());
    };
    let limit = (status.slot_duration * TIP_SLOTS).max(MAX_AGE) + ACTION;
    let age = away(tip.starts, begins).max(away(tip.starts, wall).saturating_sub(took));
    let stands = daemon.uptime.map_or(Duration::ZERO, |(_, since, seen)| seen - since);
    let checks = [
        (status.sync == SyncState::Synced, format!("it is {}", status.sync.as_str())),
        (status.peers.is_none_or(|peers| peers >= MIN_PEERS), "few peers".to_owned()),
        (wrong <= MAX_AGE + SLACK, format!("its clock is {wrong:?} off")),
        (age <= limit, format!("its tip is {age:?} old")),
        (status.highest_received <= height + MISSING_BLOCKS, "it lacks blocks".to_owned()),
        (stands <= UPTIME_MAY_STAND, format!("its uptime stands for {stands:?}")),
    ];
    checks.into_iter().find_map(|(holds, what)| (!holds).then_some(what))
}

/// Whether the machine may need its power for an own block, by any clock.
fn needs_room(daemon: &Watched, status: &DaemonStatus, walls: [Timestamp; 2]) -> bool {
    let signed = |span: Duration| SignedDuration::try_from(span).unwrap();
    let minute = SignedDuration::from_mins(1);
    let (begins, ends) = (status.now.starts, status.now.starts + status.slot_duration + minute);
    daemon.slots.iter().any(|slot| {
        let from = *slot - signed(STOP_BEFORE) - minute;
        let to = *slot + signed(RESUME_AFTER.max(LONGEST_PRODUCTION)) + minute;
        let within = |wall: Timestamp| from <= wall && wall < to;
        walls.into_iter().any(within) || begins < to && from < ends
    })
}

/// Someone else's changes.
fn check_others(found: &mut Findings, daemon: &Watched, purpose: &Purpose, now: Moment) {
    if purpose.aside || purpose.back {
        return;
    }
    // A look begins before its answer comes.
    let line = daemon.line(now.at) + Duration::from_secs(45);
    let held = daemon.memory.hold.is_some_and(|until| line < until);
    let promise = match daemon.memory.contested() {
        true => Promise::AnotherController,
        false => Promise::ChangedByOthers,
    };
    found.require(promise, !held, || format!("held until {:?}", daemon.memory.hold));
}

/// Leaving a daemon.
fn check_leaving(found: &mut Findings, process: &Process, number: usize, intent: &Intent) {
    let removed = process.configs().any(|config| !config.names(number));
    let may = !process.once && (process.stopping || removed);
    let as_configured = process.configs().any(|config| match config.on_exit {
        OnExit::Keep => false,
        OnExit::Off => intent.action == Action::SwitchOff,
        OnExit::Baseline => true,
    });
    found.require(Promise::OnExit, may && as_configured, || {
        format!("{:?}, stopping {}, removed {removed}", intent.action, process.stopping)
    });
}

fn check_fee(found: &mut Findings, process: &Process, daemon: &Watched, mutation: &Mutation) {
    let Mutation::SetFee { fee } = mutation else { return };
    let within = process.configs().any(|config| {
        let floor = match daemon.account {
            Some(LedgerAccount::Missing) => Nanomina::ONE_MINA.get().min(config.ceiling),
            _ => config.floor,
        };
        (floor..=config.ceiling).contains(&fee.get())
    });
    found.require(Promise::FeeBounds, within, || format!("account {:?}", daemon.account));
}

/// Times between changes.
fn check_pace(
    found: &mut Findings,
    daemon: &Watched,
    (status, mutation): (&DaemonStatus, &Mutation),
    purpose: &Purpose,
    now: Moment,
) {
    let line = daemon.line(now.at);
    let since =
        |last: Option<Duration>| last.map_or(Duration::MAX, |last| line.saturating_sub(last));
    if let Mutation::SetFee { .. } = mutation {
        let passed = since(daemon.fee_changed);
        let cooled = purpose.leaves || passed.saturating_add(SLACK) >= COOLDOWN;
        found.require(Promise::Cooldown, cooled, || format!("{passed:?} after the last"));
    } else {
        let passed = since(daemon.switched).min(since_others(daemon, status, now));
        let apart = passed.saturating_add(SLACK) >= HAZARD;
        found.require(Promise::OppositeSwitches, apart, || format!("{passed:?} after the last"));
        let (passed, off) = (since(daemon.switched), *mutation == Mutation::SwitchOff);
        let dwelt = !purpose.is_trade()
            || passed.saturating_add(SLACK) >= if off { MIN_ON } else { MIN_OFF };
        found.require(Promise::Dwell, dwelt, || format!("{passed:?} after the last"));
    }
}

/// Time since the daemon or someone else started or stopped the prover, as far as it was shown.
fn since_others(daemon: &Watched, status: &DaemonStatus, now: Moment) -> Duration {
    let Some(decision) = &daemon.decision else { return Duration::MAX };
    let restart = daemon.restarted.filter(|at| {
        let shown = now.at.saturating_sub(*at).saturating_sub(status.uptime);
        *at < decision.began && shown < ACTION && status.uptime <= now.at - *at + SLACK
    });
    let switched = daemon
        .switched_by_others
        .filter(|switched| switched.noticeable && switched.on == status.worker.is_some())
        .map(|switched| switched.at)
        .filter(|at| *at < decision.began);
    let last = restart.max(switched);
    last.map_or(Duration::MAX, |last| now.at.saturating_sub(last))
}
