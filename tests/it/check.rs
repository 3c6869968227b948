//! `snarkfee check` against simulated daemons of every kind, and against what is none.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use snarkfee::doctor::{Check, CheckReport, Finding, Verdict, examine, judge};
use snarkfee_clock::Clock;
use snarkfee_config::Source;
use snarkfee_core::{
    market::SyncState,
    units::{Nanomina, PublicKey},
};
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SharedDaemon, SimDaemonServer},
    market_sim::{SimulatedDaemon, World, library},
};
use tokio_util::sync::CancellationToken;

use crate::{
    faulty_proxy::FaultyProxy,
    network::ANY_PORT,
    process::{Configured, Process},
    scripted_daemon::{ScriptedDaemon, Time},
    socket::{nobody, socket},
    tls::TlsProxy,
};

/// A key that the simulation does not use.
pub(crate) const KEY: &str = "B62qre3erTHfzQckNuibViWQGyyKwZseztqrjPZBv6SQF384Rg6ESAy";

/// A daemon in the market of now, as the machine's clock has it.
pub(crate) async fn serve(daemon: SharedDaemon, options: DaemonSimOptions) -> SimDaemonServer {
    SimDaemonServer::bind(
        ANY_PORT,
        ANY_PORT,
        daemon,
        Clock::system(),
        options,
        &CancellationToken::new(),
    )
    .await
    .unwrap()
}

pub(crate) fn world(scenario: &str) -> World {
    World::new(&library::scenario(scenario).unwrap(), 1, Clock::wall())
}

fn daemon() -> (Arc<Mutex<ScriptedDaemon>>, SharedDaemon) {
    let daemon = Arc::new(Mutex::new(ScriptedDaemon::new(world("scarce"), Clock::wall())));
    (daemon.clone(), daemon)
}

/// Settings of one daemon, `main`.
pub(crate) fn settings(server: &SimDaemonServer, more: &str) -> String {
    let key = World::operator_key();
    format!(
        "graphql_url = \"{}\"\nmetrics_url = \"{}\"\nworker_key = \"{key}\"\n{more}",
        server.graphql_url(),
        server.metrics_url()
    )
}

/// A configuration file with this table of `main`; state is kept beside it.
fn configured(daemon: &str) -> Configured {
    let configured = Configured::new("");
    let folder = configured.file().parent().unwrap().join("state");
    let text = format!(
        "[controller]\nstate_dir = \"{}\"\nlisten = \"\"\n[daemons.main]\n{daemon}\n[daemons.main.cost]\nper_work = \"0.0004 MINA\"\n",
        folder.display()
    );
    std::fs::write(configured.file(), text).unwrap();
    configured
}

async fn report(daemon: &str) -> CheckReport {
    let configured = configured(daemon);
    let settings = Source::new(Some(configured.file()), []).load().unwrap();
    judge(&examine(settings, Clock::system()).await)
}

/// Verdict, detail and fix of a check of which there is one finding.
#[track_caller]
fn found(report: &CheckReport, check: Check) -> (Verdict, &str, &str) {
    let of = |finding: &&Finding| finding.check == check;
    let [finding] = report.findings.iter().filter(of).collect::<Vec<_>>()[..] else {
        panic!("{check:?} is not there once: {report:?}")
    };
    (finding.verdict, &finding.detail, finding.fix.as_deref().unwrap_or_default())
}

/// That a check failed, and what its detail and its advice speak of.
#[track_caller]
fn fails(report: &CheckReport, check: Check, detail: &str, fix: &str) {
    let (verdict, seen, advice) = found(report, check);
    assert_eq!(verdict, Verdict::Fail, "{seen}");
    assert!(seen.contains(detail), "{seen}");
    assert!(advice.contains(fix), "{advice}");
}

/// The checks with another verdict than `ok`. Services that other tests run on this machine are
/// traces, too.
fn not_ok(report: &CheckReport) -> BTreeSet<Check> {
    let not_ok = report.findings.iter().filter(|finding| finding.verdict != Verdict::Ok);
    not_ok.map(|finding| finding.check).filter(|check| *check != Check::OtherController).collect()
}

