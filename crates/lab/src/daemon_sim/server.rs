//! The two ports of a simulated daemon.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_graphql::dynamic::{Schema, SchemaError};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
    routing::any,
};
use snarkfee_clock::Clock;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{
    connection::{ConnectionCutter, FaultyListener},
    controls::{Controls, MutationLog, MutationRecord, SharedDaemon, lock},
    era::Era,
    faults::InjectedFaults,
    graphql_http::{self, GraphqlRequest},
    metrics_page, schema,
    view::{DaemonView, NetworkIdentity},
};

/// The daemon's REST port.
pub const GRAPHQL_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3085);
/// A metrics port; the daemon has no default one.
pub const METRICS_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 10000);

/// The header in which clients are told that time passes at another speed than theirs.
const SIMULATED_SPEED: &str = "snarkfee-simulated-speed";

/// Longest request body, in bytes.
const LONGEST_BODY: usize = 1 << 20;
/// How long a client may take to send its body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What the server imitates.
#[derive(Clone, Debug)]
pub struct DaemonSimOptions {
    /// The release whose schema and metrics are served.
    pub era: Era,
    /// Serves only the schema of `--limited-graphql-port`: status, version and blocks, no mutations.
    pub limited: bool,
    /// Adds the networking helper's metrics, as with `--libp2p-metrics-port`.
    pub libp2p_metrics: bool,
    /// The network that the daemon claims to follow.
    pub network: NetworkIdentity,
}

impl Default for DaemonSimOptions {
    fn default() -> Self {
        Self {
            era: Era::default(),
            limited: false,
            libp2p_metrics: true,
            network: NetworkIdentity::default(),
        }
    }
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The era's tables do not form a valid schema.
    #[error("the schema of {era} is inconsistent")]
    Schema {
        /// The era.
        era: Era,
        /// The cause.
        #[source]
        source: SchemaError,
    },
}

/// A running server. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct SimDaemonServer {
    graphql: SocketAddr,
    metrics: SocketAddr,
    state: Arc<ServerState>,
    tasks: Vec<JoinHandle<()>>,
}

/// What both ports share.
struct ServerState {
    daemon: SharedDaemon,
    clock: Clock,
    schema: Schema,
    options: DaemonSimOptions,
    network: Arc<NetworkIdentity>,
    faults: Arc<InjectedFaults>,
    log: Arc<MutationLog>,
    requests: AtomicU64,
    stop: CancellationToken,
}

impl std::fmt::Debug for ServerState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerState")
            .field("options", &self.options)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl SimDaemonServer {
    /// Listens on both addresses until `stop` is cancelled. Port 0 takes a free port. The daemon
    /// advances to the time of `clock` before each answer.
    ///
    /// # Errors
    ///
    /// An address cannot be listened on.
    pub async fn bind(
        graphql: SocketAddr,
        metrics: SocketAddr,
        daemon: SharedDaemon,
        clock: Clock,
        options: DaemonSimOptions,
        stop: &CancellationToken,
    ) -> Result<Self, BindError> {
        let era = options.era;
        lock(&daemon).set_hand_out(era.hand_out());
        let schema = schema::build_schema(era, options.limited)
            .map_err(|source| BindError::Schema { era, source })?;
        let state = Arc::new(ServerState {
            daemon,
            clock,
            schema,
            network: Arc::new(options.network.clone()),
            options,
            faults: Arc::default(),
            log: Arc::default(),
            requests: AtomicU64::new(0),
            stop: stop.child_token(),
        });
        let graphql_router =
            Router::new().route("/graphql", any(answer_graphql)).fallback(answer_unknown_route);
        let metrics_router = Router::new().fallback(answer_metrics);
        let (graphql, graphql_task) = serve(graphql, graphql_router, &state).await?;
        let (metrics, metrics_task) =
            serve(metrics, metrics_router, &state).await.inspect_err(|_| state.stop.cancel())?;
        Ok(Self { graphql, metrics, state, tasks: vec![graphql_task, metrics_task] })
    }

    /// Address of the GraphQL port.
    pub fn graphql_address(&self) -> SocketAddr {
        self.graphql
    }

    /// URL of GraphQL, for clients.
    pub fn graphql_url(&self) -> String {
        format!("http://{}/graphql", self.graphql)
    }

    /// Address of the metrics port.
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics
    }

    /// URL of the metrics, for scraping.
    pub fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.metrics)
    }

    /// The injected faults; none at first.
    pub fn faults(&self) -> &InjectedFaults {
        &self.state.faults
    }

    /// Requests received on both ports.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// Number of mutations applied.
    pub fn mutation_count(&self) -> u64 {
        self.state.log.total()
    }

    /// The newest mutations applied, oldest first, at most 10,000.
    pub fn mutations(&self) -> Vec<MutationRecord> {
        self.state.log.newest()
    }

    /// Stops listening, finishes answers in progress, and returns when both ports are closed.
    pub async fn shut_down(mut self) {
        self.state.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(problem) = task.await {
                warn!(%problem, "a port of the simulated daemon ended badly");
            }
        }
    }
}

