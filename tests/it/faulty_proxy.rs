//! A proxy between the client and a simulated daemon that corrupts exchanges on the wire.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

use crate::{network::ANY_PORT, scripted_daemon::Time};

/// Larger than any answer that the client under test accepts.
pub(crate) const OVERSIZED: usize = 9 << 20;

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Introspection,
    Status,
    Market,
    Account,
    Metrics,
    SetFee,
    SwitchOn,
    SwitchOff,
}

impl RequestKind {
    pub(crate) const fn is_mutation(self) -> bool {
        matches!(self, Self::SetFee | Self::SwitchOn | Self::SwitchOff)
    }

    fn of(request: &[u8]) -> Self {
        let text = String::from_utf8_lossy(request);
        if text.starts_with("GET /metrics ") {
            return Self::Metrics;
        }
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        match body["operationName"].as_str().unwrap() {
            "Introspection" => Self::Introspection,
            "Status" | "StatusMetrics" | "StatusCoda" => Self::Status,
            "MarketRange" | "MarketPool" | "MarketBlocks" | "MarketCoda" => Self::Market,
            "Account" => Self::Account,
            "SetSnarkWorkFee" => Self::SetFee,
            "SetSnarkWorker" => Self::SwitchOn,
            "UnsetSnarkWorker" => Self::SwitchOff,
            other => panic!("an operation that the proxy does not know: {other}"),
        }
    }
}

/// The requests that a rule applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    GraphQl,
    Market,
    Mutations,
    /// The status requested after a mutation of the same look.
    ReadBack,
    Metrics,
}

/// What goes wrong with an exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExchangeFault {
    /// The answer comes after this much simulated time.
    Late(Duration),
    /// No answer, and the connection stays open.
    Hang,
    /// No answer, and the connection is closed.
    Silence,
    /// The connection is reset in the middle of the answer.
    Reset,
    /// The connection is closed in the middle of the answer.
    Truncated,
    /// This answer instead of the daemon's; the request is not forwarded.
    Instead(&'static str, &'static str),
    /// An endless answer.
    Oversized {
        /// Whether its length is announced.
        announced: bool,
    },
    /// The request is forwarded, and the answer discarded.
    LostAnswer,
    /// The request is forwarded only by [`FaultyProxy::release`]; until then there is no answer.
    Parked,
    /// The daemon's answer, changed.
    Rewritten(fn(&str) -> String),
}

/// Forwards exchanges, corrupting them by rules.
pub(crate) struct FaultyProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Reserves the port while nothing listens.
    _port: TcpSocket,
    listening: Option<JoinHandle<()>>,
}

struct Shared {
    graphql: SocketAddr,
    metrics: SocketAddr,
    time: Time,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    rules: Vec<(Target, ExchangeFault)>,
    seen: Vec<RequestKind>,
    parked: Vec<Vec<u8>>,
}

impl FaultyProxy {
    /// Listens on one port in front of a daemon's two.
    pub(crate) fn before(graphql: SocketAddr, metrics: SocketAddr, time: Time) -> Self {
        let port = socket(ANY_PORT);
        let address = port.local_addr().unwrap();
        let shared = Arc::new(Shared { graphql, metrics, time, state: Mutex::default() });
        let mut proxy = Self { address, shared, _port: port, listening: None };
        proxy.listen();
        proxy
    }

    pub(crate) fn graphql_url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub(crate) fn metrics_url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    /// Applies these rules from now on; the first that matches a request counts.
    pub(crate) fn set(&self, rules: Vec<(Target, ExchangeFault)>) {
        self.state().rules = rules;
    }

    /// Refuses connections, or accepts them again.
    pub(crate) async fn refuse(&mut self, refuse: bool) {
        match (refuse, self.listening.take()) {
            (true, Some(listening)) => {
                listening.abort();
                // The listener is closed once its task is gone.
                drop(listening.await);
            }
            (false, None) => self.listen(),
            (_, same) => self.listening = same,
        }
    }

    /// The requests since the last call.
    pub(crate) fn take_seen(&self) -> Vec<RequestKind> {
        std::mem::take(&mut self.state().seen)
    }

    /// Forwards the parked requests to the daemon and returns their number.
    pub(crate) async fn release(&self) -> usize {
        let parked = std::mem::take(&mut self.state().parked);
        for request in &parked {
            self.shared.ask(request).await;
        }
        parked.len()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }

