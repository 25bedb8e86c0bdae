//! Requests that cannot be served.

use crate::request_id;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request cannot be served.
#[derive(Debug)]
pub enum RequestError {
    /// There is no such thing, or not yet.
    NotFound,
    /// There is such a thing already.
    Conflict,
    /// A value is not allowed.
    Invalid,
    /// Something does not work. It is logged, and not shown to the client.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for RequestError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Failed(error) => {
                log::error!("request {} failed: {error:#}", request_id::current());
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        status.into_response()
    }
}
