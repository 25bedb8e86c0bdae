//! The pages, each in a file of its own: what it shows, and what it can do.

pub(crate) mod change;
pub(crate) mod crons;
mod doctor;
pub(crate) mod errors;
pub(crate) mod insert;
pub(crate) mod kinds;
mod log;
pub(crate) mod login;
pub(crate) mod overview;
mod payload;
pub(crate) mod running;
mod settings;
pub(crate) mod task;
mod tasks;
pub(crate) mod types;
pub(crate) mod workers;

use crate::assets;
use crate::guard::guard;
use crate::live;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::visit::Visit;
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// All routes, behind the guard.
pub(crate) fn routes(server: Arc<Server>) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/tasks", get(tasks::show))
        .route("/tasks/{id}", get(task::show))
        .route("/tasks/{id}/payload.json", get(payload::json))
        .route("/insert", get(insert::show).post(insert::insert))
        .route("/kinds", get(kinds::show))
        .route("/change", get(change::ask).post(change::begin))
        .route("/changes", get(change::progress::list))
        .route("/changes/{number}", get(change::progress::show))
        .route("/changes/{number}/stop", post(change::progress::stop))
        .route("/running", get(running::show))
        .route("/errors", get(errors::show))
        .route("/types", get(types::show).post(types::act))
        .route("/workers", get(workers::show).post(workers::act))
        .route("/crons", get(crons::show).post(crons::act))
        .route("/crons/add", post(crons::add::add))
        .route("/crons/edit", get(crons::edit::show).post(crons::edit::save))
        .route("/doctor", get(doctor::show))
        .route("/log", get(log::show))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/live", get(live::stream))
        .route("/login", post(login::log_in))
        .route("/logout", post(login::log_out))
        .route("/style.css", get(assets::style))
        .route("/live.js", get(assets::script))
        .route("/keys.js", get(assets::keys))
        .route("/icon.svg", get(assets::icon))
        .fallback(other)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(server.clone(), guard))
        .with_state(server)
}

/// The overview has two addresses where the routes are nested: with and without a slash. Other pages have one.
async fn other(visit: Visit, request: Request) -> Result<Response, Refusal> {
    let path = request.uri().path();
    let shown = path.trim_end_matches('/');
    if request.method() != Method::GET || (shown == path && !path.is_empty()) {
        return Err(Refusal::not_found("there is no such page"));
    }
    if shown.is_empty() {
        return overview::show(visit).await;
    }
    if !login::is_own(shown) {
        return Err(Refusal::not_found("there is no such page"));
    }
    Ok(visit.see(shown, []))
}

async fn not_allowed() -> Response {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this page does not take such requests").into_response()
}
