//! The service killed at random moments while it acts on a daemon, again and again on one journal.
//!
//! `SNARKFEE_KILLS` says how often (12); the moments follow from `SNARKFEE_SEED` (1).

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use snarkfee_clock::Stopwatch;
use snarkfee_core::invariants::SettingChange;
use snarkfee_journal::{JournalError, JournalReader, LookFilter};
use snarkfee_lab::{daemon_sim::SimDaemonServer, market_sim::World};
use tokio_util::sync::CancellationToken;

use crate::network::simulated_daemon;

const COOLDOWN: Duration = Duration::from_millis(500);
/// Of the program itself: no setting shortens it.
const SWITCH_HAZARD: Duration = Duration::from_secs(60);
/// Far more than any step takes, so that only a step that never ends runs into it.
const AMPLE: Duration = Duration::from_secs(120);

/// One daemon, one configuration and one journal, under services that come and go.
struct KillFixture {
    server: SimDaemonServer,
    folder: tempfile::TempDir,
    log: PathBuf,
    limit: u32,
}

/// What a run of the service is to want.
#[derive(Clone, Copy)]
struct Want {
    fee: u64,
    on: bool,
}

impl KillFixture {
    async fn new(limit: u32, stop: &CancellationToken) -> Self {
        let (server, _) = simulated_daemon("scarce", 1, 60.0, stop).await;
        // Wide enough for a kill between any two steps of an action.
        server.faults().set_delay(Duration::from_millis(10));
        let folder = tempfile::tempdir().expect("a folder");
        let config = format!(
            "[controller]\nmode = \"live\"\ninterval = \"100ms\"\nlisten = \"\"\nstate_dir = {state:?}\n\
             [daemons.main]\ngraphql_url = \"{graphql}\"\nmetrics_url = \"{metrics}\"\nworker_key = \"{key}\"\n\
             role = \"worker\"\ncost = {{ per_work = \"1 nanomina\" }}\n\
             [policy]\nconfirm = 1\nmin_samples = 1\ncooldown = \"{cooldown}ms\"\nmin_on = \"2s\"\nmin_off = \"2s\"\n\
             max_changes_per_day = {limit}\n",
            state = folder.path().join("state"),
            graphql = server.graphql_url(),
            metrics = server.metrics_url(),
            key = World::operator_key(),
            cooldown = COOLDOWN.as_millis(),
        );
        fs::write(folder.path().join("snarkfee.toml"), config).expect("a file");
        let log = folder.path().join("log");
        Self { server, folder, log, limit }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
        command.current_dir(self.folder.path()).env_remove("RUST_LOG").stdin(Stdio::null());
        command
    }

    fn start(&self, want: Want) -> Running {
        let fee = format!("{} nanomina", want.fee);
        let threshold = if want.on { "-1000000 MINA/h" } else { "1000000 MINA/h" };
        let log = fs::File::create(&self.log).expect("a log");
        let mut command = self.command();
        command.args(["run", "-c", "snarkfee.toml"]).stdout(Stdio::null()).stderr(log);
        for (key, value) in [
            ("FLOOR", &*fee),
            ("CEILING", &*fee),
            ("STOP_BELOW", threshold),
            ("RESUME_ABOVE", threshold),
        ] {
            command.env(format!("SNARKFEE__POLICY__{key}"), value);
        }
        Running(command.spawn().expect("the program"))
    }

