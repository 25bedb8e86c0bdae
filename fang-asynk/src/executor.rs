//! One run of one task: decode, run, tell how it ended.

use crate::engine::{Engine, Job, Unfinished};
use fang_core::context::Context;
use fang_core::decide::{Outcome, describe_panic, describe_timeout, failed_by_default};
use fang_core::results::Finished;
use fang_core::store::Claimed;
use fang_core::{AsyncRunnable, FangError};
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
    let Some(task) = unfinished.task() else { return Outcome::HandedBack };
    // A task's own Deserialize may panic as well as its run.
    let decoded = catch_unwind(AssertUnwindSafe(|| engine.kinds.decode::<dyn AsyncRunnable>(&task.metadata)));
    match decoded {
        Ok(Ok(runnable)) => run(engine, task, runnable.as_ref()).await,
        Ok(Err(undecodable)) => Outcome::Undecodable(undecodable),
        Err(panic) => failed_by_default(describe_panic(panic.as_ref())),
    }
}

async fn run(engine: &Engine, task: &Claimed, runnable: &dyn AsyncRunnable) -> Outcome {
    let attempt = u32::try_from(task.retries).unwrap_or_default().saturating_add(1);
    let context = Context::new(task.id, attempt, task.lease, &engine.surroundings);
    let mut queue = engine.queue.bound_to(context.clone());
    let limit = match catch_unwind(AssertUnwindSafe(|| runnable.timeout())) {
        Ok(limit) => limit,
        Err(panic) => return failed(task, runnable, describe_panic(panic.as_ref())),
    };
    let run = AssertUnwindSafe(async { runnable.run(&mut queue).await }).catch_unwind();
    let Some(result) = within(limit, run).await else {
        return failed(task, runnable, describe_timeout(limit.unwrap_or_default()));
    };
    let error = match (result, context.take_wish()) {
        (Err(panic), _) => describe_panic(panic.as_ref()),
        (Ok(_), Some(wish)) => return Outcome::Wished(wish),
        (Ok(Ok(())), None) => return Outcome::Done,
        (Ok(Err(FangError { description })), None) => description,
    };
    failed(task, runnable, error)
}

/// The result of a run, or `None` when it was dropped because it took too long.
async fn within<T>(limit: Option<Duration>, run: impl Future<Output = T>) -> Option<T> {
    match limit {
        None => Some(run.await),
        Some(limit) => tokio::time::timeout(limit, run).await.ok(),
    }
}

/// The task's own choices, which are code and may panic too.
fn failed(task: &Claimed, runnable: &dyn AsyncRunnable, error: String) -> Outcome {
    let retries = u32::try_from(task.retries).unwrap_or_default();
    let choices = catch_unwind(AssertUnwindSafe(|| {
        let policy = runnable.backoff_policy().map(|policy| policy.wait(retries, fastrand::f64()));
        let backoff = policy.unwrap_or_else(|| Duration::from_secs(runnable.backoff(retries).into()));
        (runnable.max_retries(), backoff)
    }));
    match choices {
        Ok((max_retries, backoff)) => Outcome::Failed { error, max_retries, backoff },
        Err(_) => failed_by_default(error),
    }
}
