//! The controller over real HTTP with injected faults: each alone, then in seeded storms.
//!
//! Time is simulated. `SNARKFEE_STORM_LOOKS` sets the length of each storm.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    invariants::{ChangeAuthor, SettingChange},
    record::{Mode, Role},
};
use snarkfee_lab::{
    daemon_sim::Era,
    market_sim::{Scenario, World, library},
};

use crate::{
    checker::{Invariant, Step, Trace, Violation, counted, violations},
    controller_fixture::{ControllerFixture, LOOK_LIMIT, MINUTE, SLOT, Setting},
    injected_fault::InjectedFault,
    network::nanomina,
};

/// Looks with one fault.
const ALONE: usize = 50;
/// Looks of a storm by default.
const STORM: usize = 400;

/// The same demand in smaller rolls: a look is then cheap, and there are more rolls to learn from.
const SMALL_TREES: &str = "\n[chain]\ntree_slots = 32\ntree_works = 31\n";

/// The built-in scenario, with restarts of the daemon in these slots.
fn scarce(restarts: &[u32], own_blocks: f64) -> Scenario {
    let text = library::text("scarce").unwrap();
    let head = format!("restarts = {restarts:?}\nname =");
    Scenario::parse(&(text.replacen("name =", &head, 1) + SMALL_TREES + &producing(own_blocks)))
        .unwrap()
}

/// An operator who wins this share of the slots.
fn producing(share: f64) -> String {
    format!("\n[operator.blocks]\nshare = {share}\nmissed_while_proving = 0.5\n")
}

/// Alternating surplus and scarcity, restarts, and own blocks.
fn changeable(restarts: &[u32]) -> Scenario {
    let text = library::text("regime-switch").unwrap();
    let (first, second) = text.rsplit_once("from_slot = ").unwrap();
    let second = second.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let turns = format!("{first}from_slot = 100{second}");
    let head = format!("restarts = {restarts:?}\ncycle_slots = 200\nname =");
    Scenario::parse(&(turns.replacen("name =", &head, 1) + SMALL_TREES + &producing(0.02))).unwrap()
}

/// Runs some looks without the fault, many with it at random, and some without again.
async fn run_alone(fault: InjectedFault) -> Trace {
    let mut draw = ChaCha8Rng::seed_from_u64(fault as u64);
    let restarts = if fault == InjectedFault::Restarts { vec![6, 14, 15] } else { Vec::new() };
    let hangs = matches!(fault, InjectedFault::Hang | InjectedFault::RequestLate);
    let setting = Setting {
        mode: Mode::Live,
        era: if fault == InjectedFault::CrowdedPool { Era::Berkeley30 } else { Era::Mesa40 },
        // Own blocks cause many switches.
        scenario: scarce(&restarts, if fault.needs_mutations() { 0.06 } else { 0.0 }),
        seed: 1,
        restarts,
        // Without a hang, nothing may reach the time limit.
        timeout: if hangs { Duration::from_millis(500) } else { LOOK_LIMIT / 8 },
    };
    let mut fixture = ControllerFixture::open(setting).await;
    for look in 0..ALONE {
        let first = if fault.needs_mutations() { 0 } else { 4 };
        let often = if fault.lasts() { 0.95 } else { 0.5 };
        let strikes = look == first || (first..36).contains(&look) && draw.random_bool(often);
        let strikes = strikes && !(fault == InjectedFault::CrowdedPool && look % 10 > 0);
        let faults = if strikes { vec![(fault, fault.effect(&mut draw))] } else { Vec::new() };
        fixture.look(MINUTE, faults).await;
    }
    fixture.trace
}

/// One line of the table.
struct TableLine {
    name: String,
    looks: usize,
    spoiled: usize,
    set: usize,
    violations: Vec<Violation>,
}

fn table_line(name: &str, trace: &Trace) -> TableLine {
    TableLine {
        name: name.to_owned(),
        looks: trace.steps.len(),
        spoiled: trace.steps.iter().filter(|step| !step.faults.is_empty()).count(),
        set: trace.steps.iter().map(|step| step.applied.len()).sum(),
        violations: violations(trace),
    }
}

fn print_table(lines: &[TableLine]) {
    println!(
        "| fault | looks | with a fault | settings made | violations |\n|---|---:|---:|---:|---:|"
    );
    for TableLine { name, looks, spoiled, set, violations } in lines {
        println!("| {name} | {looks} | {spoiled} | {set} | {} |", violations.len());
    }
}

