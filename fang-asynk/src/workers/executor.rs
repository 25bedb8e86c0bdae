//! One run of one task on tokio: a run that takes too long is dropped where it waits.

use crate::handle::Handle;
use fang_core::AsyncRunnable;
use fang_engine::executor::Ready;
use fang_engine::policy::decide::Outcome;
use fang_engine::state::{Job, Pool, Run, Unfinished};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs a task and sends its result.
pub(super) async fn execute(pool: &Arc<Pool>, queue: &Handle, job: Job) {
    let unfinished = Guard(Unfinished::new(pool.clone(), job));
    let started = Instant::now();
    let outcome = outcome(pool, queue, &unfinished.0).await;
    pool.state.gauge.ran(started.elapsed());
    unfinished.0.finish(outcome);
}

async fn outcome(pool: &Pool, queue: &Handle, unfinished: &Unfinished) -> Outcome {
    let Some(job) = unfinished.job() else { return Outcome::HandedBack };
    match Ready::<dyn AsyncRunnable>::new(pool, job) {
        Ok(ready) => run(pool, queue, &ready).await,
        Err(outcome) => outcome,
    }
}

async fn run(pool: &Pool, queue: &Handle, ready: &Ready<dyn AsyncRunnable>) -> Outcome {
    let mut queue = queue.bound_to(ready.run.context());
    let run = AssertUnwindSafe(async { ready.runnable.run(&mut queue).await }).catch_unwind();
    let result = tokio::select! {
        biased;
        result = within(ready.limit, run) => result,
        () = given_up(&ready.run, pool.config.cancel_grace) => return Outcome::Cancelled,
    };
    result.map_or_else(|| ready.timed_out(), |result| ready.ended(result))
}

/// The result of a run, or `None` when it was dropped because it took too long.
async fn within<T>(limit: Option<Duration>, run: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(run.await),
        Some(limit) => tokio::time::timeout(limit, run).await.ok(),
    }
}

/// Waits until the task was cancelled, and then for as long as its run may go on.
async fn given_up(run: &Run, grace: Duration) {
    run.cancelled_from_outside().await;
    tokio::time::sleep(grace).await;
}

/// Hands a task back that is dropped without a result. Dropped by a panic, it has failed.
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
