//! The controller over real HTTP with everything going wrong around it: each fault alone, then in seeded storms.
//!
//! Time is simulated. `SNARKFEE_STORM_LOOKS` sets the length of each storm.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use snarkfee::{
    control::Command,
    controller::{OnExit, Plan, Runner, Wiring},
    cost::{CostModel, Quote},
    daemon::{ClientConfig, DaemonClient},
    invariants::Author,
    journal::{Ledger, NoJournal},
    policy::{BlockProduction, Params, Pricing, Safety, Worker},
    record::Mode,
    service::Publisher,
    simd::{Era, Options, SimDaemonServer},
    simulate::{Scenario, SimulatedDaemon, World, library},
    units::DaemonId,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    checker::{Invariant, Step, Trace, Violation, counted, violations},
    fault::{Effect, Fault},
    fixed_daemon::{ANY_PORT, nanomina, start},
    proxy::{OVERSIZED, Proxy},
    stage::{Stage, Time},
};

const SLOT: Duration = Duration::from_secs(90);
const MINUTE: Duration = Duration::from_secs(60);
/// Looks at one fault.
const ALONE: usize = 50;
/// Looks of a storm where nothing else is asked for.
const STORM: usize = 500;
/// Far above what a look takes; one that reaches it has hung.
const LOOK_LIMIT: Duration = Duration::from_secs(120);

/// How a run is set up.
struct Setting {
    mode: Mode,
    era: Era,
    scenario: Scenario,
    seed: u64,
    restarts: Vec<u32>,
    timeout: Duration,
}

/// The controller, the daemon, what stands between them, and the trace so far.
struct Theatre {
    time: Time,
    stage: Arc<Mutex<Stage>>,
    _server: SimDaemonServer,
    proxy: Proxy,
    runner: Runner<DaemonClient>,
    ledger: Arc<NoJournal>,
    paused: bool,
    trace: Trace,
    _plan: watch::Sender<Arc<Plan>>,
    _quote: watch::Sender<Option<Quote>>,
}

fn params() -> Params {
    Params {
        pricing: Pricing {
            floor: nanomina(1_000),
            ceiling: nanomina(500_000_000),
            window: MINUTE * 90,
            half_life: MINUTE * 20,
            min_samples: 15,
            confirm: 2,
            cooldown: MINUTE * 5,
            min_on: MINUTE * 10,
            min_off: MINUTE * 10,
            max_changes_per_day: 40,
            ..Pricing::default()
        },
        worker: Worker { key: Some(World::operator_key()), ..Worker::default() },
        block_production: BlockProduction { enabled: true, ..BlockProduction::default() },
        safety: Safety { max_consecutive_failures: 4, external_hold: MINUTE * 10, ..Safety::default() },
    }
}

impl Theatre {
    async fn open(setting: Setting) -> Self {
        let time = Time::new(start());
        let world = World::new(&setting.scenario, setting.seed, start());
        let stage = Arc::new(Mutex::new(Stage::new(world, start())));
        let options = Options { era: setting.era, ..Options::default() };
        let stop = CancellationToken::new();
        let server = SimDaemonServer::bind(ANY_PORT, ANY_PORT, stage.clone(), time.market(), options, &stop);
        let server = server.await.unwrap();
        let proxy = Proxy::before(server.graphql_address(), server.metrics_address(), time);
        let id = DaemonId::try_new("stormy").unwrap();
        let port = DaemonClient::new(ClientConfig {
            graphql_url: Url::parse(&proxy.graphql_url()).unwrap(),
            metrics_url: Some(Url::parse(&proxy.metrics_url()).unwrap()),
            bearer: None,
            timeout: setting.timeout,
            max_response: OVERSIZED as u64 - 1,
            clock: time.controller(),
            observer: None,
        });
        let plan = Plan {
            mode: setting.mode,
            interval: MINUTE,
            params: params(),
            cost: CostModel::PerWork(nanomina(100_000)),
            on_exit: OnExit::Keep,
        };
        let (plan, plans) = watch::channel(Arc::new(plan));
        let ledger = Arc::new(NoJournal::default());
        let (quote, quotes) = watch::channel(None);
        let wiring = Wiring {
            id: id.clone(),
            port: port.unwrap(),
            clock: time.controller(),
            plan: plans,
            ledger: ledger.clone(),
            wake: Arc::default(),
            quote: quotes,
            sink: Arc::new(Publisher::new(setting.mode, [id])),
            seed: setting.seed,
        };
        let restarts = setting.restarts.iter().map(|slot| start() + SLOT * *slot).collect();
        Self {
            time,
            stage,
            _server: server,
            proxy,
            runner: Runner::new(wiring),
            ledger,
            paused: false,
            trace: Trace { mode: setting.mode, params: params(), restarts, steps: Vec::new() },
            _plan: plan,
            _quote: quote,
        }
    }

