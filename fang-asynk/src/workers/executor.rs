//! Runs one task on tokio. A run that exceeds its timeout is dropped at an `await`.

use crate::handle::Handle;
use fang_core::middleware::Stack;
use fang_core::{AsyncQueueable, AsyncRunnable, FangError};
use fang_engine::executor::Ready;
use fang_engine::policy::decide::Outcome;
use fang_engine::spans::RunSpan;
use fang_engine::state::{Job, Pool, TaskRun, Unfinished};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Runs a task and sends its result.
pub(super) async fn execute(pool: &Arc<Pool>, queue: &Handle, job: Arc<Job>) {
    let unfinished = Guard(Unfinished::new(pool.clone(), job));
    let (outcome, span) = outcome(pool, queue, &unfinished.0).await;
    // What the log says of the run belongs to its span.
    span.within(|| unfinished.0.finish(outcome));
}

async fn outcome(pool: &Pool, queue: &Handle, unfinished: &Unfinished) -> (Outcome, RunSpan) {
    let Some(job) = unfinished.job() else { return (Outcome::HandedBack, RunSpan::none()) };
    match Ready::<dyn AsyncRunnable>::new(pool, job) {
        Ok(ready) => (run(pool, queue, &ready).await, ready.span),
        Err(outcome) => (outcome, RunSpan::none()),
    }
}

async fn run(pool: &Pool, queue: &Handle, ready: &Ready<'_, dyn AsyncRunnable>) -> Outcome {
    let queue = queue.bound_to(ready.run.context());
    let run = within(&pool.config.middleware, queue, &*ready.runnable);
    let run = ready.span.around(AssertUnwindSafe(run).catch_unwind());
    let result = tokio::select! {
        biased;
        result = in_time(ready.limit, run) => result,
        () = given_up(&ready.run, pool.config.cancel_grace) => return ready.cancelled(),
    };
    result.map_or_else(|| ready.timed_out(), |result| ready.ended(result))
}

/// Runs a task within the middleware of its pool.
async fn within(middleware: &Stack, mut queue: Handle, task: &dyn AsyncRunnable) -> Result<(), FangError> {
    if middleware.is_empty() {
        return task.run(&mut queue).await;
    }
    let run = queue.as_run();
    middleware.around(&run, Box::pin(async { task.run(&mut queue).await })).await
}

/// Returns the result of a run, or `None` if it exceeded its timeout and was dropped.
async fn in_time<T>(limit: Option<Duration>, run: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(run.await),
        Some(limit) => tokio::time::timeout(limit, run).await.ok(),
    }
}

/// Waits until the task is cancelled, and then until the grace period is over.
async fn given_up(run: &TaskRun, grace: Duration) {
    run.cancelled_from_outside().await;
    tokio::time::sleep(grace).await;
}

/// Gives a task back when it is dropped without a result. Fails it when the drop is due to a panic.
struct Guard(Unfinished);

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail();
        } else {
            self.0.hand_back();
        }
    }
}
