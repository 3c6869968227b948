//! `snarkfee check` on set-ups that are broken in one place each: exit code 1, and one finding that
//! names the cause. And on sound ones: exit code 0.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use snarkfee_clock::Clock;
use snarkfee_core::market::SyncState;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SharedDaemon, SimDaemonServer},
    market_sim::World,
};
use tokio_util::sync::CancellationToken;

use crate::{
    check::{KEY, serve, settings, world},
    faulty_proxy::{ExchangeFault, FaultyProxy, Target},
    network::ANY_PORT,
    process::{Configured, Process},
    scripted_daemon::{ScriptedDaemon, Time},
    socket::{nobody, socket},
};

/// A configuration of one daemon.
struct Setup {
    controller: String,
    daemon: String,
    cost: String,
}

impl Setup {
    fn new(daemon: String) -> Self {
        Self { controller: String::new(), daemon, cost: "per_work = \"0.0004 MINA\"".to_owned() }
    }

    fn controller(self, controller: &str) -> Self {
        Self { controller: controller.to_owned(), ..self }
    }

    fn cost(self, cost: &str) -> Self {
        Self { cost: cost.to_owned(), ..self }
    }

    /// Writes it to a file; state is kept beside it, in the folder `state`.
    fn write(&self) -> Configured {
        let configured = Configured::new("");
        let Self { controller, daemon, cost } = self;
        let state = configured.file().with_file_name("state");
        let text = format!(
            "[controller]\nstate_dir = {:?}\nlisten = \"\"\n{controller}\n[daemons.main]\n{daemon}\n\
             [daemons.main.cost]\n{cost}\n",
            state.display().to_string()
        );
        fs::write(configured.file(), text).unwrap();
        configured
    }
}

/// Exit code and findings.
async fn check(configured: &Configured) -> (i32, Vec<Value>) {
    let file = configured.file();
    let check = Process::start(["check", "--json", "-c", file.to_str().unwrap()]);
    let code = check.exit_code().await;
    let document: Value = serde_json::from_str(&check.output())
        .unwrap_or_else(|error| panic!("{error}: {}{}", check.output(), check.errors()));
    (code, document["checks"].as_array().unwrap().clone())
}

/// That `check` fails, that the finding `name` fails and speaks of `detail` and `fix`, and that
/// nothing else fails but what `beside` names.
#[track_caller]
fn names(found: (i32, Vec<Value>), name: &str, detail: &str, fix: &str, beside: &[&str]) {
    let (code, rows) = found;
    assert_eq!(code, 1, "{name}: {rows:?}");
    let failed: Vec<&Value> = rows.iter().filter(|row| row["result"] == "fail").collect();
    let row = failed.iter().find(|row| row["name"] == name);
    let row = row.unwrap_or_else(|| panic!("no FAIL of {name}: {rows:#?}"));
    assert!(row["detail"].as_str().unwrap().contains(detail), "{row}");
    assert!(row["fix"].as_str().unwrap().contains(fix), "{row}");
    let other =
        failed.iter().find(|row| row["name"] != name && !beside.iter().any(|b| row["name"] == *b));
    assert!(other.is_none(), "{name}: {other:?}");
}

async fn healthy() -> SimDaemonServer {
    serve(Arc::new(Mutex::new(world("scarce"))), DaemonSimOptions::default()).await
}

