//! The files that pages load. They are parts of the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=3600")], text).into_response()
}

pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("assets/style.css"))
}

pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("assets/live.js"))
}

pub(crate) async fn keys() -> Response {
    file("text/javascript; charset=utf-8", include_str!("assets/keys.js"))
}

pub(crate) async fn icon() -> Response {
    file("image/svg+xml", include_str!("assets/icon.svg"))
}
