//! The HTTP face: status page, API, health and metrics on one listener.
//!
//! Invariants: everything is read from the board and the metrics, so no request waits for a daemon;
//! nothing changes anything but the two POST paths, which need the admin token; no answer holds
//! markup that came from a daemon; every body, header and connection has a limit in size and time.
//!
//! Not here: binding the address and deciding whether it may be bound (`config`, `cli`).

mod admin;
mod api;
mod assets;
mod guard;
mod page;
mod problem;
mod query;
mod server;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use snarkfee_clock::Clock;

pub use self::{
    admin::{Admin, WeakToken},
    server::{Limits, serve},
};
use crate::telemetry::{Board, Liveness, Metrics};

/// What the face shows and reaches.
#[derive(Clone)]
pub struct Face {
    /// What the controller has published.
    pub board: Arc<Board>,
    /// The program's own metrics.
    pub metrics: Arc<Metrics>,
    /// Whether the loops still tick.
    pub liveness: Arc<Liveness>,
    /// The clock that ages are taken by.
    pub clock: Clock,
    /// Who may pause and resume; `None` takes those paths away.
    pub admin: Option<Arc<Admin>>,
    /// How often the page refreshes itself; at least one second is used.
    pub refresh: Duration,
}

/// Every path and what answers it.
fn router(face: Face, limits: &Limits) -> Router {
    let mut router = Router::new()
        .route("/", get(page::page))
        .route("/style.css", get(assets::style))
        .route("/app.js", get(assets::script))
        .route("/icon.svg", get(assets::icon))
        .route("/metrics", get(api::metrics))
        .route("/healthz", get(api::healthz))
        .route("/readyz", get(api::readyz))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/decisions", get(api::decisions))
        .route("/api/v1/market", get(api::market));
    if let Some(admin) = &face.admin {
        let commands = Router::new()
            .route("/api/v1/pause", post(admin::pause))
            .route("/api/v1/resume", post(admin::resume))
            .route_layer(middleware::from_fn_with_state(Arc::clone(admin), admin::authorise));
        router = router.merge(commands);
    }
    router
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(middleware::from_fn_with_state(limits.request, guard::in_time))
        .layer(middleware::map_response(guard::harden))
        .with_state(face)
}
