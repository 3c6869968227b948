//! The files the page refers to and the API's description, compiled in.

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};

type Fixed = ([(HeaderName, &'static str); 2], &'static str);

const fn fixed(media: &'static str, text: &'static str) -> Fixed {
    ([(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "no-cache")], text)
}

pub(super) async fn style() -> impl IntoResponse {
    fixed("text/css; charset=utf-8", snarkfee_charts::STYLE)
}

pub(super) async fn script() -> impl IntoResponse {
    fixed("text/javascript; charset=utf-8", include_str!("assets/app.js"))
}

pub(super) async fn icon() -> impl IntoResponse {
    fixed("image/svg+xml", include_str!("assets/icon.svg"))
}

pub(super) async fn openapi() -> impl IntoResponse {
    fixed("application/json", include_str!("openapi.json"))
}
