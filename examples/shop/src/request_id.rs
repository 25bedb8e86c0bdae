//! The id of a request goes with the tasks that it inserts, and with those that its async tasks insert. A blocking task has
//! it in its row as well, but the pool of threads does not hand it on.

use axum::extract::Request;
use axum::http::HeaderName;
use axum::response::Response;
use fang::{FangError, Middleware, NewTask, Run, Uuid};

/// The header of a request, and that of a task.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A longer id is replaced: it would be saved with each task.
const LONGEST: usize = 64;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Takes the id from a request, or makes one, and puts it on the answer. For the web server.
pub async fn take(request: Request, next: axum::middleware::Next) -> Response {
    let given = request.headers().get(HEADER).filter(|id| id.len() <= LONGEST);
    let id = given.and_then(|id| id.to_str().ok()).map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    let mut answer = REQUEST_ID.scope(id.clone(), next.run(request)).await;
    if let Ok(id) = id.parse() {
        answer.headers_mut().insert(HEADER, id);
    }
    answer
}

/// The id of the request that is being answered, for the log. Empty if there is none.
pub fn current() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
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
