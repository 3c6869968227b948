//! The HTTP server over real connections.

pub(crate) mod fleet;
mod hosts;
mod limits;
mod openapi;
mod past;
pub(crate) mod test_server;
pub(crate) mod untrusted_text;

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use snarkfee::web::ServerLimits;
use snarkfee_clock::Clock;
use snarkfee_core::{
    control::OperatorCommand,
    fault::Fault,
    fixtures::{fee, key},
    market::{SellerKind, SellerSummary},
    policy::{Action, Reason},
    record::{Mode, Outcome, Pause, Record},
};

use self::test_server::{TOKEN, TestServer, name, record};

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn assert_keys(value: &Value, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(key), "{key} is missing among {found:?}");
    }
}

#[tokio::test]
async fn status_has_the_keys_of_the_contract_and_the_numbers_of_the_record() {
    let site = TestServer::earning().await;
    let status = site.json("/api/v1/status").await;
    assert_keys(&status, &["version", "mode", "daemons"]);
    assert_eq!(status["mode"], "live");
    let daemon = &status["daemons"][0];
    assert_keys(
        daemon,
        &[
            "name",
            "era",
            "role",
            "sync",
            "worker_enabled",
            "worker_wanted",
            "fee_mina",
            "target_fee_mina",
            "expected_profit_mina_per_hour",
            "sale_probability",
            "last_decision",
            "observation_age_seconds",
            "paused_until",
            "breaker",
        ],
    );
    assert_eq!(daemon["name"], "main");
    assert_eq!(daemon["role"], "worker");
    assert_eq!(daemon["sync"], "synced");
    assert_eq!(daemon["worker_enabled"], true);
    assert_eq!(daemon["fee_mina"], json!(0.0012), "the confirmed fee, not the one seen before");
    assert_eq!(daemon["expected_profit_mina_per_hour"], json!(0.021));
    assert_eq!(daemon["sale_probability"], json!(0.42));
    assert_eq!(daemon["breaker"], "closed");
    assert_eq!(daemon["paused_until"], Value::Null);
    let age = daemon["observation_age_seconds"].as_f64().unwrap();
    assert!((180.0..181.0).contains(&age), "{age}");
    assert_keys(&daemon["last_decision"], &["at", "action", "reason", "text"]);
    assert_eq!(daemon["last_decision"]["reason"], "price_move");
    let expensive = json!({
        "fee_from_mina": 0.001, "works": 64, "sold": 26, "predicted": 0.45, "realised": 0.40625, "factor": 0.92
    });
    assert_eq!(daemon["own_sales_by_fee"][1], expensive);
    assert_eq!(daemon["explanation"]["own_sales_by_fee"][1], expensive);
}

