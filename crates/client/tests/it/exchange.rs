//! Single exchanges of the live client: every kind of bad answer, and what one look asks for.

use std::{fs, io::Write, path::Path};

use mockito::Matcher;
use serde_json::{Value, json};
use snarkfee_client::{ClientConfig, DaemonClient, Era};
use snarkfee_clock::Clock;
use snarkfee_core::{
    fault::Fault,
    market::{BookOrder, LedgerAccount, SyncState},
    port::{DaemonPort, LookPlan},
    units::PublicKey,
};
use url::Url;

use crate::{
    eras::{CODA_2020, MESA_40},
    server::{KEY, Log, answers, client, config, daemon, hasty, introduces, operation, synced},
    socket::{nobody, socket},
};

fn plan() -> LookPlan {
    LookPlan {
        blocks: 20,
        kept: None,
        account: Some(PublicKey::try_new(KEY).expect("a key")),
        own_market: false,
    }
}

fn market() -> Value {
    json!({
        "bestChain": [{"stateHash": "3NLq", "snarkJobs": [{"workIds": [1], "fee": "5", "prover": KEY}],
            "protocolState": {"blockchainState": {"date": "1617151320000"},
                "consensusState": {"blockHeight": "363117"}}}],
        "snarkWorkRange": [
            {"workBundleSpec": {"workIds": [2, 3], "snarkFee": "7", "snarkProverKey": KEY}},
            {"workBundleSpec": {"workIds": [4], "snarkFee": null, "snarkProverKey": null}}],
    })
}

async fn status_fault(status: usize, body: impl AsRef<[u8]>) -> Fault {
    let mut server = daemon().await;
    operation(&mut server, "StatusMetrics")
        .with_status(status)
        .with_body(body)
        .create_async()
        .await;
    client(&server.url()).status().await.expect_err("a fault")
}

#[tokio::test]
async fn every_bad_answer_is_its_own_fault() {
    for (status, body, code) in [
        (500, "boom", "http_status"),
        (302, "", "http_status"),
        (200, "", "malformed"),
        (200, "<!DOCTYPE html><title>GraphiQL</title>", "malformed"),
        (200, "\"Syntax error: unexpected token\"", "malformed"),
        (200, "{\"data\": {\"daemonStatus\":", "malformed"),
        (200, "{\"data\": {\"daemonStatus\": {}}}", "malformed"),
        (200, "{\"errors\": [{\"message\": \"no\"}], \"data\": null}", "refused"),
        (
            200,
            "{\"errors\": [{\"message\": \"Field 'metrics' is not defined on type 'DaemonStatus'\"}]}",
            "unsupported",
        ),
    ] {
        assert_eq!(status_fault(status, body).await.code(), code, "{status} {body}");
    }
    let mut negative = synced();
    negative["daemonStatus"]["snarkWorkFee"] = json!(-1);
    let fault = status_fault(200, json!({"data": negative}).to_string()).await;
    assert_eq!(fault, Fault::InvalidValue { field: "snarkWorkFee".into(), value: "-1".into() });
}

#[tokio::test]
async fn the_body_is_limited_with_and_without_an_announced_length() {
    let limit = 16 * 1024;
    let body = " ".repeat(20_000) + &json!({"data": synced()}).to_string();
    for announced in [true, false] {
        let mut server = daemon().await;
        let mock = operation(&mut server, "StatusMetrics");
        let body = body.clone();
        let mock = match announced {
            true => mock.with_body(body),
            false => mock.with_chunked_body(move |writer| {
                body.as_bytes().chunks(1000).try_for_each(|part| writer.write_all(part))
            }),
        };
        mock.create_async().await;
        let client =
            DaemonClient::new(ClientConfig { max_response: limit, ..config(&server.url()) })
                .expect("a client");
        assert_eq!(
            client.status().await,
            Err(Fault::Oversized { limit }),
            "announced: {announced}"
        );
    }
}

#[tokio::test]
async fn broken_connections_are_told_apart() {
    let code = async |client: DaemonClient| client.status().await.expect_err("a fault").code();
    let (_port, closed) = nobody();
    assert_eq!(code(client(&closed)).await, "unreachable");
    assert_eq!(code(client(&socket(Some("")).await)).await, "unreachable");
    assert_eq!(code(hasty(&socket(None).await)).await, "timed_out");
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\"";
    assert_eq!(code(client(&socket(Some(cut)).await)).await, "truncated");
}

#[tokio::test]
async fn a_fault_holds_no_password_of_the_url() {
    let (_port, closed) = nobody();
    let mut config = config(&closed);
    config.graphql_url.set_username("operator").expect("a username");
    config.graphql_url.set_password(Some("hunter2")).expect("a password");
    let fault = DaemonClient::new(config).expect("a client").status().await.expect_err("a fault");
    assert!(!fault.to_string().contains("hunter2"), "{fault}");
}

