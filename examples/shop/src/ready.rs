//! Whether this process runs tasks, for the platform that it is deployed on.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use fang::PoolMonitor;

/// A server of `/ready`: 200 while all pools run and none is quiet, 503 otherwise.
pub fn router(pools: Vec<PoolMonitor>) -> Router {
    Router::new().route("/ready", get(ready)).with_state(pools)
}

async fn ready(State(pools): State<Vec<PoolMonitor>>) -> StatusCode {
    let is_ready = pools.iter().all(|pool| pool.is_running() && !pool.is_quiet());
    if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
