//! What `config/` has for Prometheus and Grafana, against the real server while it watches `demo`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use snarkfee_clock::Clock;
use snarkfee_lab::{
    daemon_sim::{DaemonSimOptions, Era, SimDaemonServer},
    market_sim::{World, library},
};
use tokio_util::sync::CancellationToken;

use super::server::{Prometheus, until};
use crate::{
    network::{ANY_PORT, http},
    process::Process,
    tools::tool,
};

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)
}

/// The queries of a dashboard, each with its panel; what Grafana fills in is filled in.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap();
            let query = query
                .replace("$daemon", ".*")
                .replace("$instance", ".*")
                .replace("$__rate_interval", "1m");
            assert!(!query.contains('$'), "{title}: {query}");
            found.push((title.to_owned(), query));
        }
    }
    assert!(found.len() > 20, "only {} queries", found.len());
    found
}

fn dashboards() -> [Value; 2] {
    ["grafana/dashboard.json", "grafana/fleet.json"]
        .map(|name| serde_json::from_str(&fs::read_to_string(config(name)).unwrap()).unwrap())
}

/// Runs `promtool`, if it is installed, and fails with what it objects to.
fn promtool(arguments: &[&str], input: Option<&str>) {
    use std::io::Write;
    let Some(program) = tool("promtool") else { return };
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(config("prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let told = [output.stdout, output.stderr]
        .map(|text| String::from_utf8_lossy(&text).into_owned())
        .concat();
    assert!(output.status.success(), "promtool {arguments:?}: {told}");
}

#[test]
fn configuration_and_rules_are_valid_and_alert_when_they_should() {
    for arguments in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
    ] {
        promtool(&arguments, None);
    }
}

/// Each alert has a test in which it fires.
#[test]
fn no_alert_is_untested() {
    let read = |name: &str| fs::read_to_string(config("prometheus").join(name)).unwrap();
    let (rules, tests) = (read("rules.yml"), read("rules_test.yml"));
    let alerts: Vec<_> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 8, "{alerts:?}");
    for alert in alerts {
        let fires = tests.split("alertname: ").skip(1).any(|case| {
            case.starts_with(&format!("{alert}\n"))
                && case
                    .split_once("exp_alerts:")
                    .is_some_and(|(_, rest)| rest.trim_start().starts_with("- exp_labels"))
        });
        assert!(fires, "{alert} never fires in rules_test.yml");
    }
}

/// What someone does who is woken by an alert.
#[test]
fn every_alert_has_a_severity_and_a_runbook_of_its_own() {
    let rules = fs::read_to_string(config("prometheus/rules.yml")).unwrap();
    let mut pages = BTreeSet::new();
    for rule in rules.split("- alert: ").skip(1) {
        let alert = rule.lines().next().unwrap();
        let severities = ["critical", "warning", "info"];
        assert!(
            severities.iter().any(|s| rule.contains(&format!("{{ severity: {s} }}"))),
            "{rule}"
        );
        assert!(rule.contains(&format!("{{{{ end }}}}/{alert}.md\"")), "{rule}");
        pages.insert(format!("{alert}.md"));
    }
    let folder = config("../docs/runbooks");
    let found: BTreeSet<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, pages);
    for page in pages {
        let text = fs::read_to_string(folder.join(&page)).unwrap();
        assert!(text.starts_with(&format!("# {}\n", page.trim_end_matches(".md"))), "{page}");
        for section in ["\n## Impact\n", "\n## Find out\n", "\n## Do\n"] {
            assert!(text.contains(section), "{page}: {section}");
        }
    }
}

/// Grafana shows one panel for each identifier, and panels must not lie on each other.
#[test]
fn the_dashboards_are_some_that_grafana_can_lay_out() {
    for dashboard in dashboards() {
        assert_can_be_laid_out(&dashboard);
    }
}

fn assert_can_be_laid_out(dashboard: &Value) {
    let (mut identifiers, mut cells) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(identifiers.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(cells.insert((x, y)), "{} lies on another panel", panel["title"]);
            }
        }
        if panel["type"] != "row" {
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        }
    }
    let variables: Vec<_> =
        dashboard["templating"]["list"].as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert_eq!(variables, ["datasource", "daemon", "instance"]);
}

