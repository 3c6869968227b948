//! `estimate` and `explain` as a user runs them, against a simulated daemon on loopback.

use std::{
    path::Path,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use snarkfee::service::Service;
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_config::{Controller, Daemon, MetricsSource, Settings};
use snarkfee_core::{
    cost::CostModel,
    ledger::NoJournal,
    units::{DaemonId, Nanomina},
};
use snarkfee_lab::{daemon_sim::SimDaemonServer, market_sim::World};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{
    check::KEY,
    network::{ANY_PORT, http, simulated_daemon},
};

/// A simulated daemon and a folder with a configuration file for it.
struct Asked {
    server: SimDaemonServer,
    folder: TempDir,
}

impl Asked {
    async fn new(scenario: &str, daemon: &str) -> Self {
        // Slow enough that the market of one look is that of the next.
        let (server, _) = simulated_daemon(scenario, 7, 0.001, &CancellationToken::new()).await;
        let asked = Self { server, folder: TempDir::new().unwrap() };
        asked.configure(daemon);
        asked
    }

    fn configure(&self, daemon: &str) {
        let text = format!(
            "[controller]\nmode = \"live\"\nstate_dir = {:?}\n[daemons.main]\ngraphql_url = {:?}\nmetrics_url = {:?}\n{daemon}",
            self.folder.path(),
            self.server.graphql_url(),
            self.server.metrics_url(),
        );
        std::fs::write(self.file(), text).unwrap();
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("snarkfee.toml")
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let file = self.file();
        let mut all = vec![arguments[0], "-c", file.to_str().unwrap()];
        all.extend(&arguments[1..]);
        snarkfee(&all).await
    }
}

async fn snarkfee(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snarkfee"));
    command.args(arguments).env_remove("RUST_LOG").arg("--log-level=warn");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The one JSON document of a command that succeeded.
fn document(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ours() -> String {
    format!("worker_key = \"{}\"\ncost.per_work = \"0.0001 MINA\"\n", World::operator_key())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_names_the_market_and_changes_nothing() {
    let asked = Asked::new("list-price", &ours()).await;
    let shown = text(&asked.run(&["estimate"]).await.stdout);
    for words in [
        "nothing was changed",
        "bought for 0",
        "demand",
        "open works",
        "nonparametric",
        "best",
        "recommended:",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let found = document(&asked.run(&["estimate", "--json"]).await);
    for key in [
        "name",
        "daemon",
        "wanted",
        "at",
        "era",
        "mode",
        "cost_per_work_mina",
        "works_bought_per_hour",
        "works_bought_per_hour_low",
        "works_bought_per_hour_high",
        "zero_fee_ratio",
        "quantiles",
        "samples",
        "effective_samples",
        "method",
        "uncovered_works",
        "open_works",
        "curve",
        "recommended",
    ] {
        assert!(!found[key].is_null(), "{key}: {found:#}");
    }
    assert_eq!(found["mode"], "dry-run", "whatever the file says");
    let quantiles: Vec<_> = found["quantiles"].as_object().unwrap().keys().collect();
    assert_eq!(quantiles, ["0.1", "0.25", "0.5", "0.75", "0.9"]);
    let curve = found["curve"].as_array().unwrap();
    assert!(curve.len() > 2);
    for point in curve {
        let number = |key: &str| point[key].as_f64().unwrap();
        assert!(
            number("low") <= number("sale_probability")
                && number("sale_probability") <= number("high")
        );
        assert!(number("fee_mina") >= 0.0 && number("profit_mina_per_hour").is_finite());
    }
    assert_eq!(found["recommended"]["action"], "set_fee");
    assert_eq!(found["recommended"]["reason"], "price_move");
    assert!(found["recommended"]["fee_mina"].as_f64().unwrap() < 0.1);
    assert_eq!(asked.server.mutation_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plot_is_a_complete_image() {
    let asked = Asked::new("list-price", &ours()).await;
    let drawing = asked.folder.path().join("market.svg");
    let output = asked.run(&["estimate", "--plot", drawing.to_str().unwrap()]).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let svg = std::fs::read_to_string(&drawing).unwrap();
    assert_well_formed(&svg);
    for words in [
        "main, ",
        "S(f) = P(C &gt; f)",
        "are bought for 0",
        "Standing quotes",
        "Expected profit",
        ">\n0\n<",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    let nowhere = asked.run(&["estimate", "--plot", "/nowhere/market.svg"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).contains("--plot /nowhere/market.svg"));
    assert_eq!(asked.server.mutation_count(), 0);
}

/// Every element that is opened is closed, in order, and nothing stands outside of the first.
fn assert_well_formed(svg: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, true) => assert!(!open.is_empty(), "{name} outside"),
            (false, false) => open.push(name),
        }
    }
    assert!(svg.starts_with("<svg ") && open.is_empty(), "{open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forecasts_are_shown_even_where_a_guard_holds() {
    let asked =
        Asked::new("scarce", &format!("worker_key = \"{KEY}\"\ncost.per_work = \"0.0001 MINA\"\n"))
            .await;
    let found = document(&asked.run(&["estimate", "--json"]).await);
    assert_eq!(found["recommended"]["reason"], "foreign_key");
    assert!(!found["curve"].as_array().unwrap().is_empty(), "{found:#}");
    let shown = text(&asked.run(&["estimate"]).await.stdout);
    assert!(shown.contains("has no ledger account: no pool takes a fee below 1 MINA"), "{shown}");
    let explained = document(&asked.run(&["explain", "--json"]).await);
    assert!(explained["waits_until"].as_str().unwrap().contains("own_provers"));
    assert_eq!(explained["forecasts"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_has_the_arithmetic_and_what_would_change_it() {
    let asked = Asked::new("scarce", &ours()).await;
    let found = document(&asked.run(&["explain", "--json"]).await);
    assert_eq!(found["daemon"], "main");
    let best = &found["forecasts"][0];
    let number = |key: &str| best[key].as_f64().unwrap();
    let profit = number("works_per_hour")
        * (number("sale_probability") * number("fee_mina") - number("cost_per_work_mina"));
    assert!((profit - number("profit_mina_per_hour")).abs() < 1e-6, "{best}");
    assert_eq!(found["stop_below_mina_per_hour"], 0.0);
    assert_eq!(found["resume_above_mina_per_hour"], 0.001);
    let shown = text(&asked.run(&["explain"]).await.stdout);
    for words in
        ["main: would ask", "decided", "best fee", "asked fee", "limits", "stops below 0 MINA/h"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(shown.lines().count() <= 24, "one screen: {shown}");
    assert_eq!(asked.server.mutation_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expensive_work_says_at_which_prices_sales_and_cost_it_would_pay() {
    // A limit above 0, since a fee that brings no work earns exactly that.
    let costing = |cost: &str| {
        let limits =
            "policy.stop_below = \"0.002 MINA/h\"\npolicy.resume_above = \"0.002 MINA/h\"\n";
        ours().replace("0.0001 MINA", cost) + limits
    };
    let asked = Asked::new("list-price", &costing("0.0008 MINA")).await;
    let found = document(&asked.run(&["explain", "--json"]).await);
    let decided = (found["reason"].as_str(), found["outlook"].as_str());
    assert_eq!(decided, (Some("uneconomical"), Some("stay_on")), "{found:#}");
    let changes = found["changes"].as_array().unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| change["what"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["prices", "sales", "cost"]);
    let needed = |place: usize| changes[place]["needed"].as_f64().unwrap();
    let [factor, sales, cost] = [0, 1, 2].map(needed);
    assert!(
        factor > 1.0 && sales > changes[1]["now"].as_f64().unwrap() && cost < 0.0008,
        "{found:#}"
    );
    // Put into the configuration, the cost named there does what was said of it, and a tenth more
    // does not. The market goes on between two looks, so the cost is not set to the very limit.
    for (cost, outlook) in [(cost * 0.99, "stop"), (cost * 1.1, "stay_on")] {
        asked.configure(&costing(&format!("{cost:.9} MINA")));
        let found = document(&asked.run(&["explain", "--json"]).await);
        assert_eq!(found["outlook"], outlook, "at {cost}: {found:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_daemon_is_named_and_fails_the_command() {
    let asked = Asked::new("scarce", &ours()).await;
    asked.server.faults().set_down(true);
    for command in ["estimate", "explain"] {
        let output = asked.run(&[command]).await;
        assert_eq!(output.status.code(), Some(1), "{command}");
        let errors = text(&output.stderr);
        assert!(
            errors.contains("could not observe daemon main") && errors.contains("snarkfee check"),
            "{errors}"
        );
        assert!(text(&output.stdout).contains("status_fault"));
    }
    let other = asked.run(&["estimate", "--daemon", "other"]).await;
    assert_eq!(other.status.code(), Some(2));
    assert!(
        text(&other.stderr).contains("no daemon is called \"other\"; the configuration has main")
    );
    std::fs::write(asked.file(), "[daemons.main]\ngraphql_url = 5\n").unwrap();
    assert_eq!(asked.run(&["explain"]).await.status.code(), Some(78));
    assert_eq!(asked.run(&["estimate", "--plot"]).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_explains_itself() {
    let asked = Asked::new("scarce", &ours()).await;
    let folder: &Path = asked.folder.path();
    let controller = Controller { listen: Some(ANY_PORT), ..Controller::in_dir(folder.to_owned()) };
    let mut daemon = Daemon::new(
        DaemonId::try_new("main").unwrap(),
        asked.server.graphql_url().parse().unwrap(),
    );
    daemon.metrics = Some(MetricsSource::Direct(asked.server.metrics_url().parse().unwrap()));
    daemon.cost = CostModel::PerWork(Nanomina::try_new(100_000).unwrap());
    daemon.params.worker.key = Some(World::operator_key());
    let started = Service::new(
        Settings::new(controller, vec![daemon]),
        Clock::system(),
        Arc::new(NoJournal::default()),
    )
    .start()
    .await
    .unwrap();
    let page = format!("http://{}", started.address.unwrap());
    let cancel = CancellationToken::new();
    let (_reload, reloads) = tokio::sync::mpsc::channel(1);
    let running = crate::spawn(started.run(None, reloads, cancel.clone()));
    let client = http();
    let begun = Stopwatch::start();
    while client.get(format!("{page}/readyz")).send().await.unwrap().status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the service never looked");
        tokio::task::yield_now().await;
    }
    let found = document(&snarkfee(&["explain", "--url", &page, "--json"]).await);
    assert_eq!((found["daemon"].as_str(), found["mode"].as_str()), (Some("main"), Some("dry-run")));
    assert!(!found["forecasts"].as_array().unwrap().is_empty(), "{found:#}");
    let shown = text(&snarkfee(&["explain", "--url", &page, "--daemon", "main"]).await.stdout);
    assert!(shown.contains("best fee") && shown.contains("limits"), "{shown}");
    assert_eq!(
        snarkfee(&["explain", "--url", &page, "--daemon", "other"]).await.status.code(),
        Some(2)
    );
    cancel.cancel();
    running.await.unwrap().unwrap();
    let gone = snarkfee(&["explain", "--url", &page]).await;
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("no running service answers at"), "{}", text(&gone.stderr));
    let foreign = snarkfee(&["explain", "--url", &asked.server.metrics_url()]).await;
    assert_eq!(foreign.status.code(), Some(1));
}
