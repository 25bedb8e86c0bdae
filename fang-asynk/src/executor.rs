//! One run of one task: decode, run, tell how it ended.

use crate::engine::{Engine, Job, Unfinished};
use fang_core::AsyncRunnable;
use fang_core::context::Context;
use fang_core::decide::{self, Outcome, describe_panic, describe_timeout, ended, failed_by_default};
use fang_core::results::Finished;
use fang_core::store::Claimed;
use futures_util::FutureExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Runs a task and sends its result.
pub(crate) async fn execute(engine: &Arc<Engine>, job: Job, results: mpsc::UnboundedSender<Finished>) {
    let unfinished = engine.begin(job, results);
    let started = Instant::now();
    let outcome = outcome(engine, &unfinished).await;
    engine.gauge.ran(started.elapsed());
    unfinished.finish(outcome);
}

async fn outcome(engine: &Engine, unfinished: &Unfinished) -> Outcome {
    let Some(job) = unfinished.job() else { return Outcome::HandedBack };
    // A task's own Deserialize may panic as well as its run.
    let metadata = &job.task.metadata;
    let decoded = catch_unwind(AssertUnwindSafe(|| engine.kinds.decode::<dyn AsyncRunnable>(metadata)));
    match decoded {
        Ok(Ok(runnable)) => run(engine, job, runnable.as_ref()).await,
        Ok(Err(undecodable)) => Outcome::Undecodable(undecodable),
        Err(panic) => failed_by_default(describe_panic(panic.as_ref())),
    }
}

async fn run(engine: &Engine, job: &Job, runnable: &dyn AsyncRunnable) -> Outcome {
    let task = &job.task;
    let limit = match catch_unwind(AssertUnwindSafe(|| runnable.timeout())) {
        Ok(limit) => limit,
        Err(panic) => return failed(task, runnable, describe_panic(panic.as_ref())),
    };
    let context = engine.context(job, limit.and_then(|limit| Instant::now().checked_add(limit)));
    if context.was_cancelled() {
        return Outcome::Cancelled;
    }
    let mut queue = engine.queue.bound_to(context.clone());
    let run = AssertUnwindSafe(async { runnable.run(&mut queue).await }).catch_unwind();
    let result = tokio::select! {
        biased;
        result = within(limit, run) => result,
        () = given_up(&context, engine.cancel_grace) => return Outcome::Cancelled,
    };
    let Some(result) = result else {
        return failed(task, runnable, describe_timeout(limit.unwrap_or_default()));
    };
    ended(result, context.take_wish()).unwrap_or_else(|error| failed(task, runnable, error))
}

/// The result of a run, or `None` when it was dropped because it took too long.
async fn within<T>(limit: Option<Duration>, run: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(run.await),
        Some(limit) => tokio::time::timeout(limit, run).await.ok(),
    }
}

/// Waits until the task was cancelled, and then for as long as its run may go on.
async fn given_up(context: &Context, grace: Duration) {
    context.cancelled_from_outside().await;
    tokio::time::sleep(grace).await;
}

fn failed(task: &Claimed, runnable: &dyn AsyncRunnable, error: String) -> Outcome {
    decide::failed(task, error, |retries| {
        let policy = runnable.backoff_policy().map(|policy| policy.wait(retries, fastrand::f64()));
        let backoff = policy.unwrap_or_else(|| Duration::from_secs(runnable.backoff(retries).into()));
        (runnable.max_retries(), backoff)
    })
}
