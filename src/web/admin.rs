//! Pausing and resuming over HTTP, for whoever holds the admin token.

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Request, State, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use snarkfee_core::{control::OperatorCommand, units::DaemonId};
use subtle::ConstantTimeEq;

use super::{Face, problem::Problem};
use crate::controls::{Controls, NotTaken};

/// Longest pause with an end; a longer one is meant to have none.
const LONGEST_PAUSE: Duration = Duration::from_secs(366 * 24 * 3600);

/// Who may pause and resume, and where that goes.
pub struct Admin {
    token: SecretString,
    controls: Arc<dyn Controls>,
}

/// A token that could be guessed, or that no header can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an admin token needs at least {} visible ASCII characters and no space", Admin::SHORTEST)]
pub struct WeakToken;

impl Admin {
    /// Fewest characters of a token.
    pub const SHORTEST: usize = 16;

    /// Takes a token, white space around it cut off.
    pub fn try_new(token: &SecretString, controls: Arc<dyn Controls>) -> Result<Self, WeakToken> {
        let token = token.expose_secret().trim();
        if token.len() < Self::SHORTEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WeakToken);
        }
        Ok(Self { token: token.into(), controls })
    }

    fn admits(&self, header: Option<&HeaderValue>) -> bool {
        let Some((scheme, given)) =
            header.and_then(|value| value.to_str().ok()).and_then(|text| text.split_once(' '))
        else {
            return false;
        };
        let same = given.trim().as_bytes().ct_eq(self.token.expose_secret().as_bytes());
        scheme.eq_ignore_ascii_case("bearer") & bool::from(same)
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

/// Lets a request with the token through, before anything of its body is read.
pub(super) async fn authorise(
    State(admin): State<Arc<Admin>>,
    request: Request,
    next: Next,
) -> Response {
    if admin.admits(request.headers().get(header::AUTHORIZATION)) {
        return next.run(request).await;
    }
    let mut refused = Problem::new(StatusCode::UNAUTHORIZED, "the admin token is missing or wrong")
        .into_response();
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    // What follows of the body is not read.
    refused.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    refused
}

/// The optional body of both paths.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    daemon: Option<DaemonId>,
    #[serde(rename = "for")]
    lasting: Option<String>,
}

pub(super) async fn pause(
    State(face): State<Face>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let order = order(&face, body)?;
    let now = face.clock.now();
    let until = order.lasting.as_deref().map(|text| end(text, now)).transpose()?;
    let answer = json!({ "accepted": "pause", "daemon": order.daemon, "until": until });
    hand_over(&face, OperatorCommand::Pause { daemon: order.daemon, until }, answer).await
}

pub(super) async fn resume(
    State(face): State<Face>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let order = order(&face, body)?;
    if order.lasting.is_some() {
        return Err(Problem::bad("resume takes no \"for\""));
    }
    let answer = json!({ "accepted": "resume", "daemon": order.daemon });
    hand_over(&face, OperatorCommand::Resume { daemon: order.daemon }, answer).await
}

fn order(face: &Face, body: Result<Bytes, BytesRejection>) -> Result<Order, Problem> {
    let body = body.map_err(|error| Problem::new(error.status(), error.body_text()))?;
    if body.trim_ascii().is_empty() {
        return Ok(Order::default());
    }
    let order: Order = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad(format!("the body is not understood: {error}")))?;
    if let Some(daemon) = &order.daemon
        && face.board.entry(daemon).is_none()
    {
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("no daemon is called {daemon}")));
    }
    Ok(order)
}

/// When a pause of a length like `90s`, `30m` or `24h` ends.
fn end(lasting: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let bad = || {
        Problem::bad(
            "\"for\" must be a length of time such as \"90s\", \"30m\" or \"24h\", at most 366 days",
        )
    };
    let length: SignedDuration = lasting.parse().map_err(|_| bad())?;
    let length = Duration::try_from(length)
        .ok()
        .filter(|length| (Duration::from_secs(1)..=LONGEST_PAUSE).contains(length));
    now.checked_add(length.ok_or_else(bad)?).map_err(|_| bad())
}

async fn hand_over(
    face: &Face,
    command: OperatorCommand,
    answer: Value,
) -> Result<Response, Problem> {
    let Some(admin) = &face.admin else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no such path"));
    };
    tracing::info!(?command, "command taken over HTTP");
    let refused =
        |error: NotTaken| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
    admin.controls.send(command).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}
