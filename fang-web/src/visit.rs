//! A request that was let in.

use crate::access::{Access, Viewer};
use crate::base::Base;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::taste::Taste;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A request that was let in: who sent it, and how the dashboard is reached.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) server: Arc<Server>,
    pub(crate) base: Base,
    pub(crate) viewer: Viewer,
    /// The fields of the query.
    pub(crate) query: Pairs,
    pub(crate) taste: Taste,
}

impl Visit {
    /// Whether the viewer may change something.
    pub(crate) fn may_act(&self) -> bool {
        self.viewer.access == Access::Full
    }

    /// Refuses a page that is only for those who may change something.
    pub(crate) fn must_act(&self) -> Result<(), Refusal> {
        let refused = || Refusal::forbidden("you may see this dashboard, and change nothing");
        if self.may_act() { Ok(()) } else { Err(refused()) }
    }

    /// Tells an action.
    pub(crate) fn tell(&self, verb: &'static str, target: impl Into<String>) {
        self.server.tell(&self.viewer.name, verb, target);
    }

    /// Sends the browser to a page of the dashboard, after an action.
    pub(crate) fn see<'a>(
        &self,
        path: &str,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Response {
        (StatusCode::SEE_OTHER, [(LOCATION, self.base.with(path, pairs))]).into_response()
    }
}

impl FromRequestParts<Arc<Server>> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Server>) -> Result<Self, Refusal> {
        let visit = parts.extensions.get::<Self>().cloned();
        visit.ok_or_else(|| Refusal::forbidden("this request did not come through the gate"))
    }
}
