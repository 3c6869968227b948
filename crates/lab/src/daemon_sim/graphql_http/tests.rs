use std::sync::{Arc, Mutex};

use super::*;
use crate::daemon_sim::{
    controls::{Controls, MutationLog},
    fixed::FixedDaemon,
    schema,
};

fn json_request(body: &serde_json::Value) -> GraphqlRequest {
    GraphqlRequest::parse(None, Some(b"application/json"), body.to_string().as_bytes()).unwrap()
}

async fn ask_daemon(daemon: FixedDaemon, era: Era, body: serde_json::Value) -> serde_json::Value {
    serde_json::from_str(&text_of(daemon, era, body).await).unwrap()
}

async fn text_of(daemon: FixedDaemon, era: Era, body: serde_json::Value) -> String {
    let schema = schema::build_schema(era, false).unwrap();
    let view = Arc::new(daemon.view(era));
    let log = Arc::new(MutationLog::default());
    let controls = Controls::new(Arc::new(Mutex::new(daemon)), log, view.snapshot.at);
    execute(&schema, era, json_request(&body), |request| request.data(view).data(controls)).await
}

async fn ask(era: Era, query: &str) -> serde_json::Value {
    ask_daemon(FixedDaemon::default(), era, json!({ "query": query })).await
}

#[test]
fn only_exact_content_types_are_read() {
    let body = br#"{"query":"{version}"}"#;
    let parse = |content_type: &'static str| {
        GraphqlRequest::parse(None, Some(content_type.as_bytes()), body)
    };
    assert_eq!(parse("application/json").unwrap().query, "{version}");
    assert_eq!(parse("application/json; charset=utf-8"), Err(NO_QUERY.to_owned()));
    assert_eq!(parse("application/JSON"), Err(NO_QUERY.to_owned()));
    assert_eq!(GraphqlRequest::parse(None, None, body), Err(NO_QUERY.to_owned()));
    let graphql = GraphqlRequest::parse(None, Some(b"application/graphql"), b"{version}").unwrap();
    assert_eq!(graphql.query, "{version}");
    let address =
        GraphqlRequest::parse(Some("query=%7Bversion%7D&variables=%7B%22a%22%3A1%7D"), None, b"")
            .unwrap();
    assert_eq!((address.query.as_str(), &address.variables["a"]), ("{version}", &json!(1)));
    assert!(GraphqlRequest::parse(None, Some(b"application/json"), b"{").is_err());
    assert_eq!(
        GraphqlRequest::parse(None, Some(b"application/json"), b"[]"),
        Err(NO_QUERY.to_owned())
    );
}

