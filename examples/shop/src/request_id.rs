//! The id of a request goes with the tasks that it inserts, and with those that they insert.

use axum::extract::Request;
use axum::http::HeaderName;
use axum::response::Response;
use fang::{FangError, Middleware, NewTask, Run, Uuid};

/// The header of a request, and that of a task.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Takes the id from a request, or makes one. For the web server.
pub async fn take(request: Request, next: axum::middleware::Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|id| id.to_str().ok());
    let id = given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    REQUEST_ID.scope(id, next.run(request)).await
}

/// Puts the id on a task. For `before_insert` of the queue.
///
/// # Errors
/// None.
pub fn stamp(task: NewTask) -> Result<NewTask, FangError> {
    Ok(match REQUEST_ID.try_with(Clone::clone) {
        Ok(id) => task.header(HEADER.as_str(), id),
        Err(_) => task,
    })
}

/// Takes the id from a task, and logs it. For the async pool.
#[derive(Debug)]
pub struct WithRequestId;

impl Middleware for WithRequestId {
    async fn call(&self, run: &Run, next: fang::Next<'_>) -> Result<(), FangError> {
        let Some(id) = run.header(HEADER.as_str()) else { return next.run().await };
        log::info!("request {id}: {} runs, attempt {}", run.kind(), run.attempt());
        REQUEST_ID.scope(id.to_owned(), next.run()).await
    }
}
