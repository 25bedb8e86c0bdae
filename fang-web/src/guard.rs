//! What every request passes, in this order: its size, its host, who sent it, and whether it may act.

use crate::access::{Access, Viewer};
use crate::base::Base;
use crate::gate::{self, Gate};
use crate::pages::login;
use crate::pairs::Pairs;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::shell;
use crate::taste::{self, Taste};
use crate::visit::Visit;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// The longest address: a filter with a large payload fits.
const MAX_URI: usize = 16 * 1024;
/// What is shown to everyone: no secret is in it, and the login form needs it.
const OPEN: [&str; 4] = ["/style.css", "/live.js", "/keys.js", "/icon.svg"];

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Lets a request pass, or answers it.
pub(crate) async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let response = match admit(&server, request) {
        Ok((visit, request)) => {
            // A task of its own, since a browser that goes away must not drop a call of the store.
            let answer = tokio::spawn(next.run(request)).await;
            let answer = answer.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
            match answer.extensions().get::<Refusal>() {
                Some(refusal) => shell::refused(&visit, refusal),
                None => answer,
            }
        }
        Err(answer) => *answer,
    };
    with_policy(response)
}

/// The request with its visit, or an answer that refuses it.
fn admit(server: &Arc<Server>, request: Request) -> Result<(Visit, Request), Box<Response>> {
    let refuse = |refusal: Refusal| Box::new(refusal.into_response());
    let (mut parts, body) = request.into_parts();
    let original =
        parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |uri| uri.0.clone());
    if original.path_and_query().is_some_and(|path| path.as_str().len() > MAX_URI) {
        return Err(refuse(Refusal::new(StatusCode::URI_TOO_LONG, "the address is too long")));
    }
    server.settings.hosts.check(&parts).map_err(refuse)?;
    let base = Base::of(&server.settings.stripped, &original, &parts.uri)
        .ok_or_else(|| refuse(Refusal::not_found("there is no such page")))?;
    let is_open = OPEN.contains(&parts.uri.path()) && parts.method == Method::GET;
    let mut viewer = if is_open { Viewer::from(Access::None) } else { server.settings.gate.viewer(&parts) };
    if server.settings.is_read_only {
        viewer.access = viewer.access.min(Access::ReadOnly);
    }
    let query = Pairs::read(parts.uri.query().unwrap_or_default().as_bytes());
    let taste = Taste::read(gate::cookies(&parts.headers, taste::COOKIE).next());
    let visit = Visit { server: server.clone(), base, viewer, query, taste };
    if !is_open {
        check(&visit, &parts)?;
    }
    parts.extensions.insert(visit.clone());
    Ok((visit, Request::from_parts(parts, body)))
}

/// Whether the viewer may send this request.
fn check(visit: &Visit, parts: &axum::http::request::Parts) -> Result<(), Box<Response>> {
    let refuse = |refusal: Refusal| Box::new(shell::refused(visit, &refusal));
    let is_read = parts.method == Method::GET || parts.method == Method::HEAD;
    if !is_read {
        gate::check_origin(parts).map_err(refuse)?;
    }
    let is_login = parts.uri.path() == "/login" && parts.method == Method::POST;
    let is_about_viewer = ["/logout", "/settings"].contains(&parts.uri.path());
    let access = visit.viewer.access;
    match &visit.server.settings.gate {
        Gate::Token(_) if is_login => Ok(()),
        Gate::Token(_) if access == Access::None => Err(Box::new(login::form(visit, parts, None))),
        _ if access == Access::None => Err(refuse(Refusal::forbidden("you may not see this dashboard"))),
        _ if is_read || is_about_viewer || access == Access::Full => Ok(()),
        _ => Err(refuse(Refusal::forbidden("you may see this dashboard, and change nothing"))),
    }
}

/// Adds the headers that keep other sites and texts of tasks from acting.
fn with_policy(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: forms would then come without their origin.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
