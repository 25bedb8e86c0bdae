//! `/metrics`

use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A route for Prometheus: `GET /metrics`. If the store fails or is too slow, it answers 503, with a line that says
/// why. It does not send older numbers then, because Prometheus would take them for current ones. The failed scrape
/// itself is a metric: `up` of the job is 0. Set an alert on it.
///
/// The answer contains names of task types, kinds and tables, and no payload. There is no access control.
///
/// ```no_run
/// use fang::{AsyncBackend, AsyncQueue, NoTls};
/// use fang_observe::{Metrics, metrics_routes};
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let mut queue = AsyncQueue::new("postgres://postgres@localhost/app");
/// queue.connect(NoTls).await?;
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9187").await?;
/// axum::serve(listener, metrics_routes(Metrics::new(queue.admin()?))).await?;
/// # Ok(()) }
/// ```
pub fn metrics_routes(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(answer)).with_state(metrics)
}

async fn answer(State(metrics): State<Metrics>) -> Response {
    match metrics.text().await {
        Ok(text) => {
            let format = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
            (format, text.to_string()).into_response()
        }
        Err(error) => {
            let line = error.to_string().replace(char::is_control, " ");
            (StatusCode::SERVICE_UNAVAILABLE, format!("{line}\n")).into_response()
        }
    }
}