#[tokio::test]
async fn a_healthy_daemon_of_every_era_passes_and_gets_only_queries() {
    let market: SharedDaemon = Arc::new(Mutex::new(world("scarce")));
    for era in Era::ALL {
        let server =
            serve(market.clone(), DaemonSimOptions { era, ..DaemonSimOptions::default() }).await;
        let report = report(&settings(&server, "")).await;
        let (_, schema, _) = found(&report, Check::Schema);
        assert!(schema.contains("20") || schema.contains("4.0"), "{schema}");
        let expected = match era {
            // Sales cannot be seen there, and the histogram, which must tell prices then, counts
            // whole coins.
            Era::Coda2020 => BTreeSet::from([Check::Schema, Check::Histogram]),
            _ => BTreeSet::new(),
        };
        assert_eq!(not_ok(&report), expected, "{era:?}: {report:?}");
        assert_eq!(server.mutation_count(), 0);
        let checks: BTreeSet<_> = report.findings.iter().map(|finding| finding.check).collect();
        assert_eq!(checks, Check::ALL.into_iter().collect());
    }
}

#[tokio::test]
async fn only_queries_are_sent_whatever_the_settings_say() {
    let now = Clock::wall();
    let server = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let proxy =
        FaultyProxy::before(server.graphql_address(), server.metrics_address(), Time::new(now));
    let text = format!(
        "[controller]\nmode = \"live\"\non_exit = \"off\"\nstate_dir = \"state\"\n[policy]\nstrategy = \"fixed\"\nconfirm = 1\n\
         [daemons.main]\ngraphql_url = \"{}\"\nmetrics_url = \"{}\"\nworker_key = \"{}\"\nrole = \"worker\"\n\
         [daemons.main.cost]\nper_work = \"1 MINA\"\n",
        proxy.graphql_url(),
        proxy.metrics_url(),
        World::operator_key()
    );
    let configured = Configured::new(&text);
    let check = Process::start(["check", "-c", configured.file().to_str().unwrap()]);
    assert_eq!(check.exit_code().await, 0, "{}\n{}", check.output(), check.errors());
    let asked = proxy.take_seen();
    assert!(asked.len() >= 4 && !asked.iter().any(|kind| kind.is_mutation()), "{asked:?}");
    assert_eq!(server.mutation_count(), 0);
    assert!(
        !configured.file().with_file_name("state").exists(),
        "the state directory is left to the service"
    );
    let lines: Vec<_> = check.output().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), Check::ALL.len(), "{lines:?}");
    assert!(
        lines.iter().all(|line| line.starts_with("ok    ") || line.starts_with("warn  ")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn the_role_is_reported_or_asked_for() {
    let server =
        serve(Arc::new(Mutex::new(world("coordinator"))), DaemonSimOptions::default()).await;
    let unsure = report(&settings(&server, "")).await;
    let (verdict, detail, fix) = found(&unsure, Check::Role);
    assert!(
        verdict == Verdict::Warn
            && detail.contains("look the same")
            && fix.contains("\"coordinator\""),
        "{detail}"
    );
    let configured_role = report(&settings(&server, "role = \"coordinator\"")).await;
    assert_eq!(not_ok(&configured_role), BTreeSet::new(), "{configured_role:?}");
    assert!(found(&configured_role, Check::Role).1.starts_with("coordinator"));

    let worker = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let wrong = report(&settings(&worker, "role = \"coordinator\"")).await;
    assert_eq!(found(&wrong, Check::Role).0, Verdict::Warn);
    assert!(
        found(&report(&settings(&worker, "")).await, Check::Role).1.starts_with("worker, on for")
    );
}

#[tokio::test]
async fn what_answers_at_the_address_and_is_no_full_daemon_is_named() {
    let (_port, closed) = nobody();
    let silent = socket(None).await;
    let page = socket(Some(
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n<html></html",
    ))
    .await;
    let login =
        socket(Some("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
            .await;
    let other = socket(Some("\u{16}\u{3}\u{1}binary")).await;
    let server = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let fast = "timeout = \"300ms\"";
    for (url, more, detail, fix) in [
        (format!("{closed}/graphql"), "", "refused", "--rest-port"),
        (silent.clone(), fast, "no answer within", "firewall"),
        (page, "", "not the expected format", "/graphql"),
        (login, "", "401", "bearer_token_file"),
        (other, "", "not reachable", "8301"),
        (server.metrics_url(), "", "400", "metrics port"),
        (server.graphql_url().replace("/graphql", "/"), "", "404", "/graphql"),
        (server.graphql_url().replace("http:", "https:"), "", "not reachable", "plain HTTP"),
    ] {
        let report =
            report(&format!("graphql_url = \"{url}\"\nworker_key = \"{KEY}\"\n{more}")).await;
        fails(&report, Check::Reachability, detail, fix);
        assert_eq!(
            report.count(Verdict::Fail),
            1,
            "what follows from it is no failure of its own: {report:?}"
        );
        assert!(found(&report, Check::Sync).1.starts_with("not checked"));
    }
    for (url, detail, fix) in [
        (format!("{closed}/metrics"), "refused", "--metrics-port"),
        (server.graphql_url(), "400", "GraphQL port"),
        (server.metrics_url().replace("/metrics", "/"), "400", "/metrics"),
    ] {
        let text = settings(&server, "").replace(&server.metrics_url(), &url);
        let report = report(&text).await;
        fails(&report, Check::Metrics, detail, fix);
        assert_eq!(
            not_ok(&report),
            BTreeSet::from([Check::Metrics, Check::Histogram]),
            "{report:?}"
        );
    }
    assert_eq!(server.mutation_count(), 0);
}

#[tokio::test]
async fn a_limited_port_is_told_from_a_full_one() {
    for era in [Era::Mainnet10, Era::Berkeley30, Era::Mesa40] {
        let server = serve(
            Arc::new(Mutex::new(world("scarce"))),
            DaemonSimOptions { era, limited: true, ..DaemonSimOptions::default() },
        )
        .await;
        let report = report(&settings(&server, "")).await;
        fails(&report, Check::Schema, "limited", "3085");
        assert_eq!(found(&report, Check::Reachability).0, Verdict::Ok);
        assert_eq!(server.mutation_count(), 0);
    }
}

#[tokio::test]
async fn a_daemon_that_does_not_follow_the_chain_is_waited_for() {
    type Change = fn(&mut ScriptedDaemon);
    let changes: [(Change, &str, &str); 3] = [
        (|daemon| daemon.sync = Some(SyncState::Bootstrap), "bootstrap", "Synced"),
        (|daemon| daemon.tip_older = Duration::from_secs(7200), "best tip", "no new blocks"),
        (|daemon| daemon.peers = Some(0), "peers", "8302"),
    ];
    for (change, detail, fix) in changes {
        let (daemon, shared) = daemon();
        change(&mut daemon.lock().unwrap());
        let server = serve(shared, DaemonSimOptions::default()).await;
        let report =
            report(&settings(&server, "").replace(World::operator_key().as_str(), KEY)).await;
        fails(&report, Check::Sync, detail, fix);
    }
}

#[tokio::test]
async fn keys_accounts_and_signs_of_other_controllers_are_checked() {
    let server = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let text = settings(&server, "").replace(World::operator_key().as_str(), KEY);
    let foreign = report(&text).await;
    fails(&foreign, Check::WorkerKey, "neither worker_key nor among own_provers", "own_provers");
    fails(&foreign, Check::Account, "no ledger account", "1 MINA");
    let known = report(&format!("{text}\nown_provers = [\"{}\"]", World::operator_key())).await;
    assert_eq!(found(&known, Check::WorkerKey).0, Verdict::Ok);
    fails(&known, Check::Account, "no ledger account", "1 MINA");

    let (daemon, shared) = daemon();
    {
        let mut daemon = daemon.lock().unwrap();
        daemon.sync = Some(SyncState::Bootstrap);
        daemon.set_worker(None::<PublicKey>);
        daemon.set_fee(Nanomina::ZERO);
    }
    let server = serve(shared, DaemonSimOptions::default()).await;
    let report = report(&settings(&server, "")).await;
    let (verdict, detail, _) = found(&report, Check::OtherController);
    assert_eq!(verdict, Verdict::Warn);
    assert!(
        detail.contains("mina-snark-stopper") || detail.contains("runs on this machine"),
        "{detail}"
    );
}

#[tokio::test]
async fn tls_is_checked_by_the_machines_certificates() {
    let server = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let proxy = TlsProxy::before(server.graphql_address()).await;
    let check = async |scheme: &str, trusted: bool| {
        let text = settings(&server, "").replace(&server.graphql_url(), &proxy.url(scheme));
        let configured = configured(&text);
        let authority = configured.file().with_file_name("authority.pem");
        std::fs::write(&authority, &proxy.authority).unwrap();
        let trust = [("SSL_CERT_FILE", authority.as_os_str())];
        let variables = if trusted { &trust[..] } else { &[] };
        let check = Process::start_with(
            ["check", "--json", "-c", configured.file().to_str().unwrap()],
            variables,
        );
        let code = check.exit_code().await;
        let document: Value = serde_json::from_str(&check.output()).unwrap();
        let rows = document["checks"].as_array().unwrap().clone();
        let reachability = rows.into_iter().find(|row| row["name"] == "reachability").unwrap();
        (code, reachability)
    };
    let (code, trusted) = check("https", true).await;
    assert_eq!((code, &trusted["result"]), (0, &"ok".into()), "{trusted}");
    let (code, unknown) = check("https", false).await;
    assert_eq!((code, &unknown["result"]), (1, &"fail".into()), "{unknown}");
    assert!(unknown["fix"].as_str().unwrap().contains("certificate"), "{unknown}");
    let (code, plain) = check("http", true).await;
    assert_eq!((code, &plain["result"]), (1, &"fail".into()), "{plain}");
    assert!(plain["fix"].as_str().unwrap().contains("https://"), "{plain}");
}

#[tokio::test]
async fn the_document_has_the_keys_of_the_contract_and_a_bad_file_is_a_failed_check() {
    let configured = Configured::new("[daemons.main]\ngrapql_url = \"x\"\n[policy]\nfloor = 3\n");
    let check = Process::start(["check", "-c", configured.file().to_str().unwrap(), "--json"]);
    assert_eq!(check.exit_code().await, 1);
    let document: Value = serde_json::from_str(&check.output()).unwrap();
    let rows = document["checks"].as_array().unwrap();
    assert!(rows.len() >= 2, "every problem is a finding: {document}");
    for row in rows {
        assert_eq!((&row["name"], &row["result"]), (&"config".into(), &"fail".into()));
        assert!(row["detail"].is_string() && row["fix"].is_string(), "{row}");
    }
    assert!(check.errors().contains("checks failed"), "{}", check.errors());
    assert_eq!(Process::start(["check"]).exit_code().await, 2);
}

#[tokio::test]
async fn a_running_service_is_no_other_controller() {
    let server = serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await;
    let configured = configured(&settings(&server, ""));
    let file = configured.file();
    let service = Process::run(configured, &[]);
    service.decided(0, |_| true).await;
    let settings = Source::new(Some(file), []).load().unwrap();
    let report = judge(&examine(settings, Clock::system()).await);
    let (verdict, detail, _) = found(&report, Check::Store);
    assert!(verdict == Verdict::Ok && detail.contains("in use by the running service"), "{detail}");
    service.signal("TERM");
    assert_eq!(service.exit_code().await, 0);
}
