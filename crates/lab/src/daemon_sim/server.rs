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
    controls::{Controls, MutationLog, MutationRecord, SharedDaemon, whole},
    era::Era,
    faults::Faults,
    graphql_http::{self, Question},
    line::{LineListener, Scissors},
    metrics_page, schema,
    view::{Network, View},
};

/// The daemon's REST port.
pub const GRAPHQL_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3085);
/// A metrics port; the daemon has no default one.
pub const METRICS_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 10000);

/// Longest request body, in bytes.
const LONGEST_BODY: usize = 1 << 20;
/// How long a client may take to send its body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How the daemon presents itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose schema and metrics are served.
    pub era: Era,
    /// Serves the schema of `--limited-graphql-port`: status, version and blocks, no mutations.
    pub limited: bool,
    /// Appends the networking helper's metrics, as with `--libp2p-metrics-port`.
    pub libp2p_metrics: bool,
    /// The network's names.
    pub network: Network,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            era: Era::default(),
            limited: false,
            libp2p_metrics: true,
            network: Network::default(),
        }
    }
}

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The era's tables do not make a schema.
    #[error("the schema of {era} is inconsistent")]
    Schema {
        /// The era.
        era: Era,
        /// Why.
        #[source]
        source: SchemaError,
    },
}

/// A running server. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct SimDaemonServer {
    graphql: SocketAddr,
    metrics: SocketAddr,
    face: Arc<Face>,
    tasks: Vec<JoinHandle<()>>,
}

/// What both ports share.
struct Face {
    daemon: SharedDaemon,
    clock: Clock,
    schema: Schema,
    options: Options,
    network: Arc<Network>,
    faults: Arc<Faults>,
    log: Arc<MutationLog>,
    requests: AtomicU64,
    stop: CancellationToken,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face")
            .field("options", &self.options)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl SimDaemonServer {
    /// Listens on both addresses (port 0 takes a free one) until `stop` is cancelled.
    ///
    /// Before each answer the daemon is advanced to what `clock` shows.
    pub async fn bind(
        graphql: SocketAddr,
        metrics: SocketAddr,
        daemon: SharedDaemon,
        clock: Clock,
        options: Options,
        stop: &CancellationToken,
    ) -> Result<Self, BindError> {
        let era = options.era;
        let schema = schema::build(era, options.limited)
            .map_err(|source| BindError::Schema { era, source })?;
        let face = Arc::new(Face {
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
        let questions = Router::new().route("/graphql", any(answer_graphql)).fallback(no_route);
        let pages = Router::new().fallback(answer_metrics);
        let (graphql, questions) = serve(graphql, questions, &face).await?;
        let (metrics, pages) =
            serve(metrics, pages, &face).await.inspect_err(|_| face.stop.cancel())?;
        Ok(Self { graphql, metrics, face, tasks: vec![questions, pages] })
    }

    /// Where GraphQL is answered.
    pub fn graphql_address(&self) -> SocketAddr {
        self.graphql
    }

    /// The URL that clients take.
    pub fn graphql_url(&self) -> String {
        format!("http://{}/graphql", self.graphql)
    }

    /// Where metrics are answered.
    pub fn metrics_address(&self) -> SocketAddr {
        self.metrics
    }

    /// The URL to scrape.
    pub fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.metrics)
    }

    /// The failures to inject, none at first.
    pub fn faults(&self) -> &Faults {
        &self.face.faults
    }

    /// Requests received on both ports.
    pub fn requests(&self) -> u64 {
        self.face.requests.load(Ordering::SeqCst)
    }

    /// Mutations applied.
    pub fn mutation_count(&self) -> u64 {
        self.face.log.total()
    }

    /// The newest mutations applied, oldest first, at most 10,000.
    pub fn mutations(&self) -> Vec<MutationRecord> {
        self.face.log.newest()
    }

    /// Stops listening, lets answers under way finish, and returns when both ports are closed.
    pub async fn shut_down(mut self) {
        self.face.stop.cancel();
        for task in std::mem::take(&mut self.tasks) {
            if let Err(problem) = task.await {
                warn!(%problem, "a port of the simulated daemon ended badly");
            }
        }
    }
}

impl Drop for SimDaemonServer {
    fn drop(&mut self) {
        self.face.stop.cancel();
    }
}

async fn serve(
    address: SocketAddr,
    router: Router<Arc<Face>>,
    face: &Arc<Face>,
) -> Result<(SocketAddr, JoinHandle<()>), BindError> {
    let listening = async {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    let (listener, bound) =
        listening.await.map_err(|source| BindError::Listen { address, source })?;
    let listener = LineListener::new(listener, Arc::clone(&face.faults));
    let service =
        router.with_state(Arc::clone(face)).into_make_service_with_connect_info::<Scissors>();
    let stop = face.stop.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned());
    let task = tokio::spawn(async move {
        if let Err(problem) = serving.await {
            warn!(%problem, %bound, "the simulated daemon stopped listening");
        }
    });
    Ok((bound, task))
}

impl Face {
    /// Brings the market up to the clock and takes the one snapshot of this request.
    async fn observe(self: &Arc<Self>) -> Option<Arc<View>> {
        let face = Arc::clone(self);
        // A market that has much to catch up with must not hold up the other connections.
        let view = tokio::task::spawn_blocking(move || {
            let mut daemon = whole(&face.daemon);
            daemon.advance(face.clock.now());
            View::new(face.options.era, Arc::clone(&face.network), daemon.snapshot())
        });
        match view.await {
            Ok(view) => Some(Arc::new(view)),
            Err(problem) => {
                warn!(%problem, "the simulated market failed");
                None
            }
        }
    }

