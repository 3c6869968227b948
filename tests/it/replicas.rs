//! Replicas of the real program on one PostgreSQL server: killed, stopped, and cut off from it,
//! while they work simulated daemons.
//!
//! `SNARKFEE_REPLICA_ROUNDS` says how many disturbances (4), `SNARKFEE_REPLICA_DAEMONS` how many
//! daemons (4); what is done when follows from `SNARKFEE_SEED` (1).

#[path = "../../crates/journal/tests/it/postgres_server.rs"]
mod postgres_server;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::invariants::SettingChange;
use snarkfee_lab::{daemon_sim::SimDaemonServer, market_sim::World};
use tokio_util::sync::CancellationToken;

use crate::network::simulated_daemon;

use self::postgres_server::PostgresServer;

/// How fast the simulated daemons' time passes.
const SPEED: f64 = 60.0;
const LEASE: Duration = Duration::from_secs(3);
/// What a question to the store may take on a busy machine, in simulated seconds: half a second.
const LEEWAY: i64 = 30;
/// Replicas; each sets a fee of its own, which tells its mutations from the others'.
const REPLICAS: u64 = 3;
const FEE: u64 = 1_000_000;
/// Far more than any step takes, so that only a step that never ends runs into it.
const AMPLE: Duration = Duration::from_secs(90);

struct Fleet {
    store: PostgresServer,
    daemons: Vec<SimDaemonServer>,
    clocks: Vec<Clock>,
    folder: tempfile::TempDir,
}