#[tokio::test]
async fn aliases_fragments_variables_and_typenames_are_answered() {
    let answer = ask_daemon(
        FixedDaemon::default(),
        Era::Mesa40,
        json!({
            "query": "query Q($n: Int, $key: PublicKey!) { \
                tip: bestChain(maxLength: $n) { ...blockPart __typename } \
                account(publicKey: $key, token: null) { ... on Account { publicKey nonce } } } \
                fragment blockPart on Block { stateHash snarkJobs { fee prover workIds } }",
            "variables": { "n": 1, "key": "B62qone" },
        }),
    )
    .await;
    assert_eq!(answer["data"]["tip"][0]["stateHash"], "3Nhash2");
    assert_eq!(answer["data"]["tip"][0]["__typename"], "Block");
    assert_eq!(answer["data"]["tip"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["data"]["tip"][0]["snarkJobs"][0],
        json!({ "fee": "1000000", "prover": "B62qone", "workIds": [20, 21] })
    );
    assert_eq!(answer["data"]["account"], json!({ "publicKey": "B62qone", "nonce": "0" }));
}

#[tokio::test]
async fn fields_come_in_the_order_asked_for() {
    for (query, answer) in [
        (
            "{ bestChain(maxLength: 1) { snarkJobs { workIds fee prover } } }",
            r#""snarkJobs":[{"workIds":[20,21],"fee":"1000000","prover":"B62qone"}"#,
        ),
        (
            "{ bestChain(maxLength: 1) { snarkJobs { prover workIds fee } } }",
            r#""snarkJobs":[{"prover":"B62qone","workIds":[20,21],"fee":"1000000"}"#,
        ),
    ] {
        let text = text_of(FixedDaemon::default(), Era::Mesa40, json!({ "query": query })).await;
        assert!(text.contains(answer), "{text}");
    }
}

#[tokio::test]
async fn ints_are_numbers_beyond_32_bits_and_other_scalars_text() {
    let answer = ask(Era::Mesa40, "{ daemonStatus { snarkWorkFee snarkWorker consensusTimeNow { startTime globalSlot } } snarkPool { fee workIds } }").await;
    let status = &answer["data"]["daemonStatus"];
    assert_eq!(status["snarkWorkFee"], 5_000_000_000_i64);
    assert_eq!(status["snarkWorker"], "B62qworker");
    assert_eq!(status["consensusTimeNow"]["globalSlot"], "9002");
    assert_eq!(status["consensusTimeNow"]["startTime"], "1790812980000");
    assert_eq!(
        answer["data"]["snarkPool"][1],
        json!({ "fee": "2000000000", "workIds": [5_000_000_000_i64] })
    );
}

#[tokio::test]
async fn ranges_of_work_end_before_their_end() {
    let query = "{ all: snarkWorkRange(startingIndex: 0) { workBundleSpec { workIds snarkFee snarkProverKey } } \
                 one: snarkWorkRange(startingIndex: \"0\", endingIndex: 1) { workBundleSpec { workIds } } \
                 none: snarkWorkRange(startingIndex: 9) { workBundleSpec { workIds } } \
                 backwards: snarkWorkRange(startingIndex: 2, endingIndex: 1) { workBundleSpec { workIds } } }";
    let answer = ask(Era::Mesa40, query).await;
    assert_eq!(
        answer["data"]["all"][1]["workBundleSpec"],
        json!({ "workIds": [60, 61], "snarkFee": null, "snarkProverKey": null })
    );
    assert_eq!(answer["data"]["one"].as_array().unwrap().len(), 1);
    assert_eq!(answer["data"]["none"], json!([]));
    assert_eq!(answer["data"]["backwards"], json!([]));
    let earlier =
        ask(Era::Berkeley30, "{ snarkWorkRange(startingIndex: 0) { workBundleSpec { workIds } } }")
            .await;
    assert_eq!(
        earlier,
        json!({ "errors": [{ "message": "Field 'snarkWorkRange' is not defined on type 'query'" }] })
    );
}

#[tokio::test]
async fn mutations_return_what_was_before() {
    let query = "mutation { setSnarkWorkFee(input: { fee: \"7\" }) { lastFee } \
                 off: setSnarkWorker(input: {}) { lastSnarkWorker } \
                 again: setSnarkWorkFee(input: { fee: 8 }) { lastFee } }";
    for era in Era::ALL {
        let answer = ask(era, query).await;
        let data = json!({
            "setSnarkWorkFee": { "lastFee": "5000000000" },
            "off": { "lastSnarkWorker": "B62qworker" },
            "again": { "lastFee": "7" },
        });
        assert_eq!(answer, json!({ "data": data }), "{era}");
    }
}

#[tokio::test]
async fn a_fee_that_is_no_number_is_refused_with_status_200() {
    for fee in ["\"1.5\"", "\"\"", "-1", "1.5", "\" 1\""] {
        let query =
            format!("mutation {{ setSnarkWorkFee(input: {{ fee: {fee} }}) {{ lastFee }} }}");
        let answer = ask(Era::Mesa40, &query).await;
        let expected = json!({
            "errors": [{ "message": "Could not decode uint64.", "path": ["setSnarkWorkFee"] }],
            "data": null,
        });
        assert_eq!(answer, expected, "{fee}");
    }
}

#[tokio::test]
async fn nothing_but_an_object_is_taken_for_an_input_object() {
    for input in [
        json!("B62qother"),
        json!(null),
        json!(1),
        json!([{}]),
        json!({ "publickey": "B62qother" }),
    ] {
        for era in [Era::Coda2020, Era::Mesa40] {
            let body = json!({
                "query": "mutation M($input: SetSnarkWorkerInput!) { setSnarkWorker(input: $input) { lastSnarkWorker } }",
                "variables": { "input": input },
            });
            let answer = ask_daemon(FixedDaemon::default(), era, body).await;
            assert!(answer["errors"][0]["message"].is_string(), "{input}: {answer}");
            assert!(answer.get("data").is_none_or(serde_json::Value::is_null), "{input}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_declared_variable_without_a_value_is_refused_since_mesa() {
    let body = json!({
        "query": "mutation M($key: PublicKey) { setSnarkWorker(input: { publicKey: $key }) { lastSnarkWorker } }",
        "variables": { "kye": "B62qother" },
    });
    let mesa = ask_daemon(FixedDaemon::default(), Era::Mesa40, body.clone()).await;
    assert!(mesa["errors"][0]["message"].as_str().unwrap().contains("$key"), "{mesa}");
    let before = ask_daemon(FixedDaemon::default(), Era::Berkeley30, body).await;
    assert_eq!(
        before,
        json!({ "data": { "setSnarkWorker": { "lastSnarkWorker": "B62qworker" } } })
    );
}

#[tokio::test]
async fn a_syntax_error_is_a_bare_string() {
    assert!(ask(Era::Mesa40, "{ version").await.is_string());
}

#[tokio::test]
async fn without_a_frontier_the_best_chain_is_null_beside_an_error() {
    let answer = ask_daemon(
        FixedDaemon::bootstrapping(),
        Era::Mesa40,
        json!({ "query": "{ bestChain(maxLength: 2) { stateHash } daemonStatus { syncStatus stateHash blockchainLength numAccounts consensusTimeBestTip { slot } } }" }),
    )
    .await;
    assert_eq!(answer["errors"][0]["path"], json!(["bestChain"]));
    let status = json!({
        "syncStatus": "BOOTSTRAP", "stateHash": null, "blockchainLength": null, "numAccounts": null, "consensusTimeBestTip": null,
    });
    assert_eq!(answer["data"], json!({ "bestChain": null, "daemonStatus": status }));
}

#[tokio::test]
async fn blocks_are_found_by_height_and_hash() {
    let answer = ask(
        Era::Mesa40,
        "{ a: block(height: 1001) { stateHash protocolState { previousStateHash consensusState { blockHeight slotSinceGenesis } } } \
           b: block(stateHash: \"3Nhash2\") { protocolState { consensusState { blockHeight } } } }",
    )
    .await;
    assert_eq!(answer["data"]["a"]["stateHash"], "3Nhash1");
    assert_eq!(answer["data"]["a"]["protocolState"]["previousStateHash"], "3Nhash0");
    let state = json!({ "blockHeight": "1001", "slotSinceGenesis": "9001" });
    assert_eq!(answer["data"]["a"]["protocolState"]["consensusState"], state);
    assert_eq!(answer["data"]["b"]["protocolState"]["consensusState"]["blockHeight"], "1002");
    let missing = ask(Era::Mesa40, "{ block(height: 1) { stateHash } }").await;
    assert_eq!(missing["data"], json!(null));
    let both = ask(Era::Mesa40, "{ block { stateHash } }").await;
    assert_eq!(both["errors"][0]["path"], json!(["block"]));
}

#[tokio::test]
async fn the_limited_schema_cannot_change_anything() {
    let schema = schema::build_schema(Era::Mesa40, true).unwrap();
    let view = Arc::new(FixedDaemon::default().view(Era::Mesa40));
    let put = |query: &str| {
        let asked = GraphqlRequest { query: query.to_owned(), ..GraphqlRequest::default() };
        let (schema, view) = (schema.clone(), Arc::clone(&view));
        async move { execute(&schema, Era::Mesa40, asked, |request| request.data(view)).await }
    };
    assert!(
        put("{ version daemonStatus { uptimeSecs } block(height: 1000) { stateHash } }")
            .await
            .starts_with("{\"data\"")
    );
    assert!(put("{ syncStatus }").await.starts_with("{\"errors\""));
    assert!(
        put("mutation { setSnarkWorkFee(input: { fee: 1 }) { lastFee } }").await.contains("errors")
    );
}
