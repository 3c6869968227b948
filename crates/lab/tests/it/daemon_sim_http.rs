//! The simulated daemon's ports, as a client over a socket sees them.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use snarkfee_core::invariants::SettingChange;
use snarkfee_lab::daemon_sim::{DaemonSimOptions, Era};

use crate::fixed_daemon::{Served, http, key, nanomina};

async fn post(served: &Served, content_type: &str, body: &str) -> reqwest::Response {
    http()
        .post(served.server.graphql_url())
        .header("content-type", content_type)
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

async fn ask(served: &Served, query: &str) -> Value {
    post(served, "application/json", &json!({ "query": query }).to_string())
        .await
        .json()
        .await
        .unwrap()
}

const SET_FEE: &str = "mutation { setSnarkWorkFee(input: { fee: \"9\" }) { lastFee } }";

#[tokio::test]
async fn answers_have_status_200_and_no_content_type() {
    let served = Served::new(Era::Mesa40).await;
    for query in ["{ version }", "{ nonsense }", "{ block(height: 3) { stateHash } }", "{ version"]
    {
        let answer =
            post(&served, "application/json", &json!({ "query": query }).to_string()).await;
        assert_eq!(answer.status(), 200, "{query}");
        assert_eq!(answer.headers().get("content-type"), None, "{query}");
    }
    assert!(ask(&served, "{ version").await.is_string());
    assert_eq!(
        post(&served, "application/graphql", "{ version }").await.text().await.unwrap(),
        r#"{"data":{"version":"0123456789abcdef"}}"#
    );
}

#[tokio::test]
async fn requests_without_a_readable_query_are_400_in_plain_text() {
    let served = Served::new(Era::Mesa40).await;
    let body = json!({ "query": "{ version }" }).to_string();
    let inexact = post(&served, "application/json; charset=utf-8", &body).await;
    assert_eq!(inexact.status(), 400);
    assert_eq!(inexact.text().await.unwrap(), "Must provide query string");
    assert_eq!(post(&served, "application/json", "{").await.status(), 400);
    assert_eq!(
        post(&served, "application/json", "{}").await.text().await.unwrap(),
        "Must provide query string"
    );
    let large = format!("{{\"query\":\"{}\"}}", "#".repeat(2 << 20));
    assert_eq!(post(&served, "application/json", &large).await.status(), 400);
    let elsewhere =
        http().get(served.server.graphql_url().replace("/graphql", "/other")).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
}

#[tokio::test]
async fn a_get_executes_its_query_and_shows_browsers_a_page() {
    let served = Served::new(Era::Mainnet10).await;
    let url = format!("{}?query=%7BsyncStatus%7D", served.server.graphql_url());
    let answer = http().get(&url).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"data":{"syncStatus":"SYNCED"}}"#);
    let page = http().get(&url).header("accept", "text/html,*/*;q=0.1").send().await.unwrap();
    assert!(page.text().await.unwrap().starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn metrics_are_at_their_path_only() {
    let served = Served::new(Era::Mesa40).await;
    let page = http().get(served.server.metrics_url()).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/plain; version=0.0.4");
    let text = page.text().await.unwrap();
    assert!(
        text.contains(
            "#TYPE Coda_Snark_work_snark_fee histogram\nCoda_Snark_work_snark_fee_sum 1e+06\n"
        ),
        "{text}"
    );
    assert!(text.contains("\n\n# HELP go_gc_duration_seconds"));
    for request in
        [http().post(served.server.metrics_url()), http().get(served.server.metrics_url() + "/")]
    {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 400);
        assert_eq!(refused.text().await.unwrap(), "Bad request");
    }
    assert_eq!(served.server.requests(), 3);
}

#[tokio::test]
async fn one_request_takes_one_snapshot() {
    let served = Served::new(Era::Mesa40).await;
    let query = "{ a: daemonStatus { stateHash metrics { snarkPoolSize } } b: snarkPool { fee } \
                 c: bestChain { snarkJobs { fee } transactions { feeTransfer { fee } } } d: pendingSnarkWork { workBundle { workId } } }";
    assert_eq!(ask(&served, query).await.get("errors"), None);
    assert_eq!(served.daemon.lock().unwrap().snapshots.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn mutations_are_applied_and_recorded() {
    let served = Served::new(Era::Mesa40).await;
    let both = "mutation { setSnarkWorkFee(input: { fee: 5 }) { lastFee } \
                setSnarkWorker(input: { publicKey: \"B62qother\" }) { lastSnarkWorker } }";
    let answer = ask(&served, both).await;
    assert_eq!(answer["data"]["setSnarkWorker"]["lastSnarkWorker"], "B62qworker");
    assert_eq!(served.shown().status.fee, nanomina(5));
    ask(&served, "mutation { setSnarkWorker(input: { publicKey: null }) { lastSnarkWorker } }")
        .await;
    assert_eq!(served.shown().status.worker, None);
    let changes: Vec<SettingChange> =
        served.server.mutations().into_iter().map(|record| record.change).collect();
    assert_eq!(
        changes,
        [
            SettingChange::Fee(nanomina(5)),
            SettingChange::Worker(Some(key("other"))),
            SettingChange::Worker(None)
        ]
    );
    assert_eq!(served.server.mutation_count(), 3);
}

#[tokio::test]
async fn a_lost_answer_has_applied_its_mutation() {
    let served = Served::new(Era::Mesa40).await;
    served.server.faults().lose_answers(1);
    assert!(ask(&served, "{ version }").await.is_object(), "reads are answered");
    let body = json!({ "query": SET_FEE }).to_string();
    let client = http();
    let send = || {
        client
            .post(served.server.graphql_url())
            .header("content-type", "application/json")
            .body(body.clone())
            .send()
    };
    let lost = send().await.expect_err("no answer");
    assert!(!lost.is_connect() && !lost.is_timeout(), "{lost:?}");
    assert_eq!(served.shown().status.fee, nanomina(9));
    assert_eq!(
        send().await.unwrap().text().await.unwrap(),
        r#"{"data":{"setSnarkWorkFee":{"lastFee":"9"}}}"#
    );
}

#[tokio::test]
async fn a_daemon_that_is_down_drops_connections_and_comes_back() {
    let served = Served::new(Era::Mesa40).await;
    let client = http();
    let send =
        || client.post(served.server.graphql_url()).json(&json!({ "query": SET_FEE })).send();
    assert_eq!(send().await.unwrap().status(), 200);
    served.server.faults().set_down(true);
    for _ in 0..3 {
        // The first attempt may use the connection that is still open.
        send().await.expect_err("dropped");
    }
    assert_eq!(served.server.mutation_count(), 1);
    served.server.faults().set_down(false);
    assert_eq!(send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn shutting_down_does_not_wait_out_a_delay() {
    let served = Served::new(Era::Mesa40).await;
    served.server.faults().set_delay(Duration::from_secs(3600));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(http().post(served.server.graphql_url()).json(&json!({ "query": SET_FEE })).send());
    while served.server.mutation_count() == 0 {
        tokio::task::yield_now().await;
    }
    served.server.shut_down().await;
    let answer = tasks.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(answer.status(), 200, "an answer under way is finished");
}

#[tokio::test]
async fn the_limited_port_has_no_mutations() {
    let served =
        Served::with(DaemonSimOptions { limited: true, ..DaemonSimOptions::default() }).await;
    let refused = ask(&served, SET_FEE).await;
    assert!(refused.get("data").is_none(), "{refused}");
    assert_eq!(served.server.mutation_count(), 0);
    assert_eq!(
        ask(&served, "{ daemonStatus { syncStatus } }").await["data"]["daemonStatus"]["syncStatus"],
        "SYNCED"
    );
}