impl Fleet {
    async fn new(store: PostgresServer, size: u64, stop: &CancellationToken) -> Self {
        let (mut daemons, mut clocks) = (Vec::new(), Vec::new());
        let mut config = format!(
            "[controller]\nmode = \"live\"\ninterval = \"300ms\"\nlisten = \"\"\n\
             [policy]\nconfirm = 1\nmin_samples = 1\ncooldown = \"500ms\"\nmax_changes_per_day = 10000\n\
             stop_below = \"-1000000 MINA/h\"\nresume_above = \"-1000000 MINA/h\"\n\
             [store]\nurl = {url:?}\nlease = \"{lease}s\"\n",
            url = store.url(),
            lease = LEASE.as_secs(),
        );
        for number in 0..size {
            let (server, clock) = simulated_daemon("scarce", number, SPEED, stop).await;
            config += &format!(
                "[daemons.d{number}]\ngraphql_url = \"{graphql}\"\nmetrics_url = \"{metrics}\"\n\
                 worker_key = \"{key}\"\nrole = \"worker\"\ntimeout = \"1s\"\n\
                 cost = {{ per_work = \"1 nanomina\" }}\n",
                graphql = server.graphql_url(),
                metrics = server.metrics_url(),
                key = World::operator_key(),
            );
            daemons.push(server);
            clocks.push(clock);
        }
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("snarkfee.toml"), config).expect("a file");
        Self { store, daemons, clocks, folder }
    }

    fn start(&self, replica: u64) -> Running {
        let fee = format!("{} nanomina", FEE + replica);
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log(replica));
        let child = Command::new(env!("CARGO_BIN_EXE_snarkfee"))
            .args(["run", "-c", "snarkfee.toml"])
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env("SNARKFEE__POLICY__FLOOR", &fee)
            .env("SNARKFEE__POLICY__CEILING", &fee)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("a log"))
            .spawn();
        Running(child.expect("the program"))
    }

    fn log(&self, replica: u64) -> PathBuf {
        self.folder.path().join(format!("log{replica}"))
    }

    /// Waits until every daemon was asked again, and set to the fee of a replica that works it.
    async fn all_worked(&self) {
        let before: Vec<u64> = self.daemons.iter().map(SimDaemonServer::requests).collect();
        let began = Stopwatch::start();
        while self
            .daemons
            .iter()
            .zip(&before)
            .any(|(daemon, before)| daemon.requests() < before + 6 || daemon.mutation_count() == 0)
        {
            assert!(began.elapsed() < AMPLE, "{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn logs(&self) -> String {
        (0..REPLICAS)
            .map(|replica| fs::read_to_string(self.log(replica)).unwrap_or_default())
            .map(|log| log.lines().rev().take(30).collect::<Vec<_>>().join("\n"))
            .collect::<Vec<_>>()
            .join("\n--\n")
    }

    /// Nothing was told twice in a row. Returns how often a daemon got the fee of another replica.
    fn check(&self) -> usize {
        let mut handovers = 0;
        for daemon in &self.daemons {
            let (mut fee, mut on) = (None, None);
            for mutation in daemon.mutations() {
                match mutation.change {
                    SettingChange::Fee(new) => {
                        let before = fee.replace(new);
                        assert_ne!(before, Some(new), "the same fee was set again");
                        handovers += usize::from(before.is_some());
                    }
                    SettingChange::Worker(key) => {
                        assert_ne!(on.replace(key.is_some()), Some(key.is_some()), "a flap");
                    }
                }
            }
        }
        handovers
    }

    /// The daemons that the store has as a replica's, and until when none of them may be another's.
    fn held_by(&self, replica: u64) -> Vec<(usize, u64, Timestamp)> {
        let log = fs::read_to_string(self.log(replica)).expect("a log");
        let named = log.rsplit("replica=").next().expect("a name");
        let name = named.split_whitespace().next().expect("a name").trim_matches('"');
        let left = self.store.sql(&format!(
            "SELECT substr(daemon, 2), extract(epoch FROM expires_at - now()) FROM leases
             WHERE holder = '{name}' AND expires_at > now()"
        ));
        let held = left.lines().map(|line| {
            let (number, seconds) = line.split_once('|').expect("two columns");
            let number: usize = number.parse().expect("a number");
            let left = Duration::from_secs_f64(seconds.parse().expect("seconds"));
            let until = self.clocks[number].now().checked_add(left.mul_f64(SPEED));
            // Asking took a moment.
            let until = until.expect("a time") - SignedDuration::from_secs(LEEWAY);
            (number, self.daemons[number].mutation_count(), until)
        });
        held.collect()
    }

    /// None of what a replica held was touched before its leases had ended.
    fn check_takeover(&self, held: &[(usize, u64, Timestamp)]) {
        for (index, before, until) in held {
            let later = self.daemons.get(*index).expect("a daemon").mutations();
            let skipped = usize::try_from(*before).expect("a number");
            for mutation in later.iter().skip(skipped) {
                assert!(mutation.at >= *until, "daemon {index}: {mutation:?} before {until}");
            }
        }
    }
}

/// A running replica; killed when dropped.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    fn kill(&mut self) {
        self.0.kill().expect("a process to kill");
        self.0.wait().expect("an end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_daemon_is_worked_by_one_replica_whatever_befalls_them() {
    let number = |name, default| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().expect("a number"))
    };
    let rounds = number("SNARKFEE_REPLICA_ROUNDS", 4);
    let mut draws = ChaCha8Rng::seed_from_u64(number("SNARKFEE_SEED", 1));
    let Some(store) = PostgresServer::start() else { return };
    let stop = CancellationToken::new();
    let mut fleet = Fleet::new(store, number("SNARKFEE_REPLICA_DAEMONS", 4), &stop).await;
    let mut replicas: Vec<Running> = (0..REPLICAS).map(|replica| fleet.start(replica)).collect();
    fleet.all_worked().await;
    let (mut done, mut watched): (BTreeMap<&str, u64>, usize) = (BTreeMap::new(), 0);
    for round in 0..rounds {
        let victim = draws.random_range(0..REPLICAS);
        let replica = &mut replicas[usize::try_from(victim).expect("small")];
        let what =
            ["killed", "stopped", "store killed"][usize::try_from(round % 3).expect("small")];
        match what {
            "killed" => {
                replica.kill();
                let held = fleet.held_by(victim);
                watched += held.len();
                fleet.all_worked().await;
                fleet.check_takeover(&held);
                *replica = fleet.start(victim);
            }
            "stopped" => {
                replica.signal("-STOP");
                let held = fleet.held_by(victim);
                watched += held.len();
                tokio::time::sleep(LEASE * 2).await;
                fleet.all_worked().await;
                fleet.check_takeover(&held);
                replica.signal("-CONT");
            }
            _ => {
                fleet.store.kill();
                tokio::time::sleep(draws.random_range(Duration::ZERO..LEASE * 2)).await;
                fleet.store.run();
            }
        }
        *done.entry(what).or_default() += 1;
        fleet.all_worked().await;
        fleet.check();
    }
    let handovers = fleet.check();
    assert!(watched > 0, "no replica held anything when it was disturbed");
    for replica in &replicas {
        replica.signal("-TERM");
    }
    for (number, replica) in replicas.iter_mut().enumerate() {
        let ended = replica.0.wait().expect("an end");
        assert!(ended.success(), "replica {number}: {}", fleet.logs());
    }
    let left = fleet.store.sql("SELECT count(*) FROM leases WHERE holder IS NOT NULL");
    assert_eq!(left.trim(), "0", "replicas that end give up what they hold");
    let looks: u64 =
        fleet.store.sql("SELECT count(*) FROM looks").trim().parse().expect("a number");
    assert!(looks > 0);
    println!(
        "{done:?}: {watched} leases lost, {handovers} handovers of {} daemons in {looks} looks",
        fleet.daemons.len()
    );
    stop.cancel();
    for daemon in fleet.daemons {
        daemon.shut_down().await;
    }
}