fn assert_no_violations(lines: &[TableLine]) {
    print_table(lines);
    let found: Vec<String> = lines
        .iter()
        .filter(|line| !line.violations.is_empty())
        .map(|line| {
            format!("{}: {:?} {:#?}", line.name, counted(&line.violations), line.violations)
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

async fn run_each_alone(faults: &[InjectedFault]) {
    let mut lines = Vec::new();
    for fault in faults {
        let trace = run_alone(*fault).await;
        let looks: Vec<String> = trace.steps.iter().map(describe).collect();
        assert!(fault.shows(&trace), "nothing of {fault:?} was seen:\n{}", looks.join("\n"));
        let last = &trace.steps.last().unwrap().record;
        let decides =
            last.decision.target.is_some() || last.decision.reason.code() == "own_block_ahead";
        assert!(
            last.read_in_full() && decides,
            "{fault:?} is not recovered from:\n{}",
            looks.join("\n")
        );
        lines.push(table_line(fault.name(), &trace));
    }
    assert_no_violations(&lines);
}

/// Describes one look in one line.
fn describe(step: &Step) -> String {
    let Step { at, record, asked, applied, faults, .. } = step;
    let (action, reason) = (record.decision.action.code(), &record.decision.reason);
    let applied: Vec<_> = applied.iter().map(|applied| (&applied.change, applied.by)).collect();
    let mutations: Vec<_> = asked.iter().filter(|kind| kind.is_mutation()).collect();
    format!(
        "{at} {faults:?} {action} {reason} {} asked {mutations:?} applied {applied:?}",
        record.outcome.code()
    )
}

fn every_second_fault(odd: usize) -> Vec<InjectedFault> {
    InjectedFault::ALL.iter().copied().skip(odd).step_by(2).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_alone_is_survived_first_half() {
    run_each_alone(&every_second_fault(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_alone_is_survived_second_half() {
    run_each_alone(&every_second_fault(1)).await;
}

fn storm_looks() -> usize {
    std::env::var("SNARKFEE_STORM_LOOKS")
        .map_or(STORM, |looks| looks.parse().expect("SNARKFEE_STORM_LOOKS is a number"))
}

/// Runs several faults at a time that come and go, in a changing market, with a daemon that restarts.
async fn run_storm(seed: u64, looks: usize, mode: Mode) -> Trace {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut restarts = Vec::new();
    let mut slot = 0;
    while slot < u32::try_from(looks).unwrap() * 2 {
        // Sometimes two in quick succession.
        slot += if draw.random_bool(0.2) {
            draw.random_range(1..4)
        } else {
            draw.random_range(30..250)
        };
        restarts.push(slot);
    }
    let setting = Setting {
        mode,
        era: Era::Mesa40,
        scenario: changeable(&restarts),
        seed,
        restarts,
        timeout: Duration::from_millis(500),
    };
    let mut fixture = ControllerFixture::open(setting).await;
    let mut raging: Vec<(InjectedFault, usize)> = Vec::new();
    for _ in 0..looks {
        raging.retain_mut(|(_, left)| {
            *left = left.saturating_sub(1);
            *left > 0
        });
        if draw.random_bool(0.2) {
            let fault = *InjectedFault::ALL.choose(&mut draw).unwrap();
            // Faults that take real time are rarer.
            let costly = matches!(
                fault,
                InjectedFault::Hang
                    | InjectedFault::RequestLate
                    | InjectedFault::CrowdedPool
                    | InjectedFault::Endless
            );
            if !costly || draw.random_bool(0.3) {
                raging.push((fault, if costly { 1 } else { draw.random_range(1..8) }));
            }
        }
        let faults = raging.iter().map(|(fault, _)| (*fault, fault.partial(&mut draw))).collect();
        // Mostly the interval with its jitter; sometimes at once, on a command, or after the machine
        // slept.
        let seconds = match draw.random_range(0..10) {
            0 => draw.random_range(1..30),
            1 => draw.random_range(200..900),
            _ => draw.random_range(54..=66),
        };
        fixture.look(Duration::from_secs(seconds), faults).await;
    }
    fixture.trace
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storms_break_no_invariant() {
    let mut lines = Vec::new();
    for seed in [1, 2] {
        let trace = run_storm(seed, storm_looks(), Mode::Live).await;
        let did = |code: &str| {
            trace
                .steps
                .iter()
                .any(|step| step.record.decision.action.code() == code && !step.applied.is_empty())
        };
        let looks: Vec<String> = trace.steps.iter().map(describe).collect();
        for action in ["set_fee", "switch_on", "switch_off"] {
            assert!(did(action), "no {action} in the storm of seed {seed}:\n{}", looks.join("\n"));
        }
        lines.push(table_line(&format!("storm, seed {seed}"), &trace));
    }
    assert_no_violations(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_sends_nothing_in_the_same_storm() {
    let trace = run_storm(1, storm_looks(), Mode::DryRun).await;
    let would = trace.steps.iter().filter(|step| step.record.outcome.code() == "dry_run").count();
    assert!(would > 0, "there was something that it would have done");
    assert!(!trace.steps.iter().any(Step::mutates));
    assert_no_violations(&[table_line("storm in dry-run, seed 1", &trace)]);
}

/// Another controller restores its own fee between our looks whenever it finds a different one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rival_is_given_way_to() {
    let mut fixture = ControllerFixture::open(Setting::live(scarce(&[], 0.0))).await;
    fixture.reapply();
    let mut ours = Vec::new();
    for look in 0..100 {
        // The controller is killed now and then; it remembers the conflict.
        let killed = (look % 10 == 9).then_some(InjectedFault::Replaced);
        let effects = killed.map(|fault| (fault, fault.effect(&mut ChaCha8Rng::seed_from_u64(1))));
        fixture.look(MINUTE * 10, effects.into_iter().collect()).await;
        fixture.rival_sets(nanomina(7_777));
        if fixture.trace.steps[look].mutates() {
            ours.push(look);
        }
    }
    let trace = fixture.trace;
    let looks: Vec<String> = trace.steps.iter().map(describe).collect();
    let contested =
        trace.steps.iter().position(|step| step.record.decision.reason.code() == "contested");
    assert!(contested.is_some() && ours.len() >= 3, "{}", looks.join("\n"));
    let since = contested.unwrap();
    let later: Vec<_> = ours.into_iter().filter(|look| *look > since).collect();
    let apart: Vec<_> = later.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        apart.is_sorted() && apart.last() >= Some(&12),
        "hours, and more each time: {later:?}\n{}",
        looks.join("\n")
    );
    assert_no_violations(&[table_line("rival", &trace)]);
}

/// Only its counters show that it is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coordinator_is_found_out_and_its_key_left_alone() {
    let scenario =
        Scenario::parse(&(library::text("coordinator").unwrap().to_owned() + SMALL_TREES)).unwrap();
    let mut fixture = ControllerFixture::open(Setting::live(scenario)).await;
    for _ in 0..30 {
        fixture.look(MINUTE, Vec::new()).await;
    }
    let trace = fixture.trace;
    let looks: Vec<String> = trace.steps.iter().map(describe).collect();
    let first = &trace.steps[0].record;
    assert_eq!(
        (first.role, first.decision.reason.code()),
        (Role::Unsure, "role_unsure"),
        "{}",
        looks.join("\n")
    );
    assert!(
        first.decision.appraisal.is_some() && first.decision.target.is_some(),
        "advice is given meanwhile"
    );
    assert_eq!(trace.steps[29].record.role, Role::Coordinator, "{}", looks.join("\n"));
    let set: Vec<_> =
        trace.steps.iter().flat_map(|step| &step.applied).map(|applied| &applied.change).collect();
    assert!(
        !set.is_empty() && set.iter().all(|change| matches!(change, SettingChange::Fee(_))),
        "{set:?}"
    );
    assert_no_violations(&[table_line("coordinator", &trace)]);
}

/// A run without faults, for tests that then corrupt the trace.
async fn run_without_faults() -> Trace {
    let mut fixture = ControllerFixture::open(Setting::live(scarce(&[], 0.0))).await;
    for _ in 0..3 {
        fixture.look(MINUTE, Vec::new()).await;
    }
    fixture.trace
}

/// The checker must find a violation of each invariant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_invariant_is_found() {
    use snarkfee_core::{invariants::AppliedChange, market::SyncState};

    use crate::faulty_proxy::RequestKind;

    let good = run_without_faults().await;
    assert_eq!(
        good.steps[0].asked.iter().filter(|kind| kind.is_mutation()).count(),
        1,
        "one fee was set"
    );
    assert!(violations(&good).is_empty());
    let found = |spoil: &dyn Fn(&mut Trace)| {
        let mut trace = good.clone();
        spoil(&mut trace);
        counted(&violations(&trace)).into_keys().collect::<Vec<_>>()
    };
    let at = |step: &Step, change| AppliedChange {
        at: step.at,
        change,
        differs: true,
        by: ChangeAuthor::Controller,
    };
    let worker = |on: bool| SettingChange::Worker(on.then(World::operator_key));
    let believed = Timestamp::UNIX_EPOCH;
    assert_eq!(found(&|trace| trace.mode = Mode::DryRun), [Invariant::DryRun]);
    assert_eq!(found(&|trace| trace.steps[0].paused = true), [Invariant::Paused]);
    assert_eq!(found(&|trace| trace.steps[0].sync = SyncState::Catchup), [Invariant::Unsynced]);
    assert_eq!(
        found(&|trace| {
            let mut record = (*trace.steps[0].record).clone();
            record.hold.breaker_open = true;
            let opened = Step {
                record: Arc::new(record),
                asked: Vec::new(),
                applied: Vec::new(),
                ..trace.steps[0].clone()
            };
            trace.steps.insert(0, opened);
        }),
        [Invariant::Breaker]
    );
    assert_eq!(found(&|trace| trace.steps[0].intended = 0), [Invariant::Unrecorded]);
    assert_eq!(
        found(&|trace| trace.steps[0].asked.push(RequestKind::SetFee)),
        [Invariant::Duplicate]
    );
    assert_eq!(
        found(&|trace| trace.steps[1].asked.push(RequestKind::SwitchOff)),
        [Invariant::Duplicate, Invariant::Unrecorded]
    );
    assert_eq!(
        found(&|trace| trace.params.pricing.floor = nanomina(400_000_000).into()),
        [Invariant::FeeInBounds]
    );
    assert_eq!(
        found(&|trace| trace.params.pricing.ceiling = nanomina(1).into()),
        [Invariant::FeeInBounds]
    );
    let again = |trace: &mut Trace| {
        let step = trace.steps[0].clone();
        trace.steps[1] = Step { at: trace.steps[1].at, believed, ..step };
    };
    assert_eq!(found(&again), [Invariant::Cooldown]);
    assert_eq!(
        found(&|trace| {
            trace.params.pricing.cooldown = Duration::ZERO;
            trace.params.pricing.max_changes_per_day = 1;
            again(trace);
        }),
        [Invariant::Budget]
    );
    assert_eq!(
        found(&|trace| {
            let applied = at(&trace.steps[1], worker(false));
            trace.steps[1].applied.push(applied);
        }),
        [Invariant::Unaccounted]
    );
    let switches = |seconds: u64, trace: &mut Trace| {
        let applied = at(&trace.steps[1], worker(false));
        trace.restarts.push(applied.at - Duration::from_secs(seconds));
        trace.steps[1].applied.push(applied);
    };
    assert_eq!(found(&|trace| switches(59, trace)), [Invariant::Hazard, Invariant::Unaccounted]);
    assert_eq!(
        found(&|trace| switches(9, trace)),
        [Invariant::Toggle, Invariant::Hazard, Invariant::Unaccounted]
    );
    assert_eq!(found(&|trace| switches(60, trace)), [Invariant::Unaccounted]);
    assert_eq!(
        found(&|trace| {
            use snarkfee_core::{policy::Reason, units::FeeRate};
            let mut record = (*trace.steps[2].record).clone();
            record.decision.reason =
                Reason::Uneconomical { expected: FeeRate::ZERO, threshold: FeeRate::ZERO };
            trace.steps[2].record = Arc::new(record);
            for (step, on) in [(0, true), (2, false)] {
                let applied = at(&trace.steps[step], worker(on));
                trace.steps[step].applied.push(applied);
            }
        }),
        [Invariant::Dwell, Invariant::Unaccounted]
    );
    assert_eq!(
        found(&|trace| {
            let stranger = SettingChange::Worker(Some(crate::network::key("stranger")));
            let applied = at(&trace.steps[1], stranger);
            trace.steps[1].applied.push(applied);
        }),
        [Invariant::Unaccounted, Invariant::Key]
    );
    assert_eq!(
        found(&|trace| {
            let mut record = (*trace.steps[0].record).clone();
            record.look.status = Err(snarkfee_core::fault::Fault::TimedOut { limit: SLOT });
            trace.steps[0].record = Arc::new(record);
        }),
        [Invariant::Reason]
    );
}
