//! What answers the client in tests: a mock daemon for ordinary answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mockito::{Matcher, Mock, ServerGuard};
use serde_json::{Value, json};
use snarkfee_client::{ClientConfig, DaemonClient, RequestObserver};
use snarkfee_clock::Clock;
use url::Url;

use crate::{
    eras::MESA_40,
    schema::{introspection_answer, parse_sdl},
};

pub(crate) const KEY: &str = "B62qpLeuZDL7PxNsCqsJwWFPAmnixi5ay8Kz9NcNGBQU8jK19VpJQaY";

/// Long enough for any loopback answer on a busy machine.
const AMPLE: Duration = Duration::from_secs(30);
/// The limit where its running out is what is tested.
const SHORT: Duration = Duration::from_millis(300);

pub(crate) fn config(url: &str) -> ClientConfig {
    ClientConfig {
        graphql_url: Url::parse(&format!("{url}/graphql")).expect("a URL"),
        metrics: None,
        bearer: None,
        timeout: AMPLE,
        max_response: 1 << 20,
        clock: Clock::system(),
        observer: None,
        member: None,
    }
}

pub(crate) fn client_by(url: &str, clock: Clock) -> DaemonClient {
    DaemonClient::new(ClientConfig { clock, max_response: 64 << 20, ..config(url) })
        .expect("a client")
}

pub(crate) fn client(url: &str) -> DaemonClient {
    DaemonClient::new(config(url)).expect("a client")
}

pub(crate) fn hasty(url: &str) -> DaemonClient {
    DaemonClient::new(ClientConfig { timeout: SHORT, ..config(url) }).expect("a client")
}

/// A mock of one operation, recognised by its name and the exact content type that the daemon
/// wants.
pub(crate) fn operation(server: &mut ServerGuard, name: &str) -> Mock {
    server
        .mock("POST", "/graphql")
        .match_header("content-type", Matcher::Exact("application/json".into()))
        .match_body(Matcher::PartialJson(json!({"operationName": name})))
}

/// A mock that answers one operation with data.
pub(crate) fn answers(server: &mut ServerGuard, name: &str, data: &Value) -> Mock {
    operation(server, name).with_body(json!({"data": data}).to_string())
}

/// A mock daemon of the newest era.
pub(crate) async fn daemon() -> ServerGuard {
    let mut server = mockito::Server::new_async().await;
    introduces(&mut server, MESA_40).create_async().await;
    server
}

/// A mock that answers introspection with a schema given as SDL.
pub(crate) fn introduces(server: &mut ServerGuard, sdl: &str) -> Mock {
    answers(server, "Introspection", &introspection_answer(&parse_sdl(sdl)))
}

/// The status of a synced daemon of the newest era.
pub(crate) fn synced() -> Value {
    json!({"daemonStatus": {
        "snarkWorker": KEY, "snarkWorkFee": 100_000_000, "syncStatus": "SYNCED", "blockchainLength": 363_117,
        "highestBlockLengthReceived": 363_118, "uptimeSecs": 86_400, "commitId": "6965b50", "stateHash": "3NLq",
        "consensusTimeNow": {"globalSlot": "602", "startTime": "1617151500000"},
        "consensusTimeBestTip": {"globalSlot": "601", "startTime": "1617151320000"},
        "consensusConfiguration": {"slotDuration": 90_000},
        "nextBlockProduction": null, "blockProductionKeys": [],
        "peers": [{"peerId": "a"}, {"peerId": "b"}],
        "metrics": {"snarkPoolSize": 4111, "pendingSnarkWork": 12},
    }})
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<(&'static str, &'static str)>>);

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// What was observed so far, in alphabetical order: concurrent requests end in any.
    pub(crate) fn taken(&self) -> Vec<(&'static str, &'static str)> {
        let mut taken = std::mem::take(&mut *self.0.lock().expect("a lock"));
        taken.sort_unstable();
        taken
    }
}

impl RequestObserver for Log {
    fn observed(
        &self,
        operation: &'static str,
        fault: Option<&snarkfee_core::fault::Fault>,
        _took: Duration,
    ) {
        assert!(snarkfee_client::OPERATIONS.contains(&operation), "{operation}");
        self.0
            .lock()
            .expect("a lock")
            .push((operation, fault.map_or("ok", snarkfee_core::fault::Fault::code)));
    }
}