    fn listen(&mut self) {
        let listener = socket(self.address).listen(64).unwrap();
        self.listening = Some(crate::spawn(accept(listener, Arc::clone(&self.shared))));
    }
}

impl Drop for FaultyProxy {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.abort();
        }
    }
}

fn socket(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        crate::spawn(exchange(stream, Arc::clone(&shared)));
    }
}

/// One connection, which the client under test uses for one exchange.
async fn exchange(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let trouble = shared.record_request(RequestKind::of(&request));
    // A client that has given up does not read the answer.
    let _ = match trouble {
        None => stream.write_all(&shared.ask(&request).await).await,
        Some(trouble) => shared.spoil(&mut stream, &request, trouble).await,
    };
}

impl Shared {
    /// Records a request and returns what goes wrong with it.
    fn record_request(&self, kind: RequestKind) -> Option<ExchangeFault> {
        let mut state = self.state.lock().unwrap();
        let after_mutation = state.seen.iter().any(|kind| kind.is_mutation());
        state.seen.push(kind);
        let fits = |target: Target| match target {
            Target::GraphQl => kind != RequestKind::Metrics,
            Target::Market => kind == RequestKind::Market,
            Target::Mutations => kind.is_mutation(),
            Target::ReadBack => kind == RequestKind::Status && after_mutation,
            Target::Metrics => kind == RequestKind::Metrics,
        };
        state.rules.iter().find(|(target, _)| fits(*target)).map(|(_, trouble)| *trouble)
    }

    async fn spoil(
        &self,
        stream: &mut TcpStream,
        request: &[u8],
        trouble: ExchangeFault,
    ) -> std::io::Result<()> {
        match trouble {
            ExchangeFault::Late(shown) => {
                let answer = self.ask(request).await;
                self.time.pass(shown);
                stream.write_all(&answer).await
            }
            ExchangeFault::Hang => wait_for_end(stream).await,
            ExchangeFault::Silence => Ok(()),
            ExchangeFault::Reset | ExchangeFault::Truncated => {
                let answer = self.ask(request).await;
                let body = body_start(&answer);
                stream.write_all(&answer[..body + (answer.len() - body) / 2]).await?;
                if matches!(trouble, ExchangeFault::Reset) {
                    stream.flush().await?;
                    stream.set_zero_linger()?;
                }
                Ok(())
            }
            ExchangeFault::Instead(status, body) => {
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).await
            }
            ExchangeFault::Oversized { announced } => {
                let length = if announced {
                    format!("Content-Length: {OVERSIZED}\r\n")
                } else {
                    String::new()
                };
                stream
                    .write_all(
                        format!("HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n").as_bytes(),
                    )
                    .await?;
                stream.write_all(&vec![b' '; OVERSIZED]).await
            }
            ExchangeFault::LostAnswer => {
                self.ask(request).await;
                Ok(())
            }
            ExchangeFault::Parked => {
                self.state.lock().unwrap().parked.push(request.to_vec());
                wait_for_end(stream).await
            }
            ExchangeFault::Rewritten(change) => {
                let answer = self.ask(request).await;
                let body = change(std::str::from_utf8(&answer[body_start(&answer)..]).unwrap());
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(body.as_bytes()).await
            }
        }
    }

    /// The daemon's whole answer; empty where it has none.
    async fn ask(&self, request: &[u8]) -> Vec<u8> {
        let to = if request.starts_with(b"GET /metrics ") { self.metrics } else { self.graphql };
        let mut answer = Vec::new();
        let Ok(mut daemon) = TcpStream::connect(to).await else { return answer };
        let line = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let whole = [&request[..line], b"Connection: close\r\n", &request[line..]].concat();
        if daemon.write_all(&whole).await.is_ok() {
            // Passes on what came before an error, like a connection that breaks.
            let _ = daemon.read_to_end(&mut answer).await;
        }
        answer
    }
}

async fn wait_for_end(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read(&mut [0]).await.map(drop)
}

/// Where the body of a message begins.
fn body_start(message: &[u8]) -> usize {
    message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .map_or(message.len(), |head| head + 4)
}

/// One whole request; `None` if the client closes before its end.
async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&buffer[..read]);
        let body = body_start(&request);
        let head = String::from_utf8_lossy(&request[..body]).to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if head.ends_with("\r\n\r\n") && request.len() >= body + length {
            return Some(request);
        }
    }
}
