//! Accepts connections and serves them within the limits.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, middleware::from_fn_with_state};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    awaited_body::{AnsweringSlot, AwaitedBody},
    connections::{Connections, Seat},
    known_hosts::{KnownHosts, require_known_host},
    limits::ServerLimits,
    router::build_router,
    state::WebState,
};

/// Serves `listener` until `cancel`, then finishes the answers in progress.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    limits: ServerLimits,
    cancel: CancellationToken,
) {
    let listens = listener.local_addr().map_or(Ipv4Addr::LOCALHOST.into(), |bound| bound.ip());
    let router = build_guarded_router(state, listens, &limits);
    let connections = Connections::new(limits.connections);
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            accepted = accept_connection(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, seat)) => {
                tasks.spawn(serve_connection(stream, seat, router.clone(), limits, cancel.clone()));
            }
            Err(error) => {
                // Mostly a lack of file descriptors: retrying at once would only burn CPU time.
                tracing::warn!(%error, "a connection could not be accepted; raise LimitNOFILE if this persists");
                tokio::select! {
                    () = cancel.cancelled() => break,
                    () = sleep(Duration::from_millis(200)) => {}
                }
            }
        }
    }
    drop(listener);
    tasks.close();
    if timeout(limits.drain.saturating_mul(2), tasks.wait()).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "connections were cut because the service stopped"
        );
    }
}

/// The router of a service that listens on `listens`, for requests that name it as their host.
fn build_guarded_router(state: WebState, listens: IpAddr, limits: &ServerLimits) -> Router {
    let hosts = KnownHosts { listens, configured: Arc::clone(&state.hosts) };
    build_router(state, limits).layer(from_fn_with_state(Arc::new(hosts), require_known_host))
}

async fn accept_connection(
    listener: &TcpListener,
    connections: &Arc<Connections>,
) -> io::Result<(TcpStream, Seat)> {
    let (stream, _) = listener.accept().await?;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection closed before its first request");
    }
    Ok((stream, connections.admit().await))
}

/// Serves one connection, as if it came to loopback.
pub async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    state: WebState,
    limits: ServerLimits,
) {
    let router = build_guarded_router(state, Ipv4Addr::LOCALHOST.into(), &limits);
    let seat = Connections::new(1).admit().await;
    serve_connection(stream, seat, router, limits, CancellationToken::new()).await;
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    seat: Seat,
    router: Router,
    limits: ServerLimits,
    cancel: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let seat = Arc::new(seat);
    let answer = service_fn(|request: Request<Incoming>| {
        let answering = AnsweringSlot::default();
        let request = request.map(|body| AwaitedBody::new(body, &seat, answering.clone()));
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            answering.finish();
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(limits.header_size.max(8 * 1024))
        .max_headers(limits.header_fields)
        .serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = cancel.cancelled() => None,
        () = sleep(limits.connection) => None,
        () = seat.cut() => return,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            timeout(limits.drain, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