    /// Holds an answer back for the injected delay, unless the server stops.
    async fn hold_back(&self) {
        let delay = self.faults.delay();
        if !delay.is_zero() {
            self.unless_stopped(tokio::time::sleep(delay)).await;
        }
    }

    async fn unless_stopped(&self, wait: impl Future<Output = ()>) {
        tokio::select! {
            () = wait => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// An answer without a content type, as the daemon sends its GraphQL answers.
fn plain(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

fn typed(body: impl Into<Body>, content_type: &'static str) -> Response {
    let mut response = plain(StatusCode::OK, body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

async fn no_route(State(face): State<Arc<Face>>) -> Response {
    face.requests.fetch_add(1, Ordering::SeqCst);
    plain(StatusCode::NOT_FOUND, "Route not found")
}

async fn answer_graphql(
    State(face): State<Arc<Face>>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    request: Request,
) -> Response {
    face.requests.fetch_add(1, Ordering::SeqCst);
    let (head, body) = request.into_parts();
    if head.method == Method::GET && wants_html(&head.headers) {
        return typed(graphql_http::PAGE, "text/html");
    }
    if head.method != Method::GET && head.method != Method::POST {
        return plain(StatusCode::NOT_FOUND, "Route not found");
    }
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, LONGEST_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(problem)) => return plain(StatusCode::BAD_REQUEST, problem.to_string()),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the body took too long"),
    };
    let content_type = head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let question = match Question::read(head.uri.query(), content_type, &body) {
        Ok(question) => question,
        Err(problem) => return plain(StatusCode::BAD_REQUEST, problem),
    };
    let Some(view) = face.observe().await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let controls = Controls::new(Arc::clone(&face.daemon), Arc::clone(&face.log), view.snapshot.at);
    let given = controls.clone();
    let answer = graphql_http::answer(&face.schema, face.options.era, question, |request| {
        request.data(view).data(given)
    });
    let answer = answer.await;
    if controls.used() && face.faults.take_lost_answer() {
        scissors.cut();
    }
    face.hold_back().await;
    plain(StatusCode::OK, answer)
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept
        .split(',')
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim() == "text/html")
}

async fn answer_metrics(State(face): State<Arc<Face>>, request: Request) -> Response {
    face.requests.fetch_add(1, Ordering::SeqCst);
    if request.method() != Method::GET || request.uri().path() != "/metrics" {
        return plain(StatusCode::BAD_REQUEST, metrics_page::BAD_REQUEST);
    }
    let Some(view) = face.observe().await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    face.hold_back().await;
    typed(metrics_page::page(&view, face.options.libp2p_metrics), metrics_page::CONTENT_TYPE)
}
