//! Every path and its handler.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    routing::{get, post},
};
use tower_http::compression::CompressionLayer;

use super::{
    admin, api, assets, error,
    limits::ServerLimits,
    middleware::{add_security_headers, limit_request_time},
    page,
    state::WebState,
};

/// Builds the router, with limits on the body and the time of every request. For which host a request
/// is, the server checks.
pub fn build_router(state: WebState, limits: &ServerLimits) -> Router {
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
        .route("/api/v1/market", get(api::market))
        .route("/api/v1/sellers", get(api::sellers))
        .route("/api/v1/openapi.json", get(assets::openapi));
    if let Some(admin) = &state.admin {
        let commands = Router::new()
            .route("/api/v1/pause", post(admin::pause))
            .route("/api/v1/resume", post(admin::resume))
            .route_layer(from_fn_with_state(Arc::clone(admin), admin::require_token));
        router = router.merge(commands);
    }
    router
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::wrong_method)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(from_fn_with_state(limits.request, limit_request_time))
        .layer(CompressionLayer::new())
        .layer(map_response(add_security_headers))
        .with_state(state)
}
