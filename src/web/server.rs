//! Accepts connections and serves them within the limits.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{limits::ServerLimits, router::build_router, state::WebState};

/// Serves `listener` until `cancel`, then finishes the answers in progress.
pub async fn serve(
    listener: TcpListener,
    state: WebState,
    limits: ServerLimits,
    cancel: CancellationToken,
) {
    let router = build_router(state, &limits);
    let slots = Arc::new(Semaphore::new(limits.connections.max(1)));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            accepted = accept_connection(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, slot)) => {
                tasks.spawn(serve_connection(stream, slot, router.clone(), limits, cancel.clone()));
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

async fn accept_connection(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, slot))
}

async fn serve_connection(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    router: Router,
    limits: ServerLimits,
    cancel: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection closed before its first request");
        return;
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(limits.header_size.max(8 * 1024))
        .max_headers(limits.header_fields)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = cancel.cancelled() => None,
        () = sleep(limits.connection) => None,
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
    drop(slot);
}
