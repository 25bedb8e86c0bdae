//! The fields of a query or a form.

use crate::refusal::Refusal;
use crate::server::Server;
use axum::extract::{FromRequest, Request};
use std::sync::Arc;

/// At most so many bytes of a form: the payload of a cron may be large.
const MAX_FORM: usize = 256 * 1024;
/// A form that is shown again if it is larger has at most so many.
const MAX_SHOWN: usize = 2 * 1024 * 1024;

/// Names with values, in their order. A name may come several times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub(crate) fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The last value of this name, unless it is empty: forms send fields that were left out so.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().rev().find(|(of, _)| of == name);
        given.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// The value that has to be given.
    pub(crate) fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::bad(format!("the field {name} is missing")))
    }
}

/// A form that is shown again with what is wrong, also if it is too large.
pub(crate) struct Sent {
    pub(crate) form: Pairs,
    pub(crate) is_too_large: bool,
}

impl FromRequest<Arc<Server>> for Sent {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Arc<Server>) -> Result<Self, Refusal> {
        let bytes = axum::body::to_bytes(request.into_body(), MAX_SHOWN).await;
        let bytes = bytes.map_err(|_| Refusal::too_large())?;
        Ok(Self { form: Pairs::read(&bytes), is_too_large: bytes.len() > MAX_FORM })
    }
}

/// A form that was sent.
impl FromRequest<Arc<Server>> for Pairs {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Arc<Server>) -> Result<Self, Refusal> {
        let body = axum::body::to_bytes(request.into_body(), MAX_FORM).await;
        body.map(|bytes| Self::read(&bytes)).map_err(|_| Refusal::too_large())
    }
}
