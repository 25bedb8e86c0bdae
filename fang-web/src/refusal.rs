//! Why a request is refused: a status and a line, which `guard` shows as a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fang_core::{QueueError, ScheduleError, StoreError};

/// Why a request is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// A field that cannot be read.
    pub(crate) fn bad(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    pub(crate) fn not_found(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, reason)
    }

    pub(crate) fn forbidden(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, reason)
    }

    /// Something that cannot be done now.
    pub(crate) fn conflict(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, reason)
    }

    pub(crate) fn away(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, reason)
    }

    /// The answer, or `None` if the store does not have this call.
    pub(crate) fn if_offered<T>(answer: Result<T, Self>) -> Result<Option<T>, Self> {
        match answer {
            Err(Self { status: StatusCode::NOT_IMPLEMENTED, .. }) => Ok(None),
            answer => answer.map(Some),
        }
    }

    pub(crate) fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large")
    }
}

impl From<QueueError> for Refusal {
    fn from(error: QueueError) -> Self {
        match &error {
            QueueError::Store(StoreError::NotOffered { .. }) => {
                Self::new(StatusCode::NOT_IMPLEMENTED, error.to_string())
            }
            QueueError::Store(_) => Self::away(error.to_string()),
            _ => Self::bad(error.to_string()),
        }
    }
}

impl From<ScheduleError> for Refusal {
    fn from(error: ScheduleError) -> Self {
        Self::bad(error.to_string())
    }
}

/// The guard replaces the text by a page.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.reason.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