    /// Waits until the daemon has had so many more requests.
    async fn asked(&self, more: u64, running: &mut Running) {
        let target = self.server.requests() + more;
        let began = Stopwatch::start();
        while self.server.requests() < target {
            let ended = running.0.try_wait().expect("a process");
            assert!(ended.is_none() && began.elapsed() < AMPLE, "{ended:?}\n{}", self.logged());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn logged(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn give(&self, verb: &str) {
        let output =
            self.command().args([verb, "-c", "snarkfee.toml"]).output().expect("the program");
        assert!(output.status.success(), "{output:?}");
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }
}

/// A running service; killed when dropped.
struct Running(Child);

impl Running {
    fn kill(mut self) {
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

/// An intent as the journal has it.
struct Intended {
    at: Duration,
    verb: String,
    fee: Option<u64>,
    ending: Option<String>,
}

/// A change of one setting.
#[derive(Debug, PartialEq)]
enum Step {
    Fee(u64),
    Worker(bool),
}

impl Intended {
    /// What it may send, in order.
    fn steps(&self) -> Vec<Step> {
        let worker = match &*self.verb {
            "switch_on" => Some(Step::Worker(true)),
            "switch_off" => Some(Step::Worker(false)),
            _ => None,
        };
        self.fee.map(Step::Fee).into_iter().chain(worker).collect()
    }
}

fn intents(state: &Path) -> Vec<Intended> {
    let connection = Connection::open(state.join("journal.sqlite")).expect("a journal");
    let query = "SELECT at, action, ending FROM intents ORDER BY id";
    let mut statement = connection.prepare(query).expect("a statement");
    let rows = statement.query_map([], |row| {
        let action: String = row.get(1)?;
        let action: serde_json::Value = serde_json::from_str(&action).expect("JSON");
        Ok(Intended {
            at: Duration::from_micros(row.get::<_, i64>(0)?.cast_unsigned()),
            verb: action["action"].as_str().expect("a verb").to_owned(),
            fee: action["fee"].as_u64(),
            ending: row.get(2)?,
        })
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

/// What the daemon was told, held against what the journal says was intended.
fn check(fixture: &KillFixture) -> (usize, usize) {
    let intents = intents(&fixture.state());
    assert!(
        intents.len() <= fixture.limit as usize,
        "the day's budget holds across restarts: {}",
        intents.len()
    );
    let fees: Vec<&Intended> = intents.iter().filter(|intent| intent.fee.is_some()).collect();
    for pair in fees.windows(2) {
        assert!(
            pair[1].at - pair[0].at >= COOLDOWN,
            "fee changes {:?} apart",
            pair[1].at - pair[0].at
        );
    }
    let switches: Vec<&Intended> =
        intents.iter().filter(|intent| intent.verb.starts_with("switch")).collect();
    for pair in switches.windows(2) {
        assert!(
            pair[1].at - pair[0].at >= SWITCH_HAZARD,
            "switches {:?} apart",
            pair[1].at - pair[0].at
        );
    }
    // Each mutation belongs to an intent of its own, in their order: none was sent twice, none
    // without being taken down.
    let mut left = intents.iter().flat_map(|intent| intent.steps());
    let (mut fee, mut on) = (None, None);
    let mutations = fixture.server.mutations();
    for mutation in &mutations {
        let step = match &mutation.change {
            SettingChange::Fee(fee) => Step::Fee(fee.get()),
            SettingChange::Worker(key) => Step::Worker(key.is_some()),
        };
        assert!(left.any(|intended| intended == step), "{mutation:?} was not taken down");
        match &mutation.change {
            SettingChange::Fee(new) => {
                assert_ne!(fee.replace(*new), Some(*new), "the same fee was set again")
            }
            SettingChange::Worker(key) => {
                assert_ne!(on.replace(key.is_some()), Some(key.is_some()), "switched again")
            }
        }
    }
    (mutations.len(), intents.len())
}

fn looks(state: &Path) -> u64 {
    let mut looks = 0;
    let each = |_| {
        looks += 1;
        Ok::<_, JournalError>(())
    };
    JournalReader::open(state)
        .expect("a journal")
        .for_each_look(&LookFilter::default(), each)
        .expect("every look reads back");
    looks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_killed_at_any_moment_repeats_nothing_and_forgets_nothing() {
    let number = |name, default| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().expect("a number"))
    };
    let (kills, seed) = (number("SNARKFEE_KILLS", 12), number("SNARKFEE_SEED", 1));
    let mut moments = ChaCha8Rng::seed_from_u64(seed);
    let stop = CancellationToken::new();
    let fixture = KillFixture::new(u32::try_from(kills / 6).expect("a number").max(3), &stop).await;
    let began = Stopwatch::start();
    let mut paused = None;
    for kill in 0..kills {
        // Two runs want the same, so that the second one finds what the first one did or did not
        // do; long runs also switch.
        let want = Want {
            fee: 1_000_000 + kill / 2 % 3,
            on: kills < 100 || !(kills / 4..kills / 2).contains(&kill),
        };
        let mut running = fixture.start(want);
        fixture.asked(moments.random_range(0..=20), &mut running).await;
        if kill == kills / 3 {
            fixture.give("pause");
            paused = Some(fixture.server.mutation_count());
            fixture.asked(20, &mut running).await;
        }
        tokio::time::sleep(Duration::from_micros(moments.random_range(0..15_000))).await;
        running.kill();
        if paused.is_some() {
            assert_eq!(
                paused,
                Some(fixture.server.mutation_count()),
                "kill {kill}, seed {seed}: acted while paused"
            );
        }
        if kill == kills / 3 + 3 {
            fixture.give("resume");
            paused = None;
        }
        check(&fixture);
    }
    let mut last = fixture.start(Want { fee: 2_000_000, on: true });
    fixture.asked(30, &mut last).await;
    let told =
        Command::new("kill").args(["-TERM", &last.0.id().to_string()]).status().expect("kill");
    assert!(told.success());
    let ended = last.0.wait().expect("an end");
    assert!(ended.success(), "{}", fixture.logged());
    let (mutations, intended) = check(&fixture);
    let mut ends: BTreeMap<(String, String), u32> = BTreeMap::new();
    for intent in intents(&fixture.state()) {
        let ending = intent.ending.expect("every intent was resolved");
        assert_ne!(ending, "not_sent");
        *ends.entry((intent.verb, ending)).or_default() += 1;
    }
    assert!(mutations > 0);
    let (took, looks) = (began.elapsed(), looks(&fixture.state()));
    println!(
        "{kills} kills in {took:?}: {looks} looks, {intended} intents, {mutations} mutations, {ends:?}"
    );
    stop.cancel();
    fixture.server.shut_down().await;
}
