//! An HTTP server on a real port, with records published by the test.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use reqwest::{Client, Response, StatusCode, header};
use serde_json::Value;
use snarkfee::{
    telemetry::{Liveness, Metrics, StatusBoard},
    web::{AdminAccess, Archive, ServerLimits, WebState, serve},
};
use snarkfee_clock::Clock;
use snarkfee_core::{
    control::OperatorCommand,
    record::{Mode, Record},
    units::DaemonId,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

pub(crate) const TOKEN: &str = "0123456789abcdef-secret";
/// Long enough for any machine; reached only by a failure.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) board: Arc<StatusBoard>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) liveness: Arc<Liveness>,
    pub(crate) commands: mpsc::Receiver<OperatorCommand>,
    pub(crate) cancel: CancellationToken,
    pub(crate) server: JoinHandle<()>,
    client: Client,
}

pub(crate) fn name(text: &str) -> DaemonId {
    DaemonId::try_new(text).unwrap()
}

/// A worker that earns.
pub(crate) fn record() -> Record {
    snarkfee_core::fixtures::sample::record()
}

impl TestServer {
    pub(crate) async fn open(daemons: &[&str], admin: bool, limits: ServerLimits) -> Self {
        Self::start(daemons, admin, limits, None).await
    }

    /// A server with the journal of a folder as its past.
    pub(crate) async fn with_archive(daemons: &[&str], folder: Option<&Path>) -> Self {
        let archive = folder.map(|folder| Arc::new(Archive::new(folder.to_owned())));
        Self::start(daemons, false, ServerLimits::default(), archive).await
    }

    async fn start(
        daemons: &[&str],
        admin: bool,
        limits: ServerLimits,
        archive: Option<Arc<Archive>>,
    ) -> Self {
        // Another test may have installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, commands) = mpsc::channel(4);
        let token = TOKEN.to_owned().into();
        let admin =
            admin.then(|| Arc::new(AdminAccess::try_new(&token, Arc::new(sender)).unwrap()));
        let state = WebState {
            board: Arc::new(StatusBoard::new(
                Mode::DryRun,
                daemons.iter().map(|daemon| name(daemon)),
            )),
            metrics: Arc::new(Metrics::new()),
            liveness: Arc::new(Liveness::default()),
            clock: Clock::accelerated("2026-11-22T14:05:00Z".parse().unwrap(), 0.001),
            hosts: Arc::from(["status.example.org".parse().unwrap()]),
            admin,
            archive,
            interval: Duration::from_secs(60),
            refresh: Duration::from_secs(10),
        };
        let (board, metrics, liveness) =
            (Arc::clone(&state.board), Arc::clone(&state.metrics), Arc::clone(&state.liveness));
        let cancel = CancellationToken::new();
        let server = crate::spawn(serve(listener, state, limits, cancel.clone()));
        let client = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        Self { address, board, metrics, liveness, commands, cancel, server, client }
    }

    /// A server with one daemon, `main`, after its first look.
    pub(crate) async fn earning() -> Self {
        let site = Self::open(&["main"], true, ServerLimits::default()).await;
        site.publish(record());
        site
    }

    pub(crate) fn publish(&self, record: Record) {
        self.metrics.record_look(&record);
        self.liveness.expect(&record.daemon, Duration::from_secs(3600), Clock::instant());
        self.board.publish(&Arc::new(record));
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    pub(crate) async fn get_as(&self, path: &str, accept: &str) -> Response {
        let request = self
            .client
            .get(format!("http://{}{path}", self.address))
            .header(header::ACCEPT, accept);
        request.send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        token: Option<&str>,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let mut request = self.client.post(format!("http://{}{path}", self.address)).body(body);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, token);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Sends bytes and reads until the server closes.
pub(crate) async fn talk(stream: &mut TcpStream, bytes: &[u8]) -> String {
    // A server that has already closed is what some callers look for.
    let _ = stream.write_all(bytes).await;
    until_closed(stream).await
}

pub(crate) async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read =
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server never closed");
    // A reset closes as well.
    let _ = read;
    String::from_utf8_lossy(&answer).into_owned()
}
