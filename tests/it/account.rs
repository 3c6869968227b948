//! The account of a real process that is killed and started again, beside what the simulated daemon
//! knows of its worker.
//!
//! `SNARKFEE_ACCOUNT_SECONDS` says how long it sells (20), of 240 simulated seconds each.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::{invariants::SettingChange, units::Nanomina};
use snarkfee_journal::{JournalError, JournalReader, LookFilter};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, SimDaemonServer},
    market_sim::{World, library},
    policy_run::{Market, WorkerTotals},
};
use tokio_util::sync::CancellationToken;

use crate::network::ANY_PORT;

const SPEED: f64 = 240.0;
const FEE: u64 = 9_400_000;
const COST: u64 = 100_000;
/// Of the simulated operator; each has a proof in hand.
const PROVERS: f64 = 2.0;
/// A look reads one thing after the other.
const LOOK: SignedDuration = SignedDuration::from_millis(100);

/// A process of the service; it is killed when it is dropped.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    command.current_dir(folder).env_remove("RUST_LOG").args(["run", "-c", "snarkfee.toml"]);
    let log = fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    Service(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap())
}

/// What the worker had done at some moments.
type Truth = Vec<(Timestamp, WorkerTotals)>;

fn observe(world: &Mutex<World>, clock: Clock) -> (Timestamp, WorkerTotals) {
    let mut world = world.lock().unwrap();
    world.advance(clock.now());
    (Clock::wall(), world.worker_totals())
}

/// Follows the worker for so long.
async fn follow(world: &Mutex<World>, clock: Clock, time: Duration, truth: &mut Truth) {
    let began = Stopwatch::start();
    while began.elapsed() < time {
        truth.push(observe(world, clock));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The least and the most that a figure may have been during a look.
fn during(truth: &Truth, look: Timestamp, of: fn(&WorkerTotals) -> u64) -> [f64; 2] {
    let before = truth.iter().rev().find(|(at, _)| *at <= look).unwrap();
    let after = truth.iter().find(|(at, _)| *at >= look + LOOK).unwrap_or(truth.last().unwrap());
    [before, after].map(|(_, totals)| of(totals) as f64)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_goes_on_across_a_kill_and_agrees_with_the_daemon() {
    let seconds = std::env::var("SNARKFEE_ACCOUNT_SECONDS").map_or(20, |n| n.parse().unwrap());
    let (now, stop) = (Clock::wall(), CancellationToken::new());
    let mut world =
        World::new(&library::scenario("scarce").unwrap(), 1, now - SignedDuration::from_hours(24));
    world.set(&SettingChange::Fee(Nanomina::try_new(FEE).unwrap()));
    world.advance(now);
    assert!(world.worker_totals().sold > 100, "it has sold for a day");
    let (world, clock) = (Arc::new(Mutex::new(world)), Clock::accelerated(now, SPEED));
    let (options, served) = (DaemonSimOptions::default(), Arc::clone(&world));
    let server = SimDaemonServer::bind(ANY_PORT, ANY_PORT, served, clock, options, &stop);
    let server = server.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let config = format!(
        "[controller]\nmode = \"live\"\ninterval = \"500ms\"\nlisten = \"\"\nstate_dir = {state:?}\n\
         [daemons.main]\ngraphql_url = \"{graphql}\"\nmetrics_url = \"{metrics}\"\n\
         worker_key = \"{key}\"\nrole = \"worker\"\ncost = {{ per_work = \"{COST} nanomina\" }}\n\
         [policy]\nfloor = \"{FEE} nanomina\"\nceiling = \"{FEE} nanomina\"\n\
         stop_below = \"-1000 MINA/h\"\nresume_above = \"-1000 MINA/h\"\n",
        graphql = server.graphql_url(),
        metrics = server.metrics_url(),
        key = World::operator_key(),
    );
    fs::write(folder.path().join("snarkfee.toml"), config).unwrap();
    let mut truth = Vec::new();
    for half in 0..2 {
        let service = start(folder.path());
        follow(&world, clock, Duration::from_secs(seconds) / 2, &mut truth).await;
        drop(service);
        println!("killed after half {half}");
    }
    stop.cancel();
    server.shut_down().await;

    let journal = JournalReader::open(&state).unwrap();
    let mut looks: Vec<Timestamp> = Vec::new();
    let read = journal.for_each_look(&LookFilter::default(), |look| -> Result<(), JournalError> {
        looks.extend(look.record.look.status.is_ok().then_some(look.record.at));
        Ok(())
    });
    read.unwrap();
    let accounts = journal.accounts().unwrap();
    let money = accounts[0].1.report(Timestamp::MAX).unwrap();
    let (first, last) = (looks[0], *looks.last().unwrap());
    assert_eq!(money.since, first, "what was sold before is no part of it");
    let real = money.all.real;
    let actual = |of: fn(&WorkerTotals) -> u64| {
        let ([least, most], [begun, first]) = (during(&truth, last, of), during(&truth, first, of));
        [least - first, most - begun]
    };
    let (made, sold, earned) = (
        actual(|it| it.made),
        actual(|it| it.sold),
        actual(|it| u64::try_from(it.earned).unwrap()),
    );
    let cost = made.map(|made| made * COST as f64);
    let profit = [earned[0] - cost[1], earned[1] - cost[0]];
    let in_hand = PROVERS * COST as f64;
    let figures = [
        ("made", real.made, made, PROVERS),
        ("sold", real.sold, sold, 0.0),
        ("earned", real.earned.to_f64(), earned, 0.0),
        ("cost", real.cost.to_f64(), cost, in_hand),
        ("profit", real.profit() as f64, profit, in_hand),
    ];
    println!("{} looks: {figures:?}", looks.len());
    assert!(made[0] > 20.0, "{figures:?}");
    for (name, counted, [least, most], in_hand) in figures {
        let (least, most) = (least - 0.02 * least.abs(), most + 0.02 * most.abs());
        assert!((least - in_hand..=most + in_hand).contains(&counted), "{name}: {figures:?}");
    }
}
