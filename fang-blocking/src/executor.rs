//! One run of one task: decode, run, tell how it ended.

use crate::engine::{Engine, Job, Unfinished};
use fang_core::Runnable;
use fang_core::context::Context;
use fang_core::decide::{self, Outcome, describe_panic, ended, failed_by_default};
use fang_core::store::Claimed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Runs a task and sends its result. `begins` hears of the run once it is known how long it may take.
pub(crate) fn execute(engine: &Engine, unfinished: Unfinished, begins: &dyn Fn(&Context)) {
    let started = Instant::now();
    let outcome = outcome(engine, &unfinished, begins);
    engine.gauge.ran(started.elapsed());
    unfinished.finish(outcome);
}

fn outcome(engine: &Engine, unfinished: &Unfinished, begins: &dyn Fn(&Context)) -> Outcome {
    let Some(job) = unfinished.job() else { return Outcome::HandedBack };
    // A task's own Deserialize may panic as well as its run.
    let metadata = &job.task.metadata;
    let decoded = catch_unwind(AssertUnwindSafe(|| engine.kinds.decode::<dyn Runnable>(metadata)));
    match decoded {
        Ok(Ok(runnable)) => run(engine, &job, runnable.as_ref(), begins),
        Ok(Err(undecodable)) => Outcome::Undecodable(undecodable),
        Err(panic) => failed_by_default(describe_panic(panic.as_ref())),
    }
}

fn run(engine: &Engine, job: &Job, runnable: &dyn Runnable, begins: &dyn Fn(&Context)) -> Outcome {
    let task = &job.task;
    let limit = match catch_unwind(AssertUnwindSafe(|| runnable.timeout())) {
        Ok(limit) => limit,
        Err(panic) => return failed(task, runnable, describe_panic(panic.as_ref())),
    };
    let context = engine.context(job, limit.and_then(|limit| Instant::now().checked_add(limit)));
    if context.was_cancelled() {
        return Outcome::Cancelled;
    }
    let queue = engine.queue.bound_to(context.clone());
    begins(&context);
    let result = catch_unwind(AssertUnwindSafe(|| runnable.run(&queue)));
    ended(result, context.take_wish()).unwrap_or_else(|error| failed(task, runnable, error))
}

fn failed(task: &Claimed, runnable: &dyn Runnable, error: String) -> Outcome {
    decide::failed(task, error, |retries| {
        let policy = runnable.backoff_policy().map(|policy| policy.wait(retries, fastrand::f64()));
        let backoff = policy.unwrap_or_else(|| Duration::from_secs(runnable.backoff(retries).into()));
        (runnable.max_retries(), backoff)
    })
}