#[tokio::test]
async fn a_daemon_before_its_first_look_has_the_same_keys_without_values() {
    let site = TestServer::open(&["main", "other"], false, ServerLimits::default()).await;
    site.publish(record());
    let status = site.json("/api/v1/status").await;
    let [main, other] = [&status["daemons"][0], &status["daemons"][1]];
    assert_eq!(keys(main), keys(other));
    assert_eq!(other["fee_mina"], Value::Null);
    assert_eq!(other["last_decision"], Value::Null);
    assert_eq!(
        site.get("/api/v1/market?daemon=other").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(site.get("/?daemon=other").await.text().await.unwrap().contains("not checked yet"));
}

#[tokio::test]
async fn sellers_are_listed_with_their_kind() {
    let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
    assert_eq!(site.get("/api/v1/sellers").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let at = record().at;
    let sellers = vec![SellerSummary {
        prover: key("them"),
        kind: SellerKind::Fixed,
        fees: vec![(fee(2_000_000), 0.25), (fee(5_000_000), 0.75)],
        works_per_hour: 51.0,
        share_of_sales: 0.1,
        since: at,
        last_seen: at,
        online: 0.97,
    }];
    site.publish(Record { sellers, ..record() });
    let listed = site.json("/api/v1/sellers?daemon=main").await;
    assert_keys(
        &listed[0],
        &["prover", "kind", "fees_mina", "works_per_hour", "last_seen", "online"],
    );
    assert_eq!(listed[0]["kind"], "fixed");
    assert_eq!(listed[0]["fees_mina"], json!([0.002, 0.005]));
    assert_eq!(listed[0]["online"], true);
    let metrics = site.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("snarkfee_sellers{daemon=\"main\",kind=\"fixed\"} 1.0"));
    assert!(metrics.contains("snarkfee_sellers{daemon=\"main\",kind=\"gone\"} 0.0"));
}

#[tokio::test]
async fn market_has_the_keys_of_an_estimate() {
    let site = TestServer::earning().await;
    for path in ["/api/v1/market", "/api/v1/market?daemon=main"] {
        let market = site.json(path).await;
        assert_keys(
            &market,
            &[
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
            ],
        );
        assert_eq!(
            keys(&market["quantiles"]),
            BTreeSet::from(["0.1", "0.25", "0.5", "0.75", "0.9"])
        );
        assert_eq!(market["quantiles"]["0.75"], json!(0.0025));
        assert_eq!(market["mode"], "live");
        assert_keys(
            &market["curve"][0],
            &["fee_mina", "sale_probability", "low", "high", "profit_mina_per_hour"],
        );
        assert_eq!(market["curve"].as_array().unwrap().len(), 17);
        assert_eq!(market["recommended"]["action"], "set_fee");
        assert_eq!(market["recommended"]["fee_mina"], json!(0.0012));
        assert_eq!(market["recommended"]["reason"], "price_move");
    }
}

#[tokio::test]
async fn decisions_are_paged_and_filtered() {
    let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
    let start: Timestamp = record().at;
    for minute in 0_i64..30 {
        let mut record = record();
        record.at = start.checked_add(minute.minutes()).unwrap();
        record.sequence = minute.unsigned_abs();
        if minute % 10 != 0 {
            record.decision.action = Action::Hold;
            record.decision.reason = Reason::AtTarget;
            record.outcome = Outcome::Held;
        }
        site.publish(record);
    }
    let mut path = "/api/v1/decisions?limit=7".to_owned();
    let mut seen = Vec::new();
    loop {
        let run = site.json(&path).await;
        let rows = run["decisions"].as_array().unwrap();
        assert!(rows.len() <= 7);
        seen.extend(rows.iter().map(|row| row["sequence"].as_u64().unwrap()));
        match run["next_before"].as_str() {
            Some(before) => path = format!("/api/v1/decisions?limit=7&before={before}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..30).rev().collect::<Vec<u64>>());

    let changes = site.json("/api/v1/decisions?action=changes&daemon=main").await;
    let rows = changes["decisions"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_keys(
        &rows[0],
        &["daemon", "at", "action", "reason", "text", "outcome", "fee_mina", "target_fee_mina"],
    );

    let page = site.get("/?daemon=main&action=hold").await.text().await.unwrap();
    assert!(page.contains("9 times since"), "like holds are one line");
    assert!(!page.contains("the best fee moved"));
}

#[tokio::test]
async fn bad_parameters_are_one_line_errors() {
    let site = TestServer::earning().await;
    for (path, status) in [
        ("/api/v1/decisions?limit=0", 400),
        ("/api/v1/decisions?limit=1001", 400),
        ("/api/v1/decisions?limit=ten", 400),
        ("/api/v1/decisions?before=yesterday", 400),
        ("/api/v1/decisions?daemon=%3Cscript%3E", 400),
        ("/api/v1/decisions?daemon=nobody", 404),
        ("/api/v1/decisions?limt=1", 400),
        ("/api/v1/market?daemon=nobody", 404),
        ("/?action=explode", 400),
        ("/?daemon=nobody", 404),
        ("/nothing", 404),
        ("/api/v1/", 404),
        ("/../etc/passwd", 404),
    ] {
        let response = site.get(path).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json", "{path}");
        let text = response.text().await.unwrap();
        assert_eq!(text.lines().count(), 1);
        let error: Value = serde_json::from_str(&text).unwrap();
        assert!(error["error"].as_str().is_some_and(|error| !error.is_empty()), "{path}");
    }
    let two = TestServer::open(&["a", "b"], false, ServerLimits::default()).await;
    let response = two.get("/api/v1/market").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("a, b"));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let site = TestServer::earning().await;
    for path in [
        "/",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/status",
        "/api/v1/decisions",
        "/api/v1/market",
        "/api/v1/sellers",
    ] {
        let response = site.post(path, Some(&format!("Bearer {TOKEN}")), "").await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(response.headers()[header::ALLOW].to_str().unwrap().contains("GET"), "{path}");
    }
    assert_eq!(site.get("/api/v1/pause").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn commands_need_the_token_and_reach_the_service() {
    let mut site = TestServer::earning().await;
    let bearer = format!("Bearer {TOKEN}");
    for wrong in [
        None,
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer wrong"),
        Some(TOKEN),
        Some("Basic Og=="),
    ] {
        let response = site.post("/api/v1/pause", wrong, "").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    }
    let longer = format!("{bearer}x");
    assert_eq!(
        site.post("/api/v1/pause", Some(&longer), "").await.status(),
        StatusCode::UNAUTHORIZED
    );

    for (path, body, status) in [
        ("/api/v1/pause", "", 202),
        ("/api/v1/pause", r#"{"daemon":"main","for":"30m"}"#, 202),
        ("/api/v1/resume", "{}", 202),
        ("/api/v1/resume", r#"{"daemon":"main"}"#, 202),
        ("/api/v1/resume", r#"{"for":"1h"}"#, 400),
        ("/api/v1/pause", r#"{"for":"-1h"}"#, 400),
        ("/api/v1/pause", r#"{"for":"9999999h"}"#, 400),
        ("/api/v1/pause", r#"{"for":"soon"}"#, 400),
        ("/api/v1/pause", r#"{"daemon":"nobody"}"#, 404),
        ("/api/v1/pause", r#"{"daemon":"<b>"}"#, 400),
        ("/api/v1/pause", r#"{"deamon":"main"}"#, 400),
        ("/api/v1/pause", "{", 400),
    ] {
        let response = site.post(path, Some(&bearer), body).await;
        assert_eq!(response.status().as_u16(), status, "{path} {body}");
        assert!(serde_json::from_str::<Value>(&response.text().await.unwrap()).is_ok());
    }
    let mut taken = Vec::new();
    while let Ok(command) = site.commands.try_recv() {
        taken.push(command);
    }
    let [all, main, resume_all, resume_main] = taken.try_into().unwrap();
    assert_eq!(all, OperatorCommand::Pause { daemon: None, until: None });
    let OperatorCommand::Pause { daemon: Some(daemon), until: Some(until) } = main else {
        panic!("{main:?}")
    };
    assert_eq!(daemon, name("main"));
    let origin: Timestamp = "2026-11-22T14:35:00Z".parse().unwrap();
    assert!(until >= origin && until < origin.checked_add(1.minutes()).unwrap(), "{until}");
    assert_eq!(resume_all, OperatorCommand::Resume { daemon: None });
    assert_eq!(resume_main, OperatorCommand::Resume { daemon: Some(name("main")) });

    // The channel holds four commands: the fifth is refused.
    for _ in 0..4 {
        assert_eq!(
            site.post("/api/v1/resume", Some(&bearer), "").await.status(),
            StatusCode::ACCEPTED
        );
    }
    assert_eq!(
        site.post("/api/v1/resume", Some(&bearer), "").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn without_a_token_there_are_no_commands() {
    let site = TestServer::open(&["main"], false, ServerLimits::default()).await;
    for path in ["/api/v1/pause", "/api/v1/resume"] {
        assert_eq!(
            site.post(path, Some(&format!("Bearer {TOKEN}")), "").await.status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(site.get(path).await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn health_follows_the_loops_and_readiness_the_first_looks() {
    let site = TestServer::open(&["main", "other"], false, ServerLimits::default()).await;
    assert_eq!(site.get("/healthz").await.status(), StatusCode::OK);
    let waiting = site.get("/readyz").await;
    assert_eq!(waiting.status(), StatusCode::SERVICE_UNAVAILABLE);
    let waiting: Value = serde_json::from_str(&waiting.text().await.unwrap()).unwrap();
    assert_eq!(waiting["waiting"], json!(["main", "other"]));

    site.publish(record());
    assert_eq!(site.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let mut other = record();
    other.daemon = name("other");
    site.publish(other);
    assert_eq!(site.get("/readyz").await.status(), StatusCode::OK);

    let long_ago = Clock::instant().checked_sub(std::time::Duration::from_secs(3)).unwrap();
    site.liveness.forget(&name("main"));
    site.liveness.expect(&name("main"), std::time::Duration::from_secs(1), long_ago);
    let stuck = site.get("/healthz").await;
    assert_eq!(stuck.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(stuck.text().await.unwrap().contains("main"));
}

#[tokio::test]
async fn metrics_are_openmetrics_or_the_classic_format_on_request() {
    let site = TestServer::earning().await;
    let prometheus =
        "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    for accept in [prometheus, "*/*"] {
        let open = site.get_as("/metrics", accept).await;
        assert_eq!(
            open.headers()[header::CONTENT_TYPE],
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "{accept}"
        );
        let text = open.text().await.unwrap();
        assert!(text.ends_with("# EOF\n"));
        assert!(
            text.contains(
                "snarkfee_observation_age_seconds{daemon=\"main\",source=\"graphql\"} 180."
            )
        );
    }
    let classic = site.get_as("/metrics", "text/plain").await;
    assert_eq!(classic.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let text = classic.text().await.unwrap();
    let parsed =
        prometheus_parse::Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
    let fee =
        parsed.samples.iter().find(|sample| sample.metric == "snarkfee_daemon_fee_mina").unwrap();
    assert_eq!(fee.value, prometheus_parse::Value::Gauge(0.0012));
    assert_eq!(fee.labels.get("daemon"), Some("main"));
}

#[tokio::test]
async fn the_metrics_of_twenty_daemons_are_small_where_the_reader_takes_gzip() {
    let names: Vec<String> = (0..20).map(|number| format!("worker-{number}")).collect();
    let daemons: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = TestServer::open(&daemons, true, ServerLimits::default()).await;
    for daemon in &daemons {
        site.publish(Record { daemon: name(daemon), ..record() });
    }
    let plain = site.get("/metrics").await.bytes().await.unwrap();
    let raw = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let asked = raw.get(site.url("/metrics")).header(header::ACCEPT_ENCODING, "gzip");
    let packed = asked.send().await.unwrap();
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    let packed = packed.bytes().await.unwrap();
    assert!(packed.len() < 100_000, "{} bytes", packed.len());
    let mut unpacked = Vec::new();
    std::io::copy(&mut flate2::read::GzDecoder::new(&packed[..]), &mut unpacked).unwrap();
    let families =
        |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().matches("# TYPE").count();
    assert_eq!(families(&unpacked), families(&plain));
}

#[tokio::test]
async fn every_answer_carries_the_strict_policy() {
    let site = TestServer::earning().await;
    for path in [
        "/",
        "/style.css",
        "/app.js",
        "/icon.svg",
        "/metrics",
        "/api/v1/status",
        "/nothing",
        "/?action=x",
    ] {
        let response = site.get(path).await;
        let headers = response.headers();
        assert_eq!(
            headers[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
        assert!(
            headers.contains_key(header::CONTENT_TYPE)
                && headers.contains_key(header::CACHE_CONTROL),
            "{path}"
        );
    }
    let page = site.get("/").await.text().await.unwrap();
    for forbidden in ["style=", "<style", "onclick", "onload", "javascript:", "//cdn", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.matches("<script").count(), 1, "one script, from a file");
    assert!(page.contains(r#"<script src="/app.js" defer></script>"#));
}

#[tokio::test]
async fn the_page_shows_the_numbers_of_the_status_and_every_state_in_words() {
    let site = TestServer::earning().await;
    let page = site.get("/").await.text().await.unwrap();
    let daemon = site.json("/api/v1/status").await["daemons"][0].clone();
    for key in [
        "fee_mina",
        "expected_profit_mina_per_hour",
        "sale_probability",
        "cost_per_work_mina",
        "earned_mina",
    ] {
        assert!(
            page.contains(&format!("<data value=\"{}\">", daemon[key])),
            "{key} is {}",
            daemon[key]
        );
    }
    assert!(page.contains("<span class=\"mode live\">LIVE</span>"));
    assert!(page.contains("on since at least 14:02"));
    assert_eq!(
        page.matches("<svg").count(),
        2 + 1,
        "two curves and the bar; histories need a second look"
    );
    assert!(
        !page.contains("Dry run.") && !page.contains("Paused.") && !page.contains("Breaker open.")
    );

    let mut held = record();
    held.at = held.at.checked_add(1.minutes()).unwrap();
    held.mode = Mode::DryRun;
    held.hold.paused = Some(Pause { until: Some("2026-11-22T15:00:00Z".parse().unwrap()) });
    held.hold.breaker_open = true;
    let fault = Fault::TimedOut { limit: std::time::Duration::from_secs(30) };
    held.look.status = Err(fault.clone());
    held.decision.action = Action::Hold;
    held.decision.reason = Reason::StatusFault { fault };
    held.outcome = Outcome::Held;
    site.publish(held);
    let page = site.get("/").await.text().await.unwrap();
    for said in [
        "Dry run.",
        "DRY RUN",
        "Paused.",
        "15:00:00",
        "Breaker open.",
        "What could not be read",
        "no answer within 30s",
        "state not known since 14:03, last seen on",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(page.matches("<svg").count(), 6 + 1);
    let status = site.json("/api/v1/status").await;
    assert_eq!(status["mode"], "dry-run");
    assert_eq!(status["daemons"][0]["paused_until"], "2026-11-22T15:00:00Z");
    assert_eq!(status["daemons"][0]["breaker"], "open");
}
