//! Health, metrics and the JSON documents.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use snarkfee_clock::Clock;

use super::{
    Face,
    problem::Problem,
    query::{ActionFilter, Query},
};
use crate::telemetry::{
    DecisionFilter, DecisionsDocument, Entry, Exposition, MarketDocument, StatusDocument,
};

/// Decisions in an answer that names no `limit`.
const USUAL_LIMIT: usize = 100;

/// OpenMetrics, unless only the older text format is asked for.
pub(super) async fn metrics(State(face): State<Face>, headers: HeaderMap) -> Response {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let asks = |media: &str| accepted.iter().any(|value| value.contains(media));
    let classic = asks("text/plain") && !asks("openmetrics");
    let form = if classic { Exposition::Classic } else { Exposition::OpenMetrics };
    let text = face.metrics.render(face.clock.now(), form);
    ([(header::CONTENT_TYPE, form.content_type()), (header::VARY, "accept")], text).into_response()
}

/// Whether every loop ticks.
pub(super) async fn healthz(State(face): State<Face>) -> (StatusCode, Json<Value>) {
    let overdue = face.liveness.overdue(Clock::instant());
    let status = if overdue.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ok": overdue.is_empty(), "overdue": overdue })))
}

/// Whether every daemon was looked at once.
pub(super) async fn readyz(State(face): State<Face>) -> (StatusCode, Json<Value>) {
    let waiting = face.board.waiting();
    let status = if waiting.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": waiting.is_empty(), "waiting": waiting })))
}

pub(super) async fn status(State(face): State<Face>) -> Json<StatusDocument> {
    Json(StatusDocument::new(&face.board, face.clock.now()))
}

pub(super) async fn decisions(
    State(face): State<Face>,
    RawQuery(raw): RawQuery,
) -> Result<Json<DecisionsDocument>, Problem> {
    let query = Query::parse(raw.as_deref(), &["daemon", "limit", "before", "action"])?;
    if let Some(daemon) = &query.daemon
        && face.board.entry(daemon).is_none()
    {
        return Err(unknown(daemon.as_str()));
    }
    let filter = DecisionFilter {
        daemon: query.daemon,
        actions: query.action.map(ActionFilter::codes).unwrap_or_default(),
        before: query.before,
        limit: query.limit.unwrap_or(USUAL_LIMIT),
    };
    Ok(Json(face.board.decisions(&filter).into()))
}

pub(super) async fn market(
    State(face): State<Face>,
    RawQuery(raw): RawQuery,
) -> Result<Json<MarketDocument>, Problem> {
    let query = Query::parse(raw.as_deref(), &["daemon"])?;
    let entry = chosen(&face, &query)?;
    match &entry.latest {
        Some(record) => Ok(Json(MarketDocument::new(record))),
        None => Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{} was not looked at yet", entry.daemon),
        )),
    }
}

/// The daemon that is asked for, or the only one.
fn chosen(face: &Face, query: &Query) -> Result<Entry, Problem> {
    if let Some(daemon) = &query.daemon {
        return face.board.entry(daemon).ok_or_else(|| unknown(daemon.as_str()));
    }
    let mut entries = face.board.entries();
    match entries.len() {
        1 => Ok(entries.remove(0)),
        _ => {
            let names: Vec<_> = entries.iter().map(|entry| entry.daemon.as_str()).collect();
            Err(Problem::bad(format!("say which daemon: {}", names.join(", "))))
        }
    }
}

fn unknown(daemon: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("no daemon is called {daemon}"))
}