#[tokio::test]
async fn a_look_reads_every_source_and_reports_each_request() {
    let mut server = daemon().await;
    answers(&mut server, "StatusMetrics", &synced()).create_async().await;
    answers(&mut server, "MarketRange", &market()).create_async().await;
    answers(&mut server, "Account", &json!({"account": {"nonce": "4"}})).create_async().await;
    let metrics = server
        .mock("GET", "/metrics")
        .with_body("Coda_Snark_work_snark_pool_size 4111\n")
        .create_async()
        .await;
    let log = Log::new();
    let client = DaemonClient::new(ClientConfig {
        metrics: Some(snarkfee_client::MetricsEndpoint::Page(
            Url::parse(&format!("{}/metrics", server.url())).expect("a URL"),
        )),
        observer: Some(log.clone()),
        member: None,
        ..config(&server.url())
    })
    .expect("a client");
    assert_eq!(client.era(), None);

    let look = client.look(&plan()).await;
    assert_eq!(client.era().as_deref(), Some(Era::Mesa40.name()));
    let status = look.status.expect("a status");
    assert_eq!(
        (status.sync, status.peers, status.exact_pool.map(|pool| pool.snark_pool_size)),
        (SyncState::Synced, Some(2), Some(4111))
    );
    let chain = look.chain.expect("asked").expect("a chain");
    assert_eq!(chain.blocks.iter().map(|block| block.height).collect::<Vec<_>>(), [363_117]);
    let book = look.book.expect("asked").expect("a book");
    assert_eq!((book.order, book.works.len()), (BookOrder::Purchase, 2));
    assert_eq!(look.metrics.expect("asked").expect("metrics").pool_size, Some(4111.0));
    assert_eq!(look.account, Some(Ok(LedgerAccount::Open)));
    metrics.assert_async().await;
    let all_ok = ["account", "introspection", "market_range", "metrics", "status_metrics"]
        .map(|name| (name, "ok"));
    assert_eq!(log.taken(), all_ok);

    // The schema is not looked at again, and what was not planned is not asked.
    let look =
        client.look(&LookPlan { blocks: 20, kept: None, account: None, own_market: false }).await;
    assert_eq!(look.account, None);
    assert_eq!(log.taken(), ["market_range", "metrics", "status_metrics"].map(|name| (name, "ok")));
}

#[tokio::test]
async fn a_failed_source_leaves_the_others() {
    let mut server = daemon().await;
    answers(&mut server, "StatusMetrics", &synced()).create_async().await;
    operation(&mut server, "MarketRange").with_body("<html>").create_async().await;
    answers(&mut server, "Account", &json!({"account": null})).create_async().await;
    let look = client(&server.url()).look(&plan()).await;
    assert!(look.status.is_ok());
    assert_eq!(look.chain.expect("asked").expect_err("a fault").code(), "malformed");
    assert_eq!(look.book.expect("asked").expect_err("a fault").code(), "malformed");
    assert_eq!((look.account, look.metrics), (Some(Ok(LedgerAccount::Missing)), None));
}

#[tokio::test]
async fn an_unsynced_daemon_is_not_asked_for_what_it_cannot_know() {
    let mut server = daemon().await;
    let mut status = synced();
    status["daemonStatus"]["syncStatus"] = json!("CATCHUP");
    answers(&mut server, "StatusMetrics", &status).create_async().await;
    let market = answers(&mut server, "MarketRange", &market()).expect(0).create_async().await;
    let account =
        answers(&mut server, "Account", &json!({"account": null})).expect(0).create_async().await;
    let look = client(&server.url()).look(&plan()).await;
    assert_eq!(look.status.expect("a status").sync, SyncState::Catchup);
    assert_eq!((look.chain, look.book, look.account), (None, None, None));
    market.assert_async().await;
    account.assert_async().await;
}

