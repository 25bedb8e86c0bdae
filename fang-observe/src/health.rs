//! `/health` and `/ready`

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use fang_engine::PoolMonitor;
use std::sync::Arc;

type Pools = Arc<[PoolMonitor]>;
type Answer = (StatusCode, String);

/// Routes for the platform on which this process is deployed. They are for pools of either mode. They ask the pools and
/// not the store, so they cost no statement.
///
/// - `GET /health`: 503 when one of the pools has stopped, so that the process should be started again; 200 otherwise.
/// - `GET /ready`: 200 while all of them run, none of them is quiet, and the store answers them; 503 otherwise.
///
/// The answer has a line that says why.
///
/// ```
/// use fang::{AsyncWorkerPool, MemoryQueue};
/// let pool = AsyncWorkerPool::builder().number_of_workers(2_u32).queue(MemoryQueue::new()).build();
/// let routes: axum::Router = fang_observe::pool_routes([pool.monitor()]);
/// ```
pub fn pool_routes(pools: impl IntoIterator<Item = PoolMonitor>) -> Router {
    let pools: Pools = pools.into_iter().collect();
    Router::new().route("/health", get(health)).route("/ready", get(ready)).with_state(pools)
}

async fn health(State(pools): State<Pools>) -> Answer {
    answer(&pools, "healthy", |pool| pool.has_stopped().then_some("has stopped"))
}

async fn ready(State(pools): State<Pools>) -> Answer {
    answer(&pools, "ready", |pool| match pool {
        _ if !pool.is_running() => Some("does not run"),
        _ if pool.is_quiet() => Some("is quiet"),
        _ if !pool.is_connected() => Some("gets no answer from its store"),
        _ => None,
    })
}

/// The reason of the first pool that has one against it.
fn answer(pools: &[PoolMonitor], good: &str, against: fn(&PoolMonitor) -> Option<&'static str>) -> Answer {
    let mut reasons = pools.iter().enumerate().filter_map(|(place, pool)| Some((place + 1, against(pool)?)));
    match reasons.next() {
        Some((place, reason)) => (StatusCode::SERVICE_UNAVAILABLE, format!("pool {place} {reason}\n")),
        None => (StatusCode::OK, format!("{good}\n")),
    }
}
