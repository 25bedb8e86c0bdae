//! `/metrics`

use crate::metrics::Metrics;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A route for Prometheus: `GET /metrics`. It answers 503 with a line that says why if the store fails or is too slow.
/// An older answer is not told then, since Prometheus would take its numbers for those of now. The failed scrape itself is a
/// metric: `up` of the job is 0, and an alert on it tells that the store is away.
///
/// The answer tells names of task types, kinds and tables, and no payload. It has no access control.
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