#[tokio::test]
async fn a_daemon_of_2020_is_read_without_chain_and_peers() {
    let mut server = mockito::Server::new_async().await;
    introduces(&mut server, CODA_2020).create_async().await;
    let mut status = synced();
    status["daemonStatus"]["blockProducerPubkeys"] = json!([]);
    answers(&mut server, "StatusCoda", &status).create_async().await;
    let pool =
        json!({"snarkPool": [{"workIds": [1], "fee": "1", "prover": KEY}], "pendingSnarkWork": []});
    answers(&mut server, "MarketCoda", &pool).create_async().await;
    // 2020 answers with an account in any case; without one its nonce is null.
    answers(&mut server, "Account", &json!({"account": {"nonce": null}})).create_async().await;
    let client = client(&server.url());
    let look = client.look(&plan()).await;
    assert_eq!(look.status.expect("a status").peers, None);
    assert_eq!(look.chain, None);
    assert_eq!(look.book.expect("asked").expect("a book").order, BookOrder::Unknown);
    assert_eq!(look.account, Some(Ok(LedgerAccount::Missing)));
    assert_eq!(client.era().as_deref(), Some("coda-2020"));

    server.reset();
    introduces(&mut server, CODA_2020).create_async().await;
    answers(&mut server, "StatusCoda", &status).create_async().await;
    operation(&mut server, "MarketCoda").with_status(500).create_async().await;
    let look =
        client.look(&LookPlan { blocks: 20, kept: None, account: None, own_market: false }).await;
    assert_eq!(look.chain, None);
    assert_eq!(look.book.expect("asked").expect_err("a fault").code(), "http_status");
}

