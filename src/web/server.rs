//! Connections: how many, how long, and how slow a client may be.

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

use super::{Face, router};

/// What a client may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait in the listener's queue.
    pub connections: usize,
    /// Until the header of a request is complete, idle time before it included.
    pub header: Duration,
    /// Until a request is answered, its body included.
    pub request: Duration,
    /// Until a connection is closed, however busy.
    pub connection: Duration,
    /// For the answers under way when the service stops.
    pub drain: Duration,
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of a request's header, at least 8,192.
    pub header_size: usize,
    /// Header fields of a request.
    pub header_fields: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            header: Duration::from_secs(10),
            request: Duration::from_secs(10),
            connection: Duration::from_secs(300),
            drain: Duration::from_secs(3),
            body: 16 * 1024,
            header_size: 16 * 1024,
            header_fields: 64,
        }
    }
}

/// Answers on `listener` until `cancel`, then lets the answers under way end.
pub async fn serve(listener: TcpListener, face: Face, limits: Limits, cancel: CancellationToken) {
    let router = router(face, &limits);
    let slots = Arc::new(Semaphore::new(limits.connections.max(1)));
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        match accepted {
            Ok((stream, slot)) => {
                tasks.spawn(converse(stream, slot, router.clone(), limits, cancel.clone()));
            }
            Err(error) => {
                // Out of descriptors, mostly: trying again at once would only burn time.
                tracing::warn!(%error, "a connection could not be accepted");
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
            "connections were still open when the service stopped"
        );
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, slot))
}

async fn converse(
    stream: TcpStream,
    slot: OwnedSemaphorePermit,
    router: Router,
    limits: Limits,
    cancel: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before its first request");
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