    /// Lets `after` pass, then has the controller look with these things going wrong.
    async fn look(&mut self, after: Duration, faults: Vec<(Fault, Effect)>) -> &Step {
        self.time.pass(after);
        let names = faults.iter().map(|(fault, _)| fault.name()).collect();
        let effects = faults.into_iter().map(|(_, effect)| effect);
        let mut whole = Effect::default();
        for effect in effects {
            whole.rules.extend(effect.rules);
            whole.refuses |= effect.refuses;
            whole.sync = whole.sync.or(effect.sync);
            whole.tip_older = whole.tip_older.max(effect.tip_older);
            whole.peers = whole.peers.or(effect.peers);
            whole.wrong += effect.wrong;
            whole.meddles |= effect.meddles;
            whole.pauses |= effect.pauses;
        }
        self.time.set_wrong(whole.wrong);
        let resumed = self.paused && !whole.pauses;
        self.pause(whole.pauses).await;
        self.stragglers().await;
        let sync = {
            let mut stage = self.stage.lock().unwrap();
            stage.advance(self.time.now());
            (stage.sync, stage.peers, stage.tip_older) = (whole.sync, whole.peers, whole.tip_older);
            if whole.meddles {
                stage.author = Author::Stranger;
                let fee = stage.snapshot().status.fee;
                stage.set_fee(nanomina(fee.get() + 1));
                stage.author = Author::Controller;
            }
            stage.snapshot().status.sync
        };
        self.proxy.set(whole.rules);
        self.proxy.refuse(whole.refuses).await;
        let (at, believed, paused) = (self.time.now(), self.time.believed(), self.paused);
        let record = tokio::time::timeout(LOOK_LIMIT, self.runner.look()).await.expect("a look that ends");
        self.trace.steps.push(Step {
            at,
            believed,
            sync,
            paused,
            resumed,
            faults: names,
            asked: self.proxy.take_seen(),
            applied: self.stage.lock().unwrap().take_applied(),
            record,
        });
        self.trace.steps.last().unwrap()
    }

    async fn pause(&mut self, pause: bool) {
        if std::mem::replace(&mut self.paused, pause) != pause {
            let command = match pause {
                true => Command::Pause { daemon: None, until: None },
                false => Command::Resume { daemon: None },
            };
            self.ledger.order(self.time.controller().now(), command).await.unwrap();
        }
    }

    /// Requests that were held up reach the daemon.
    async fn stragglers(&self) {
        self.stage.lock().unwrap().author = Author::Straggler;
        self.proxy.release().await;
        self.stage.lock().unwrap().author = Author::Controller;
    }
}

/// The same demand in smaller rolls: a look then costs little, and there are more of them to learn from.
const SMALL_TREES: &str = "\n[chain]\ntree_slots = 32\ntree_works = 31\n";