#[tokio::test]
async fn refused_introspection_falls_back_to_mainnet_one() {
    for (status, body) in
        [(200, r#"{"errors": [{"message": "introspection is off"}]}"#), (403, "Forbidden")]
    {
        let mut server = mockito::Server::new_async().await;
        operation(&mut server, "Introspection")
            .with_status(status)
            .with_body(body)
            .create_async()
            .await;
        answers(&mut server, "Status", &synced()).create_async().await;
        let client = client(&server.url());
        assert!(client.status().await.is_ok(), "{body}");
        assert_eq!(client.era().as_deref(), Some("unknown"));
    }
}

#[tokio::test]
async fn an_assumption_that_no_status_confirmed_is_dropped() {
    let mut server = mockito::Server::new_async().await;
    let missing = server.mock("POST", "/graphql").with_status(404).expect(2).create_async().await;
    let client = client(&server.url());
    assert_eq!(client.status().await.expect_err("a fault").code(), "http_status");
    assert_eq!(client.era(), None);
    missing.assert_async().await;
}

#[tokio::test]
async fn the_schema_is_looked_at_again_after_a_restart_an_upgrade_or_a_missing_field() {
    for (field, value) in [("uptimeSecs", json!(60)), ("commitId", json!("other"))] {
        let mut server = mockito::Server::new_async().await;
        let introspection = introduces(&mut server, MESA_40).expect(2).create_async().await;
        let first = answers(&mut server, "StatusMetrics", &synced()).expect(1).create_async().await;
        let client = client(&server.url());
        assert!(client.status().await.is_ok());
        first.remove_async().await;
        let mut status = synced();
        status["daemonStatus"][field] = value;
        answers(&mut server, "StatusMetrics", &status).create_async().await;
        for _ in 0..3 {
            assert!(client.status().await.is_ok(), "{field}");
        }
        introspection.assert_async().await;
    }
    let mut server = mockito::Server::new_async().await;
    let introspection = introduces(&mut server, MESA_40).expect(2).create_async().await;
    let gone =
        r#"{"errors": [{"message": "Field 'metrics' is not defined on type 'DaemonStatus'"}]}"#;
    operation(&mut server, "StatusMetrics").with_body(gone).create_async().await;
    let client = client(&server.url());
    for _ in 0..2 {
        assert_eq!(client.status().await.expect_err("a fault").code(), "unsupported");
    }
    introspection.assert_async().await;
}

#[tokio::test]
async fn the_token_goes_to_the_daemon_and_to_no_other_origin() {
    let mut server = mockito::Server::new_async().await;
    let mut other = mockito::Server::new_async().await;
    let schema = Matcher::Exact("Bearer s3cret".into());
    introduces(&mut server, MESA_40)
        .match_header("authorization", schema.clone())
        .create_async()
        .await;
    answers(&mut server, "StatusMetrics", &synced())
        .match_header("authorization", schema.clone())
        .create_async()
        .await;
    answers(&mut server, "MarketRange", &market())
        .match_header("authorization", schema.clone())
        .create_async()
        .await;
    let body = "Coda_Snark_work_snark_pool_size 1\n";
    server
        .mock("GET", "/metrics")
        .match_header("authorization", schema)
        .with_body(body)
        .create_async()
        .await;
    let bare = other
        .mock("GET", "/metrics")
        .match_header("authorization", Matcher::Missing)
        .with_body(body);
    bare.create_async().await;
    for metrics in [server.url(), other.url()] {
        let client = DaemonClient::new(ClientConfig {
            metrics: Some(snarkfee_client::MetricsEndpoint::Page(
                Url::parse(&format!("{metrics}/metrics")).expect("a URL"),
            )),
            bearer: Some("s3cret".into()),
            ..config(&server.url())
        })
        .expect("a client");
        let look = client
            .look(&LookPlan { blocks: 1, kept: None, account: None, own_market: false })
            .await;
        assert!(look.status.is_ok() && look.chain.is_some_and(|chain| chain.is_ok()));
        assert!(look.metrics.is_some_and(|metrics| metrics.is_ok()), "{metrics}");
    }
    let broken = ClientConfig { bearer: Some("line\nbreak".into()), ..config(&server.url()) };
    assert!(DaemonClient::new(broken).is_err());
}

#[tokio::test]
async fn compressed_answers_are_read_and_count_by_what_they_unpack_to() {
    let packed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("a buffer");
        encoder.finish().expect("a buffer")
    };
    let bomb = format!("Coda_Snark_work_snark_pool_size 1\n{}", "#\n".repeat(1 << 20));
    for (text, code) in
        [("Coda_Snark_work_snark_pool_size 1\n", None), (bomb.as_str(), Some("oversized"))]
    {
        let mut server = mockito::Server::new_async().await;
        let page = server.mock("GET", "/metrics").match_header("accept-encoding", "gzip");
        page.with_header("content-encoding", "gzip").with_body(packed(text)).create_async().await;
        let url = Url::parse(&format!("{}/metrics", server.url())).expect("a URL");
        let metrics = Some(snarkfee_client::MetricsEndpoint::Page(url));
        let client =
            DaemonClient::new(ClientConfig { metrics, ..config(&server.url()) }).expect("a client");
        let scrape = client.scrape().await.expect("an endpoint");
        assert_eq!(scrape.err().map(|fault| fault.code()), code);
    }
}

#[tokio::test]
async fn a_look_is_stamped_by_its_clock() {
    let origin: jiff::Timestamp = "2030-01-01T00:00:00Z".parse().expect("a time");
    let clock = Clock::accelerated(origin, 1.0);
    let (_port, closed) = nobody();
    let client = DaemonClient::new(ClientConfig { clock, ..config(&closed) }).expect("a client");
    let look = client.look(&plan()).await;
    assert!(look.at >= origin);
    assert_eq!((look.chain, look.book, look.account, look.metrics), (None, None, None, None));
    assert_eq!(look.status.expect_err("a fault").code(), "unreachable");
}

/// Answers of real daemons, published by their operators.
#[tokio::test]
async fn recorded_answers_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples");
    let sample = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        serde_json::from_str::<Value>(&text).ok().map(|answer| answer["data"].clone())
    };
    let pool = sample("mainnet-2021-03_graphql-snarkPool.json");
    let Some(pool) = pool else {
        println!("skipped: ../shared is not here");
        return;
    };
    let blocks = sample("mainnet-2021-03_graphql-bestChain-1.json").expect("a chain");
    let account = sample("mainnet-2021-03_graphql-account.json").expect("an account");
    for name in ["mainnet-2021-03", "mainnet-2022", "berkeley-2024-06"] {
        // Each sample shows a part of the status; the rest is ours.
        let mut status = synced();
        let part = sample(&format!("{name}_graphql-daemonStatus-subset.json")).expect("a status");
        let part = part["daemonStatus"].as_object().expect("an object").clone();
        let height = part["blockchainLength"].clone();
        status["daemonStatus"].as_object_mut().expect("an object").extend(part);
        let mut market = json!({"pendingSnarkWork": [], "snarkPool": pool["snarkPool"], "bestChain": blocks["bestChain"]});
        market["bestChain"][0]["snarkJobs"] = json!([]);
        let mut account = account.clone();
        account["account"]["nonce"] = json!("0");

        let mut server = mockito::Server::new_async().await;
        operation(&mut server, "Introspection")
            .with_body(r#"{"errors": [{"message": "off"}]}"#)
            .create_async()
            .await;
        answers(&mut server, "Status", &status).create_async().await;
        answers(&mut server, "MarketPool", &market).create_async().await;
        answers(&mut server, "Account", &account).create_async().await;
        let look = client(&server.url()).look(&plan()).await;
        let status = look.status.expect("a status");
        assert_eq!(status.height.map(Value::from), Some(height), "{name}");
        assert_eq!(look.chain.expect("asked").expect("a chain").blocks[0].height, 4779);
        let book = look.book.expect("asked").expect("a book");
        assert_eq!(book.works[0].work.ids().collect::<Vec<_>>(), [343_409_785, 151_173_040]);
        assert_eq!(book.works[0].standing.as_ref().expect("an offer").fee.get(), 0);
        assert_eq!(look.account, Some(Ok(LedgerAccount::Open)));
    }
}
