//! Error answers: a status and one line of JSON.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The answer to a request that failed.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    status: StatusCode,
    message: String,
}

impl ErrorResponse {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }
}

impl IntoResponse for ErrorResponse {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

pub(super) async fn no_such_path() -> ErrorResponse {
    ErrorResponse::new(StatusCode::NOT_FOUND, "no such path")
}

pub(super) async fn wrong_method() -> ErrorResponse {
    ErrorResponse::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
}