/// A market of the shipped scenario, whose daemon restarts in these slots.
fn scarce(restarts: &[u32], own_blocks: f64) -> Scenario {
    let text = library::text("scarce").unwrap();
    let head = format!("restarts = {restarts:?}\nname =");
    Scenario::parse(&(text.replacen("name =", &head, 1) + SMALL_TREES + &producing(own_blocks))).unwrap()
}

/// An operator who wins this share of the slots.
fn producing(share: f64) -> String {
    format!("\n[operator.blocks]\nshare = {share}\nmissed_while_proving = 0.5\n")
}

/// Surplus and scarcity in turns, restarts, and own blocks.
fn changeable(restarts: &[u32]) -> Scenario {
    let text = library::text("regime-switch").unwrap();
    let (first, second) = text.rsplit_once("from_slot = ").unwrap();
    let second = second.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let turns = format!("{first}from_slot = 100{second}");
    let head = format!("restarts = {restarts:?}\ncycle_slots = 200\nname =");
    Scenario::parse(&(turns.replacen("name =", &head, 1) + SMALL_TREES + &producing(0.02))).unwrap()
}

/// Some looks without, many with the fault now and then, and some without again.
async fn alone(fault: Fault) -> Trace {
    let mut draw = ChaCha8Rng::seed_from_u64(fault as u64);
    let restarts = if fault == Fault::Restarts { vec![6, 14, 15] } else { Vec::new() };
    let hangs = matches!(fault, Fault::Hang | Fault::RequestLate);
    let setting = Setting {
        mode: Mode::Live,
        era: if fault == Fault::CrowdedPool { Era::Berkeley30 } else { Era::Mesa40 },
        // Own blocks give much to switch.
        scenario: scarce(&restarts, if fault.needs_mutations() { 0.06 } else { 0.0 }),
        seed: 1,
        restarts,
        // Where nothing hangs, nothing may run into the limit either.
        timeout: if hangs { Duration::from_millis(500) } else { LOOK_LIMIT / 8 },
    };
    let mut theatre = Theatre::open(setting).await;
    for look in 0..ALONE {
        let first = if fault.needs_mutations() { 0 } else { 4 };
        let strikes = look == first || (first..36).contains(&look) && draw.random_bool(0.5);
        let strikes = strikes && !(fault == Fault::CrowdedPool && look % 10 > 0);
        let faults = if strikes { vec![(fault, fault.effect(&mut draw))] } else { Vec::new() };
        theatre.look(MINUTE, faults).await;
    }
    theatre.trace
}

/// One line of the table.
struct Line {
    name: String,
    looks: usize,
    spoiled: usize,
    set: usize,
    violations: Vec<Violation>,
}

fn line(name: &str, trace: &Trace) -> Line {
    Line {
        name: name.to_owned(),
        looks: trace.steps.len(),
        spoiled: trace.steps.iter().filter(|step| !step.faults.is_empty()).count(),
        set: trace.steps.iter().map(|step| step.applied.len()).sum(),
        violations: violations(trace),
    }
}

fn table(lines: &[Line]) {
    println!("| fault | looks | with a fault | settings made | violations |\n|---|---:|---:|---:|---:|");
    for Line { name, looks, spoiled, set, violations } in lines {
        println!("| {name} | {looks} | {spoiled} | {set} | {} |", violations.len());
    }
}

