//! Health, metrics and the JSON documents.

use std::sync::Arc;

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use snarkfee_clock::Clock;
use snarkfee_core::{decision_log::DecisionFilter, record::Record};

use super::{
    error::ErrorResponse,
    past::load_decisions,
    query::{ActionFilter, RequestQuery},
    state::WebState,
};
use crate::telemetry::{
    DaemonOverview, DecisionsDocument, Exposition, MarketDocument, SellerDocument, StatusDocument,
};

/// Decisions in an answer without `limit`.
const DEFAULT_LIMIT: usize = 100;

/// OpenMetrics, or the classic text format for a client that accepts only that.
pub(super) async fn metrics(State(state): State<WebState>, headers: HeaderMap) -> Response {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let asks = |media: &str| accepted.iter().any(|value| value.contains(media));
    let classic = asks("text/plain") && !asks("openmetrics");
    let form = if classic { Exposition::Classic } else { Exposition::OpenMetrics };
    let text = state.metrics.render(state.clock.now(), form);
    ([(header::CONTENT_TYPE, form.content_type()), (header::VARY, "accept")], text).into_response()
}

/// Whether every loop runs.
pub(super) async fn healthz(State(state): State<WebState>) -> (StatusCode, Json<Value>) {
    let overdue = state.liveness.overdue(Clock::instant());
    let status = if overdue.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ok": overdue.is_empty(), "overdue": overdue })))
}

/// Whether every daemon had its first look.
pub(super) async fn readyz(State(state): State<WebState>) -> (StatusCode, Json<Value>) {
    let waiting = state.board.unobserved();
    let status = if waiting.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": waiting.is_empty(), "waiting": waiting })))
}

pub(super) async fn status(State(state): State<WebState>) -> Json<StatusDocument> {
    Json(StatusDocument::new(&state.board, state.clock.now()))
}

pub(super) async fn decisions(
    State(state): State<WebState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<DecisionsDocument>, ErrorResponse> {
    let query = RequestQuery::parse(raw.as_deref(), &["daemon", "limit", "before", "action"])?;
    if let Some(daemon) = &query.daemon
        && state.board.daemon(daemon).is_none()
    {
        return Err(unknown_daemon(daemon.as_str()));
    }
    let filter = DecisionFilter {
        daemon: query.daemon,
        actions: query.action.map(ActionFilter::codes).unwrap_or_default(),
        since: None,
        before: query.before,
        limit: query.limit.unwrap_or(DEFAULT_LIMIT),
        folded: false,
    };
    Ok(Json(load_decisions(&state, filter).await.found.into()))
}

pub(super) async fn market(
    State(state): State<WebState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<MarketDocument>, ErrorResponse> {
    let record = find_record(&state, raw.as_deref())?;
    Ok(Json(MarketDocument::new(&record)))
}

pub(super) async fn sellers(
    State(state): State<WebState>,
    RawQuery(raw): RawQuery,
) -> Result<Json<Vec<SellerDocument>>, ErrorResponse> {
    let record = find_record(&state, raw.as_deref())?;
    Ok(Json(record.sellers.iter().map(SellerDocument::from).collect()))
}

/// The newest record of the requested daemon.
fn find_record(state: &WebState, raw: Option<&str>) -> Result<Arc<Record>, ErrorResponse> {
    let query = RequestQuery::parse(raw, &["daemon"])?;
    let daemon = find_daemon(state, &query)?;
    daemon.latest.ok_or_else(|| {
        ErrorResponse::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("daemon {} has not been checked yet", daemon.daemon),
        )
    })
}

/// The requested daemon, or the only one.
fn find_daemon(state: &WebState, query: &RequestQuery) -> Result<DaemonOverview, ErrorResponse> {
    if let Some(daemon) = &query.daemon {
        return state.board.daemon(daemon).ok_or_else(|| unknown_daemon(daemon.as_str()));
    }
    let mut daemons = state.board.daemons();
    match daemons.len() {
        1 => Ok(daemons.remove(0)),
        _ => {
            let names: Vec<_> = daemons.iter().map(|daemon| daemon.daemon.as_str()).collect();
            Err(ErrorResponse::bad_request(format!(
                "daemon is required, one of {}",
                names.join(", ")
            )))
        }
    }
}

fn unknown_daemon(daemon: &str) -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, format!("no daemon is called {daemon}"))
}