#[tokio::test]
async fn a_market_that_cannot_be_read_is_a_failure() {
    let server = healthy().await;
    let now = Clock::wall();
    let proxy =
        FaultyProxy::before(server.graphql_address(), server.metrics_address(), Time::new(now));
    let daemon = settings(&server, "timeout = \"2s\"\nmax_response = \"8 MiB\"")
        .replace(&server.graphql_url(), &proxy.graphql_url());
    let configured = Setup::new(daemon).write();
    for (fault, detail, fix) in [
        (ExchangeFault::Instead("500 Internal Server Error", "no"), "500", "log of the daemon"),
        (
            ExchangeFault::Instead("200 OK", r#"{"data":{"bestChain":null,"snarkWorkRange":[]}}"#),
            "bestChain is null",
            "log of the daemon",
        ),
        (ExchangeFault::Oversized { announced: true }, "larger than the limit", "max_response"),
        (ExchangeFault::Hang, "no answer within 2s", "raise timeout"),
    ] {
        proxy.set(vec![(Target::Market, fault)]);
        names(check(&configured).await, "chain", detail, fix, &[]);
    }
    proxy.set(Vec::new());
    let (code, rows) = check(&configured).await;
    assert_eq!(code, 0, "{rows:#?}");
    // Works without ids make the book a lie.
    proxy.set(vec![(
        Target::Market,
        ExchangeFault::Rewritten(|body| body.replacen("\"workIds\":[", "\"workIds\":[-1,", 1)),
    )]);
    let (code, rows) = check(&configured).await;
    assert_eq!(code, 1, "{rows:#?}");
    assert_eq!(server.mutation_count(), 0);
}

#[tokio::test]
async fn a_daemon_that_cannot_be_controlled_is_a_failure() {
    let (_port, closed) = nobody();
    let unreachable = Setup::new(format!("graphql_url = \"{closed}/graphql\""));
    names(check(&unreachable.write()).await, "reachability", "refused", "--rest-port", &[]);

    let server = healthy().await;
    let proxy = FaultyProxy::before(
        server.graphql_address(),
        server.metrics_address(),
        Time::new(Clock::wall()),
    );
    let rename = ExchangeFault::Rewritten(|body| body.replace("setSnarkWork", "setNothing"));
    proxy.set(vec![(Target::GraphQl, rename)]);
    let through = settings(&server, "").replace(&server.graphql_url(), &proxy.graphql_url());
    let live = Setup::new(through.clone()).controller("mode = \"live\"");
    names(check(&live.write()).await, "mutations", "setSnarkWorkFee", "REST port", &[]);
    // A dry-run would lead to nothing either.
    let found = check(&Setup::new(through).write()).await;
    names(found, "mutations", "setSnarkWorkFee", "REST port", &[]);

    let limited = DaemonSimOptions { limited: true, ..DaemonSimOptions::default() };
    let limited = serve(Arc::new(Mutex::new(world("scarce"))), limited).await;
    let found = check(&Setup::new(settings(&limited, "")).write()).await;
    names(found, "schema", "limited", "3085", &["mutations"]);

    let mut bootstrapping = ScriptedDaemon::new(world("scarce"), Clock::wall());
    bootstrapping.sync = Some(SyncState::Bootstrap);
    let daemon: SharedDaemon = Arc::new(Mutex::new(bootstrapping));
    let server = serve(daemon, DaemonSimOptions::default()).await;
    let text = settings(&server, "").replace(World::operator_key().as_str(), KEY);
    names(check(&Setup::new(text).write()).await, "sync", "bootstrap", "Synced", &["worker_key"]);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_from_one_that_runs_faster() {
    let bind = async |clock: Clock, start| {
        let world =
            World::new(&snarkfee_lab::market_sim::library::scenario("scarce").unwrap(), 1, start);
        let daemon: SharedDaemon = Arc::new(Mutex::new(world));
        let options = DaemonSimOptions::default();
        let stop = CancellationToken::new();
        SimDaemonServer::bind(ANY_PORT, ANY_PORT, daemon, clock, options, &stop).await.unwrap()
    };
    let ahead = Clock::wall() + jiff::SignedDuration::from_hours(1);
    let wrong = bind(Clock::accelerated(ahead, 1.0), ahead).await;
    let found = check(&Setup::new(settings(&wrong, "")).write()).await;
    names(found, "clock", "behind the daemon's", "chrony", &[]);

    let start = Clock::wall() - jiff::SignedDuration::from_hours(1);
    let fast = bind(Clock::accelerated(start, 600.0), start).await;
    let (code, rows) = check(&Setup::new(settings(&fast, "")).write()).await;
    assert_eq!(code, 0, "{rows:#?}");
    let clock = rows.iter().find(|row| row["name"] == "clock").unwrap();
    assert!(
        clock["result"] == "ok" || clock["detail"].as_str().unwrap().contains("times as fast"),
        "{clock}"
    );
}

#[tokio::test]
async fn a_price_that_cannot_be_read_is_a_failure() {
    let server = healthy().await;
    let answer = async |status: &str, body: &str| {
        let text = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        socket(Some(Box::leak(text.into_boxed_str()))).await
    };
    let cost = |url: &str| {
        format!(
            "power = \"350 W\"\nelectricity = \"0.18 USD/kWh\"\nworks_per_hour = 90\n\
             mina_price = {{ url = \"{url}/?key=hunter2\", pointer = \"/mina/usd\", max_age = \"1h\" }}"
        )
    };
    for (status, body, detail, fix) in [
        ("429 Too Many Requests", "slow down", "429, too many requests", "limits requests"),
        ("403 Forbidden", "<html>Access denied</html>", "403", "key of your own"),
        ("302 Found", "", "302", "redirects"),
        ("503 Service Unavailable", "", "503", "another one"),
        ("200 OK", "{\"msg\":\"Invalid symbol.\"}", "/mina/usd", "pointer"),
        ("200 OK", "{\"mina\":{\"usd\":null}}", "null", "pointer"),
        ("200 OK", "<html></html>", "not the expected format", "JSON document"),
        ("200 OK", "{\"mina\":{\"usd\":214748.3594}}", "outside the bounds", "bounds"),
    ] {
        let setup = Setup::new(settings(&server, "")).cost(&cost(&answer(status, body).await));
        let found = check(&setup.write()).await;
        let text = format!("{found:?}");
        assert!(!text.contains("the daemon has no value"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        names(found, "price", detail, fix, &["cost"]);
    }
    let list = |url: &str| {
        format!(
            "power = \"350 W\"\nworks_per_hour = 90\nmina_price = \"0.31 EUR\"\n\
             electricity = {{ url = \"{url}/?key=hunter2\", pointer = \"/data\", max_age = \"36h\", unit = \"1 EUR/MWh\" }}"
        )
    };
    let hour =
        |from: i64| format!(r#"{{"data":[{{"start_timestamp":{from},"marketprice":-5.1}}]}}"#);
    let now = Clock::wall().as_second();
    for (body, detail, fix) in [
        ("{\"error\":\"no key\"}".to_owned(), "no key", "pointer"),
        (hour(now - 7_200), "no price for now", "today's prices"),
    ] {
        let setup = Setup::new(settings(&server, "")).cost(&list(&answer("200 OK", &body).await));
        names(check(&setup.write()).await, "tariff", detail, fix, &["cost"]);
    }
    let setup =
        Setup::new(settings(&server, "")).cost(&list(&answer("200 OK", &hour(now - 60)).await));
    let (code, rows) = check(&setup.write()).await;
    let tariff = rows.iter().find(|row| row["name"] == "tariff").unwrap();
    assert_eq!(code, 0, "{rows:#?}");
    assert!(tariff["detail"].as_str().unwrap().starts_with("-0.0051 EUR/kWh now"), "{tariff}");

    let good = answer("200 OK", "{\"mina\":{\"usd\":0.31}}").await;
    let (code, rows) = check(&Setup::new(settings(&server, "")).cost(&cost(&good)).write()).await;
    assert_eq!(code, 0, "{rows:#?}");
}

#[tokio::test]
async fn state_that_cannot_be_kept_is_a_failure() {
    let server = healthy().await;
    let foreign = Setup::new(settings(&server, "")).write();
    let state = foreign.file().with_file_name("state");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("journal.sqlite"), "something else").unwrap();
    names(check(&foreign).await, "store", "not an SQLite database", "move the file away", &[]);

    let occupied = Setup::new(settings(&server, "")).write();
    fs::write(occupied.file().with_file_name("state"), "a file").unwrap();
    names(check(&occupied).await, "state_dir", "not a directory", "state_dir", &[]);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_a_failure_and_everything_else_is_checked() {
    let server = healthy().await;
    let shown = World::operator_key();
    let pasted = settings(&server, "").replace(shown.as_str(), "B62q...");
    let (code, rows) = check(&Setup::new(pasted).write()).await;
    names((code, rows.clone()), "config", "worker_key", "leave it out", &[]);
    let key = rows.iter().find(|row| row["name"] == "worker_key").unwrap();
    let paste = format!("worker_key = \"{shown}\"");
    assert!(key["fix"].as_str().unwrap().contains(&paste), "{key}");
    assert!(rows.iter().any(|row| row["name"] == "chain" && row["result"] == "ok"), "{rows:#?}");

    let foreign = settings(&server, "").replace(shown.as_str(), KEY);
    let found = check(&Setup::new(foreign).write()).await;
    names(found, "worker_key", "neither worker_key", "own_provers", &["account"]);
}

#[tokio::test]
async fn metrics_at_the_wrong_address_are_a_failure() {
    let server = healthy().await;
    let text = settings(&server, "").replace(&server.metrics_url(), &server.graphql_url());
    names(check(&Setup::new(text).write()).await, "metrics", "400", "GraphQL port", &[]);
}

#[tokio::test]
async fn sound_setups_of_every_era_pass() {
    let market: SharedDaemon = Arc::new(Mutex::new(world("scarce")));
    for era in Era::ALL {
        let options = DaemonSimOptions { era, ..DaemonSimOptions::default() };
        let server = serve(market.clone(), options).await;
        let (code, rows) = check(&Setup::new(settings(&server, "")).write()).await;
        assert_eq!(code, 0, "{era:?}: {rows:#?}");
        assert_eq!(server.mutation_count(), 0);
        if era == Era::Mesa40 {
            let book = rows.iter().find(|row| row["name"] == "book").unwrap();
            let advice = "not known yet, rand assumed; --work-selection seq would bring ";
            assert!(book["detail"].as_str().unwrap().contains(advice), "{book}");
        }
    }
}