fn accept(lines: &[Line]) {
    table(lines);
    let found: Vec<String> = lines
        .iter()
        .filter(|line| !line.violations.is_empty())
        .map(|line| format!("{}: {:?} {:#?}", line.name, counted(&line.violations), line.violations))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

async fn each_alone(faults: &[Fault]) {
    let mut lines = Vec::new();
    for fault in faults {
        let trace = alone(*fault).await;
        let told: Vec<String> = trace.steps.iter().map(told).collect();
        assert!(fault.shows(&trace), "nothing of {fault:?} was seen:\n{}", told.join("\n"));
        let last = &trace.steps.last().unwrap().record;
        let decides = last.decision.target.is_some() || last.decision.reason.code() == "own_block_ahead";
        assert!(last.read_in_full() && decides, "{fault:?} is not recovered from:\n{}", told.join("\n"));
        lines.push(line(fault.name(), &trace));
    }
    accept(&lines);
}

/// One look in one line.
fn told(step: &Step) -> String {
    let Step { at, record, asked, applied, faults, .. } = step;
    let (action, reason) = (record.decision.action.code(), &record.decision.reason);
    let applied: Vec<_> = applied.iter().map(|applied| (&applied.change, applied.by)).collect();
    let mutations: Vec<_> = asked.iter().filter(|kind| kind.is_mutation()).collect();
    format!("{at} {faults:?} {action} {reason} {} asked {mutations:?} applied {applied:?}", record.outcome.code())
}

fn half(odd: usize) -> Vec<Fault> {
    Fault::ALL.iter().copied().skip(odd).step_by(2).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_alone_is_survived_first_half() {
    each_alone(&half(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_alone_is_survived_second_half() {
    each_alone(&half(1)).await;
}

fn storm_looks() -> usize {
    std::env::var("SNARKFEE_STORM_LOOKS")
        .map_or(STORM, |looks| looks.parse().expect("SNARKFEE_STORM_LOOKS is a number"))
}

/// Faults that come and go, several at a time, in a market that changes, around a daemon that restarts.
async fn storm(seed: u64, looks: usize, mode: Mode) -> Trace {
    let mut draw = ChaCha8Rng::seed_from_u64(seed);
    let mut restarts = Vec::new();
    let mut slot = 0;
    while slot < u32::try_from(looks).unwrap() * 2 {
        // Now and then one soon after another.
        slot += if draw.random_bool(0.2) { draw.random_range(1..4) } else { draw.random_range(30..250) };
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
    let mut theatre = Theatre::open(setting).await;
    let mut raging: Vec<(Fault, usize)> = Vec::new();
    for _ in 0..looks {
        raging.retain_mut(|(_, left)| {
            *left = left.saturating_sub(1);
            *left > 0
        });
        if draw.random_bool(0.2) {
            let fault = *Fault::ALL.choose(&mut draw).unwrap();
            // What takes real time comes less often.
            let costly = matches!(fault, Fault::Hang | Fault::RequestLate | Fault::CrowdedPool | Fault::Endless);
            if !costly || draw.random_bool(0.3) {
                raging.push((fault, if costly { 1 } else { draw.random_range(1..8) }));
            }
        }
        let faults = raging.iter().map(|(fault, _)| (*fault, fault.partial(&mut draw))).collect();
        // Mostly the interval with its jitter; at times at once, by a command, or after a sleep of the machine.
        let seconds = match draw.random_range(0..10) {
            0 => draw.random_range(1..30),
            1 => draw.random_range(200..900),
            _ => draw.random_range(54..=66),
        };
        theatre.look(Duration::from_secs(seconds), faults).await;
    }
    theatre.trace
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storms_break_no_invariant() {
    let mut lines = Vec::new();
    for seed in [1, 2] {
        let trace = storm(seed, storm_looks(), Mode::Live).await;
        let did = |code: &str| {
            trace.steps.iter().any(|step| step.record.decision.action.code() == code && !step.applied.is_empty())
        };
        let told: Vec<String> = trace.steps.iter().map(told).collect();
        for action in ["set_fee", "switch_on", "switch_off"] {
            assert!(did(action), "no {action} in the storm of seed {seed}:\n{}", told.join("\n"));
        }
        lines.push(line(&format!("storm, seed {seed}"), &trace));
    }
    accept(&lines);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_sends_nothing_in_the_same_storm() {
    let trace = storm(1, storm_looks(), Mode::DryRun).await;
    let would = trace.steps.iter().filter(|step| step.record.outcome.code() == "dry_run").count();
    assert!(would > 0, "there was something that it would have done");
    assert!(!trace.steps.iter().any(Step::mutates));
    accept(&[line("storm in dry-run, seed 1", &trace)]);
}

/// A calm run, to be spoiled.
async fn calm() -> Trace {
    let setting = Setting {
        mode: Mode::Live,
        era: Era::Mesa40,
        scenario: scarce(&[], 0.0),
        seed: 1,
        restarts: Vec::new(),
        timeout: LOOK_LIMIT / 8,
    };
    let mut theatre = Theatre::open(setting).await;
    for _ in 0..3 {
        theatre.look(MINUTE, Vec::new()).await;
    }
    theatre.trace
}

/// The checker sees what it is there to see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_broken_invariant_is_found() {
    use snarkfee::{
        invariants::{Applied, Change},
        market::SyncState,
    };

    use crate::proxy::Kind;

    let good = calm().await;
    assert_eq!(good.steps[0].asked.iter().filter(|kind| kind.is_mutation()).count(), 1, "one fee was set");
    assert!(violations(&good).is_empty());
    let found = |spoil: &dyn Fn(&mut Trace)| {
        let mut trace = good.clone();
        spoil(&mut trace);
        counted(&violations(&trace)).into_keys().collect::<Vec<_>>()
    };
    let at = |step: &Step, change| Applied { at: step.at, change, differs: true, by: Author::Controller };
    let worker = |on: bool| Change::Worker(on.then(World::operator_key));
    let believed = Timestamp::UNIX_EPOCH;
    assert_eq!(found(&|trace| trace.mode = Mode::DryRun), [Invariant::DryRun]);
    assert_eq!(found(&|trace| trace.steps[0].paused = true), [Invariant::Paused]);
    assert_eq!(found(&|trace| trace.steps[0].sync = SyncState::Catchup), [Invariant::Unsynced]);
    assert_eq!(
        found(&|trace| {
            let mut record = (*trace.steps[0].record).clone();
            record.hold.breaker_open = true;
            let opened =
                Step { record: Arc::new(record), asked: Vec::new(), applied: Vec::new(), ..trace.steps[0].clone() };
            trace.steps.insert(0, opened);
        }),
        [Invariant::Breaker]
    );
    assert_eq!(found(&|trace| trace.steps[0].asked.push(Kind::SetFee)), [Invariant::Duplicate]);
    assert_eq!(found(&|trace| trace.steps[1].asked.push(Kind::SwitchOff)), [Invariant::Duplicate]);
    assert_eq!(found(&|trace| trace.params.pricing.floor = nanomina(400_000_000)), [Invariant::FeeInBounds]);
    assert_eq!(found(&|trace| trace.params.pricing.ceiling = nanomina(1)), [Invariant::FeeInBounds]);
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
    assert_eq!(found(&|trace| switches(9, trace)), [Invariant::Toggle, Invariant::Hazard, Invariant::Unaccounted]);
    assert_eq!(found(&|trace| switches(60, trace)), [Invariant::Unaccounted]);
    assert_eq!(
        found(&|trace| {
            use snarkfee::{policy::Reason, units::FeeRate};
            let mut record = (*trace.steps[2].record).clone();
            record.decision.reason = Reason::Uneconomical { expected: FeeRate::ZERO, threshold: FeeRate::ZERO };
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
            let stranger = Change::Worker(Some(crate::fixed_daemon::key("stranger")));
            let applied = at(&trace.steps[1], stranger);
            trace.steps[1].applied.push(applied);
        }),
        [Invariant::Unaccounted, Invariant::Key]
    );
    assert_eq!(
        found(&|trace| {
            let mut record = (*trace.steps[0].record).clone();
            record.look.status = Err(snarkfee::fault::Fault::TimedOut { limit: SLOT });
            trace.steps[0].record = Arc::new(record);
        }),
        [Invariant::Reason]
    );
}