impl Drop for SimDaemonServer {
    fn drop(&mut self) {
        self.state.stop.cancel();
    }
}

async fn serve(
    address: SocketAddr,
    router: Router<Arc<ServerState>>,
    state: &Arc<ServerState>,
) -> Result<(SocketAddr, JoinHandle<()>), BindError> {
    let listening = async {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    let (listener, bound) =
        listening.await.map_err(|source| BindError::Listen { address, source })?;
    let listener = FaultyListener::new(listener, Arc::clone(&state.faults));
    let service = router
        .with_state(Arc::clone(state))
        .into_make_service_with_connect_info::<ConnectionCutter>();
    let stop = state.stop.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    #[expect(clippy::disallowed_methods, reason = "ends when `stop` is cancelled")]
    let task = tokio::spawn(async move {
        if let Err(problem) = serving.await {
            warn!(%problem, %bound, "the simulated daemon stopped listening");
        }
    });
    Ok((bound, task))
}

impl ServerState {
    /// Advances the market to the clock's time and takes the snapshot for this request.
    async fn take_view(self: &Arc<Self>) -> Option<Arc<DaemonView>> {
        let state = Arc::clone(self);
        // Advancing can take long and must not block other connections.
        let view = tokio::task::spawn_blocking(move || {
            let mut daemon = lock(&state.daemon);
            daemon.advance(state.clock.now());
            DaemonView::new(state.options.era, Arc::clone(&state.network), daemon.snapshot())
        });
        match view.await {
            Ok(view) => Some(Arc::new(view)),
            Err(problem) => {
                warn!(%problem, "the simulated market failed");
                None
            }
        }
    }

    /// Waits for the injected delay, unless the server stops.
    async fn delay_answer(&self) {
        let delay = self.faults.delay();
        if !delay.is_zero() {
            self.wait_unless_stopped(tokio::time::sleep(delay)).await;
        }
    }

    async fn wait_unless_stopped(&self, wait: impl Future<Output = ()>) {
        tokio::select! {
            () = wait => {}
            () = self.stop.cancelled() => {}
        }
    }
}

impl ServerState {
    /// The speed of the clock where it is not that of real time.
    fn accelerated_speed(&self) -> Option<HeaderValue> {
        let speed = self.clock.speed();
        ((speed - 1.0).abs() > 1e-3).then(|| HeaderValue::from_str(&speed.to_string()).ok())?
    }
}

/// An answer without a content type, as the daemon sends its GraphQL answers.
fn plain_response(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

fn typed_response(body: impl Into<Body>, content_type: &'static str) -> Response {
    let mut response = plain_response(StatusCode::OK, body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

async fn answer_unknown_route(State(state): State<Arc<ServerState>>) -> Response {
    state.requests.fetch_add(1, Ordering::SeqCst);
    plain_response(StatusCode::NOT_FOUND, "Route not found")
}

async fn answer_graphql(
    State(state): State<Arc<ServerState>>,
    ConnectInfo(cutter): ConnectInfo<ConnectionCutter>,
    request: Request,
) -> Response {
    state.requests.fetch_add(1, Ordering::SeqCst);
    let (head, body) = request.into_parts();
    if head.method == Method::GET && wants_html(&head.headers) {
        return typed_response(graphql_http::PAGE, "text/html");
    }
    if head.method != Method::GET && head.method != Method::POST {
        return plain_response(StatusCode::NOT_FOUND, "Route not found");
    }
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(problem)) => return plain_response(StatusCode::BAD_REQUEST, problem.to_string()),
        Err(_) => return plain_response(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
    };
    let content_type = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let question = match GraphqlRequest::parse(head.uri.query(), content_type, &body) {
        Ok(question) => question,
        Err(problem) => return plain_response(StatusCode::BAD_REQUEST, problem),
    };
    let Some(view) = state.take_view().await else {
        return plain_response(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let controls =
        Controls::new(Arc::clone(&state.daemon), Arc::clone(&state.log), view.snapshot.at);
    let given = controls.clone();
    let answer = graphql_http::execute(&state.schema, state.options.era, question, |request| {
        request.data(view).data(given)
    });
    let answer = answer.await;
    if controls.used() && state.faults.take_lost_answer() {
        cutter.cut();
    }
    state.delay_answer().await;
    let mut response = plain_response(StatusCode::OK, answer);
    if let Some(speed) = state.accelerated_speed() {
        response.headers_mut().insert(SIMULATED_SPEED, speed);
    }
    response
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept
        .split(',')
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim() == "text/html")
}

async fn answer_metrics(State(state): State<Arc<ServerState>>, request: Request) -> Response {
    state.requests.fetch_add(1, Ordering::SeqCst);
    if request.method() != Method::GET || request.uri().path() != "/metrics" {
        return plain_response(StatusCode::BAD_REQUEST, metrics_page::BAD_REQUEST);
    }
    let Some(view) = state.take_view().await else {
        return plain_response(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    state.delay_answer().await;
    typed_response(
        metrics_page::render_page(&view, state.options.libp2p_metrics),
        metrics_page::CONTENT_TYPE,
    )
}
