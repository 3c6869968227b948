//! The program as its operator meets it: commands, what they print, exit codes, and a daemon that
//! goes away and comes back.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use snarkfee_clock::Clock;
use snarkfee_lab::{
    daemon_sim::{self, DaemonSimOptions, SharedDaemon, SimDaemonServer},
    market_sim::{World, library},
};
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;

use crate::{
    network::{ANY_PORT, http, nanomina},
    process::{Configured, Process},
    socket::nobody,
};

const DEMO: [&str; 10] = [
    "demo",
    "--seed",
    "1",
    "--speed",
    "600",
    "--listen",
    "127.0.0.1:0",
    "--log-format",
    "json",
    "--scenario",
];

fn demo(arguments: &[&str]) -> Process {
    Process::start(DEMO.iter().chain(arguments))
}

/// Sums of the program's own metrics by name, labels left aside.
async fn scrape(url: &str) -> impl Fn(&str) -> f64 {
    let text = http().get(url).send().await.unwrap().text().await.unwrap();
    move |name: &str| {
        let sample = |line: &str| {
            let rest = line.strip_prefix(name)?;
            rest.starts_with(['{', ' '])
                .then(|| rest.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
        };
        let samples: Vec<f64> = text.lines().filter_map(sample).collect();
        assert!(!samples.is_empty(), "no {name} in\n{text}");
        samples.iter().sum()
    }
}

#[tokio::test]
async fn the_demo_of_scarcity_lowers_the_fee_and_earns() {
    let demo = demo(&["scarce", "--duration", "80s"]);
    let url = demo.printed(|line| line.strip_prefix("metrics: ").map(str::to_owned)).await;
    let (mut line, first) = demo.decided(0, |_| true).await;
    assert_eq!((&first["action"], &first["reason"]), (&"set_fee".into(), &"price_move".into()));
    assert_eq!((&first["mode"], &first["outcome"]), (&"live".into(), &"confirmed".into()));
    assert!(first["text"].as_str().unwrap().ends_with(" MINA, not 0.1 MINA"), "{first}");
    let mut readings: Vec<(f64, f64)> = Vec::new();
    // Each look is followed by a reading, until sales were seen to come in twice.
    while readings.len() < 3 {
        let metrics = scrape(&url).await;
        let fee = metrics("snarkfee_daemon_fee_mina");
        assert!(0.0 < fee && fee < 0.1, "{fee}");
        let reading = (metrics("snarkfee_works_sold_total"), metrics("snarkfee_earned_mina_total"));
        if readings.last().is_none_or(|last| reading.1 > last.1) {
            readings.push(reading);
        }
        line = demo.decided(line + 1, |_| true).await.0;
    }
    let last = readings.last().unwrap();
    assert!(last.0 > readings[0].0 && last.1 > 0.0, "{readings:?}");
    demo.signal("INT");
    assert_eq!(demo.exit_code().await, 0, "{}", demo.errors());
    for decision in demo.decisions() {
        for field in ["daemon", "mode", "era", "action", "reason", "text", "outcome"] {
            assert!(
                decision[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {decision}"
            );
        }
    }
    assert!(demo.output().contains(" sold for "), "{}", demo.output());
}

#[tokio::test]
async fn the_demo_tells_what_changes_and_compares_in_the_end() {
    let demo = Process::start(["demo", "--speed", "600", "--listen", "127.0.0.1:0"]);
    let told = |what: &'static str| move |line: &str| line.contains(what).then_some(());
    demo.printed(told("  market: free provers are away")).await;
    demo.printed(told(": confirmed (")).await;
    demo.signal("INT");
    assert_eq!(demo.exit_code().await, 0, "{}", demo.errors());
    let output = demo.output();
    let compared: Vec<_> =
        output.lines().rev().take(3).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(compared, ["always-on:0MINA", "always-on:0.1MINA", "with"], "{output}");
    assert!(!demo.errors().contains(" INFO "), "{}", demo.errors());
}

#[tokio::test]
async fn the_demo_of_surplus_switches_the_worker_off() {
    let demo = demo(&["surplus", "--duration", "80s"]);
    let (_, decision) = demo.decided(0, |line| line["action"] == "switch_off").await;
    assert_eq!(
        (&decision["reason"], &decision["outcome"]),
        (&"uneconomical".into(), &"confirmed".into())
    );
    demo.decided(0, |line| line["reason"] == "stays_off" && line["worker"] == "off").await;
    demo.signal("TERM");
    assert_eq!(demo.exit_code().await, 0, "{}", demo.errors());
}

#[tokio::test]
async fn a_dry_run_decides_and_sends_nothing_and_ends_by_itself() {
    let demo = demo(&["scarce", "--duration", "3s", "--dry-run"]);
    assert_eq!(demo.exit_code().await, 0, "{}", demo.errors());
    let output = demo.output();
    assert!(output.contains("mutations received: 0\n"), "{output}");
    let decisions = demo.decisions();
    let would =
        |decision: &&Value| decision["outcome"] == "dry_run" && decision["action"] == "set_fee";
    assert!(decisions.iter().any(|decision| would(&decision)), "{}", demo.errors());
    assert!(decisions.iter().all(|decision| decision["mode"] == "dry-run"));
}

/// A market in the machine's time, and a daemon on free ports that shows it.
async fn live_daemon(scenario: &str, era: daemon_sim::Era) -> SimDaemonServer {
    let start = Clock::wall();
    let world = Arc::new(Mutex::new(World::new(&library::scenario(scenario).unwrap(), 1, start)));
    serve(world, Clock::accelerated(start, 1.0), era, ANY_PORT).await
}

async fn serve(
    daemon: SharedDaemon,
    clock: Clock,
    era: daemon_sim::Era,
    graphql: SocketAddr,
) -> SimDaemonServer {
    let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
    SimDaemonServer::bind(graphql, ANY_PORT, daemon, clock, options, &CancellationToken::new())
        .await
        .unwrap()
}

fn configured(mode: &str, graphql: &str, metrics: Option<&str>) -> Configured {
    let metrics = metrics.map(|url| format!("metrics_url = \"{url}\"\n")).unwrap_or_default();
    Configured::new(&format!(
        "[controller]\nmode = \"{mode}\"\ninterval = \"100ms\"\nlisten = \"127.0.0.1:0\"\nstate_dir = \"state\"\n\
         [daemons.main]\ngraphql_url = \"{graphql}\"\n{metrics}worker_key = \"{key}\"\ntimeout = \"20s\"\n\
         cost = {{ per_work = \"0.0001 MINA\" }}\n",
        key = World::operator_key().as_str(),
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_dry_look_at_a_daemon_of_each_era_decides_and_changes_nothing() {
    for era in daemon_sim::Era::ALL {
        let daemon = live_daemon("scarce", era).await;
        let configured = configured("live", &daemon.graphql_url(), Some(&daemon.metrics_url()));
        let once = Process::run(configured, &["--once", "--dry-run"]);
        assert_eq!(once.exit_code().await, 0, "{era}: {}", once.errors());
        let output = once.output();
        assert!(output.starts_with("main: set_fee (price_move): "), "{era}: {output}");
        let decisions = once.decisions();
        let [decision] = decisions.as_slice() else { panic!("{era}: {decisions:?}") };
        assert_eq!(decision["era"], found(era).name(), "{era}");
        assert_eq!(decision["mode"], "dry-run", "{era}");
        assert_eq!(decision["outcome"], "dry_run", "{era}");
        // The short interval is warned of before the look; after it nothing may be.
        let errors = once.errors();
        let look = errors.lines().skip_while(|line| line.contains("controller.interval"));
        assert!(
            look.clone().all(|line| line.contains("\"INFO\"")) && look.count() == 1,
            "{era}: {errors}"
        );
        assert_eq!(daemon.mutation_count(), 0, "{era}");
        assert!(daemon.requests() > 0, "{era}");
    }
}

/// The era that the client should recognise a served one as.
const fn found(served: daemon_sim::Era) -> snarkfee_client::Era {
    match served {
        daemon_sim::Era::Coda2020 => snarkfee_client::Era::Coda2020,
        daemon_sim::Era::Mainnet10 => snarkfee_client::Era::Mainnet10,
        daemon_sim::Era::Mainnet115 => snarkfee_client::Era::Mainnet11,
        daemon_sim::Era::Mainnet12 => snarkfee_client::Era::Mainnet12,
        daemon_sim::Era::Mainnet13 => snarkfee_client::Era::Mainnet13,
        daemon_sim::Era::Mainnet14 => snarkfee_client::Era::Mainnet14,
        daemon_sim::Era::Berkeley30 => snarkfee_client::Era::Berkeley30,
        daemon_sim::Era::Mesa40 => snarkfee_client::Era::Mesa40,
    }
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        vec!["no-such-command"],
        vec!["run"],
        vec!["run", "-c", "x.toml", "--dry-run", "--live"],
        vec!["demo", "--scenario", "no-such-scenario"],
        vec!["demo", "--speed", "0"],
        vec!["daemon-sim", "--schema-era", "mainnet-9"],
        vec!["--log-level", "snarkfee=[", "config", "--default"],
    ] {
        let process = Process::start(&arguments);
        assert_eq!(process.exit_code().await, 2, "{arguments:?}");
        assert_eq!(process.output(), "", "{arguments:?}");
        assert!(
            !process.errors().is_empty() && !process.errors().contains("panicked"),
            "{}",
            process.errors()
        );
    }
}

#[tokio::test]
async fn an_invalid_configuration_ends_with_78_and_names_the_nearest_key() {
    let configured =
        Configured::new("[controller]\nintervall = \"60s\"\n[daemons.main]\nworker_kee = \"x\"\n");
    let file = configured.file().display().to_string();
    let process = Process::run(configured, &["--once"]);
    assert_eq!(process.exit_code().await, 78);
    let errors = process.errors();
    assert!(
        errors.contains(&format!(
            "{file}:2: controller.intervall: unknown key, did you mean \"interval\"?"
        )),
        "{errors}"
    );
    assert!(
        errors.contains(&format!(
            "{file}:4: daemons.main.worker_kee: unknown key, did you mean \"worker_key\"?"
        )),
        "all at once: {errors}"
    );
    let missing = Process::start(["run", "-c", "no-such-file.toml"]);
    assert_eq!(missing.exit_code().await, 78);
    assert!(missing.errors().contains("no-such-file.toml"), "{}", missing.errors());
}

#[tokio::test]
async fn a_single_look_at_nobody_fails_with_1() {
    let (_port, url) = nobody();
    let once = Process::run(configured("live", &format!("{url}/graphql"), None), &["--once"]);
    assert_eq!(once.exit_code().await, 1);
    assert!(
        once.output().starts_with("main: hold (status_fault): daemon status: not reachable"),
        "{}",
        once.output()
    );
    assert!(once.errors().ends_with("snarkfee: could not observe main"), "{}", once.errors());
}

#[tokio::test]
async fn the_default_file_is_read_back_with_a_daemon_of_ones_own() {
    let printed = Process::start(["config", "--default"]);
    assert_eq!(printed.exit_code().await, 0);
    let text = printed.output().replace("daemons.main", "daemons.other");
    let configured = Configured::new(&text);
    let file = configured.file();
    let read = Process::start(["config", "-c", file.to_str().unwrap(), "--effective"]);
    assert_eq!(read.exit_code().await, 0, "{}", read.errors());
    assert!(read.output().contains("[daemons.\"other\"]"), "{}", read.output());
    let again = Configured::new(&read.output());
    let again = Process::start(["config", "-c", again.file().to_str().unwrap(), "--effective"]);
    assert_eq!(again.exit_code().await, 0, "{}", again.errors());
    assert_eq!(
        again.output(),
        read.output(),
        "what is in force can be written to a file and read again"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_ends_the_service_in_good_order() {
    let daemon = live_daemon("scarce", daemon_sim::Era::Mesa40).await;
    for signal in ["TERM", "INT"] {
        let service = Process::run(configured("dry-run", &daemon.graphql_url(), None), &[]);
        service.decided(0, |_| true).await;
        service.signal(signal);
        assert_eq!(service.exit_code().await, 0, "{}", service.errors());
        service.logged(0, |line| (line["message"] == "ended").then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_does_not_wait_for_a_look_under_way() {
    let daemon = live_daemon("scarce", daemon_sim::Era::Mesa40).await;
    let service = Process::run(configured("dry-run", &daemon.graphql_url(), None), &[]);
    let (line, _) = service.decided(0, |_| true).await;
    daemon.faults().set_delay(std::time::Duration::from_secs(3_600));
    let asked = daemon.requests();
    // The look that meets the delay is under way once its first request is in.
    while daemon.requests() <= asked {
        tokio::task::yield_now().await;
    }
    service.signal("INT");
    service.logged(line, |line| (line["message"] == "ending").then_some(())).await;
    service.signal("INT");
    assert_eq!(service.exit_code().await, 1, "{}", service.errors());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_drops_connections_is_held_and_found_again() {
    let daemon = live_daemon("scarce", daemon_sim::Era::Mesa40).await;
    let service =
        Process::run(configured("live", &daemon.graphql_url(), Some(&daemon.metrics_url())), &[]);
    let healthy = decides(&service, 0).await;
    daemon.faults().set_down(true);
    let down = holds(&service, healthy).await;
    daemon.faults().set_down(false);
    decides(&service, down).await;
    service.signal("TERM");
    assert_eq!(service.exit_code().await, 0, "{}", service.errors());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daemon_that_dies_is_held_and_found_again_on_its_port() {
    let start = Clock::wall();
    let clock = Clock::accelerated(start, 1.0);
    let world = Arc::new(Mutex::new(World::new(&library::scenario("scarce").unwrap(), 1, start)));
    let (_kept, port) = kept_port();
    let first = serve(world.clone(), clock, daemon_sim::Era::Mesa40, port).await;
    let service = Process::run(configured("live", &first.graphql_url(), None), &[]);
    let healthy = decides(&service, 0).await;
    first.shut_down().await;
    let down = holds(&service, healthy).await;
    let second = serve(world, clock, daemon_sim::Era::Mesa40, port).await;
    decides(&service, down).await;
    service.signal("TERM");
    assert_eq!(service.exit_code().await, 0, "{}", service.errors());
    assert_eq!(second.mutation_count(), 0, "what was set before stands");
}

/// A port that no other test is given while this socket lives, and that a listener may take.
fn kept_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(ANY_PORT).unwrap();
    let port = socket.local_addr().unwrap();
    (socket, port)
}

/// Waits for a decision about the market; the line after it.
async fn decides(service: &Process, from: usize) -> usize {
    let market = ["price_move", "at_target", "inside_deadband", "cooldown"];
    let (line, decision) =
        service.decided(from, |line| market.iter().any(|reason| line["reason"] == *reason)).await;
    assert!(decision["target_fee"].is_string(), "{decision}");
    line + 1
}

/// Waits until ten looks in a row failed: each holds and says so, and asks no more than it needs to
/// notice. The line after them.
async fn holds(service: &Process, from: usize) -> usize {
    let page = service.logged(0, |line| Some(line["page"].as_str()?.to_owned())).await.1;
    let url = format!("{page}metrics");
    let (mut line, _) = service.decided(from, |line| line["reason"] == "status_fault").await;
    let before = scrape(&url).await;
    for _ in 0..10 {
        let (next, decision) = service.decided(line + 1, |_| true).await;
        assert_eq!(
            (&decision["action"], &decision["reason"]),
            (&"hold".into(), &"status_fault".into()),
            "{decision}"
        );
        assert_eq!(decision["outcome"], "held");
        line = next;
    }
    let after = scrape(&url).await;
    let looks = after("snarkfee_decisions_total") - before("snarkfee_decisions_total");
    let requests =
        after("snarkfee_daemon_requests_total") - before("snarkfee_daemon_requests_total");
    // A look at a daemon that does not answer asks for its status or schema and for its metrics,
    // once each; one look may stand between what the two numbers count.
    assert!(
        looks >= 9.0 && requests <= 2.0 * (looks + 1.0),
        "{requests} requests in {looks} looks"
    );
    line + 1
}

#[tokio::test]
async fn the_demo_begins_at_the_fee_of_the_daemons_flags() {
    // What "leaves its default" is measured against.
    let world = World::new(&library::scenario("scarce").unwrap(), 1, Clock::wall());
    let shown = snarkfee_lab::market_sim::SimulatedDaemon::snapshot(&world).status;
    assert_eq!(shown.fee, nanomina(100_000_000));
}