/// Serves a daemon's metrics with the prefix that Mesa may bring.
async fn renamed(metrics_url: String) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    let page = async move || {
        http()
            .get(&metrics_url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
            .replace("Coda_", "Mina_")
    };
    let router = axum::Router::new().route("/metrics", axum::routing::get(page));
    crate::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test]
async fn no_panel_is_empty_while_the_server_watches_the_demo() {
    if tool("prometheus").is_none() {
        return;
    }
    let demo = Process::start([
        "demo",
        "--scenario",
        "scarce",
        "--seed",
        "1",
        "--speed",
        "600",
        "--listen",
        "127.0.0.1:0",
    ]);
    let daemon = demo
        .printed(|line| {
            Some(
                line.strip_prefix("daemon: ")?
                    .split_once("metrics http://")?
                    .1
                    .split_once('/')?
                    .0
                    .to_owned(),
            )
        })
        .await;
    let page = demo
        .printed(|line| {
            Some(
                line.strip_prefix("page:")?
                    .trim()
                    .trim_start_matches("http://")
                    .trim_end_matches('/')
                    .to_owned(),
            )
        })
        .await;
    let other = World::new(&library::scenario("scarce").unwrap(), 2, Clock::wall());
    let options = DaemonSimOptions { era: Era::Berkeley30, ..DaemonSimOptions::default() };
    let (clock, stop) = (Clock::accelerated(Clock::wall(), 60.0), CancellationToken::new());
    let other = SimDaemonServer::bind(
        ANY_PORT,
        ANY_PORT,
        Arc::new(Mutex::new(other)),
        clock,
        options,
        &stop,
    );
    let other = other.await.unwrap();
    let renamed = renamed(other.metrics_url()).await;

    let text = fs::read_to_string(config("prometheus/prometheus.yml")).unwrap();
    let text = text
        .replace("\"127.0.0.1:9527\"", &format!("\"{page}\""))
        .replace("\"127.0.0.1:10000\"", &format!("\"{daemon}\", \"{renamed}\""))
        .replace("_interval: 15s", "_interval: 500ms")
        .replace("scrape_interval: 500ms", "scrape_interval: 500ms\n  scrape_timeout: 500ms");
    assert!(
        text.contains(&page) && text.contains(&daemon) && text.contains("scrape_timeout"),
        "{text}"
    );
    let Some(server) = Prometheus::start(&text, &[&config("prometheus/rules.yml")]).await else {
        return;
    };

    let mut daemons = false;
    for (panel, query) in dashboards().iter().flat_map(queries) {
        let series = until(&format!("{panel}: {query}"), async || {
            let found = server.query(&query).await;
            // Both dialects are in every panel about the daemon.
            let whole = !query.contains("Mina_")
                || [&daemon, &renamed.to_string()].iter().all(|instance| {
                    found.iter().any(|series| series["metric"]["instance"] == **instance)
                });
            (!found.is_empty() && whole).then_some(found)
        })
        .await;
        daemons |= query.contains("Mina_");
        // Not a number is what an empty panel looks like in a graph.
        let numbers = series.iter().filter(|series| series["value"][1] != "NaN").count();
        assert!(numbers > 0, "{panel}: {query}: {series:?}");
    }
    assert!(daemons);
    for variable in ["snarkfee_mode", "{__name__=~\"(Coda|Mina)_Snark_work_snark_pool_size\"}"] {
        assert!(!server.query(variable).await.is_empty(), "{variable}");
    }

    let rules = until("the evaluation of all rules", async || {
        let answer = server.api("rules", &[]).await;
        let groups = answer["data"]["groups"].as_array()?;
        let rules: Vec<Value> = groups
            .iter()
            .filter_map(|group| group["rules"].as_array())
            .flatten()
            .cloned()
            .collect();
        rules.iter().all(|rule| rule["health"] != "unknown").then_some(rules)
    })
    .await;
    assert!(rules.len() >= 20 && rules.iter().all(|rule| rule["health"] == "ok"), "{rules:?}");
    let targets = server.api("targets", &[("state", "active")]).await;
    let errors: Vec<_> = targets["data"]["activeTargets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| &target["lastError"])
        .collect();
    assert_eq!(errors, ["", "", ""], "{targets}");

    let text = http()
        .get(format!("http://{page}/metrics"))
        .header("accept", "text/plain")
        .send()
        .await
        .unwrap();
    promtool(&["check", "metrics"], Some(&text.text().await.unwrap()));
    demo.signal("INT");
    assert_eq!(demo.exit_code().await, 0);
}
