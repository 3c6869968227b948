//! Pause and resume over HTTP, for the holder of the admin token.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Request, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use snarkfee_core::{control::OperatorCommand, units::DaemonId};

use super::{
    access::AdminAccess, command_sink::CommandRefused, error::ErrorResponse, state::WebState,
};

/// Longest pause with an end; a longer one should have no end.
const LONGEST_PAUSE: Duration = Duration::from_secs(366 * 24 * 3600);

/// Answers 401 to a request without the token, before reading any of its body.
pub(super) async fn require_token(
    State(admin): State<Arc<AdminAccess>>,
    request: Request,
    next: Next,
) -> Response {
    if admin.accepts(request.headers().get(header::AUTHORIZATION)) {
        return next.run(request).await;
    }
    let mut refused =
        ErrorResponse::new(StatusCode::UNAUTHORIZED, "the admin token is missing or wrong")
            .into_response();
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    // The rest of the body is not read.
    refused.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    refused
}

/// The optional body of both requests.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandBody {
    daemon: Option<DaemonId>,
    #[serde(rename = "for")]
    lasting: Option<String>,
}

pub(super) async fn pause(
    State(state): State<WebState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ErrorResponse> {
    let body = parse_body(&state, body)?;
    let now = state.clock.now();
    let until = body.lasting.as_deref().map(|text| parse_pause_end(text, now)).transpose()?;
    let answer = json!({ "accepted": "pause", "daemon": body.daemon, "until": until });
    send_command(&state, OperatorCommand::Pause { daemon: body.daemon, until }, answer).await
}

pub(super) async fn resume(
    State(state): State<WebState>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ErrorResponse> {
    let body = parse_body(&state, body)?;
    if body.lasting.is_some() {
        return Err(ErrorResponse::bad_request("resume takes no \"for\""));
    }
    let answer = json!({ "accepted": "resume", "daemon": body.daemon });
    send_command(&state, OperatorCommand::Resume { daemon: body.daemon }, answer).await
}

fn parse_body(
    state: &WebState,
    body: Result<Bytes, BytesRejection>,
) -> Result<CommandBody, ErrorResponse> {
    let body = body.map_err(|error| ErrorResponse::new(error.status(), error.body_text()))?;
    if body.trim_ascii().is_empty() {
        return Ok(CommandBody::default());
    }
    let body: CommandBody = serde_json::from_slice(&body).map_err(|error| {
        ErrorResponse::bad_request(format!("the body is not a valid command: {error}"))
    })?;
    if let Some(daemon) = &body.daemon
        && state.board.daemon(daemon).is_none()
    {
        return Err(ErrorResponse::new(
            StatusCode::NOT_FOUND,
            format!("no daemon is called {daemon}"),
        ));
    }
    Ok(body)
}

/// The end of a pause of a length like `90s`, `30m` or `24h`.
fn parse_pause_end(lasting: &str, now: Timestamp) -> Result<Timestamp, ErrorResponse> {
    let invalid = || {
        ErrorResponse::bad_request(
            "\"for\" must be a duration such as \"90s\", \"30m\" or \"24h\", at most 366 days",
        )
    };
    let length: SignedDuration = lasting.parse().map_err(|_| invalid())?;
    let length = Duration::try_from(length)
        .ok()
        .filter(|length| (Duration::from_secs(1)..=LONGEST_PAUSE).contains(length));
    now.checked_add(length.ok_or_else(invalid)?).map_err(|_| invalid())
}

async fn send_command(
    state: &WebState,
    command: OperatorCommand,
    answer: Value,
) -> Result<Response, ErrorResponse> {
    let Some(admin) = &state.admin else {
        return Err(ErrorResponse::new(StatusCode::NOT_FOUND, "no such path"));
    };
    tracing::info!(%command, "operator command received over HTTP");
    let refused = |error: CommandRefused| {
        let status = match error {
            CommandRefused::Unrecorded => StatusCode::SERVICE_UNAVAILABLE,
            CommandRefused::UnderWay { .. } => StatusCode::GATEWAY_TIMEOUT,
        };
        ErrorResponse::new(status, error.to_string())
    };
    admin.sink.send(command).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}
