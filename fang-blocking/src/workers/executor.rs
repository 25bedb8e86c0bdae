//! Runs one task on the thread of a worker. Such a run cannot be stopped from outside.

use crate::handle::Handle;
use fang_core::middleware::StackBlocking;
use fang_core::{FangError, Queueable, Runnable};
use fang_engine::executor::Ready;
use fang_engine::policy::decide::Outcome;
use fang_engine::spans::RunSpan;
use fang_engine::state::{Pool, TaskRun, Unfinished};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What the thread of a worker has to know of a run.
pub(super) trait Watch {
    /// The run is about to start, and its deadline is known.
    fn begins(&self, run: &Arc<TaskRun>);

    /// The run has ended. Nobody was told so yet.
    fn ended(&self);
}

/// Runs a task and sends its result.
pub(super) fn execute(pool: &Pool, queue: &Handle, unfinished: &Unfinished, watch: &dyn Watch) {
    let (outcome, span) = outcome(pool, queue, unfinished, watch);
    // What the log says of the run belongs to its span.
    span.within(|| unfinished.finish(outcome));
}

fn outcome(pool: &Pool, queue: &Handle, unfinished: &Unfinished, watch: &dyn Watch) -> (Outcome, RunSpan) {
    let Some(job) = unfinished.job() else { return (Outcome::HandedBack, RunSpan::none()) };
    let ready = match Ready::<dyn Runnable>::new(pool, job) {
        Ok(ready) => ready,
        Err(outcome) => return (outcome, RunSpan::none()),
    };
    let queue = queue.bound_to(ready.run.context());
    watch.begins(&ready.run);
    let run = || within(&pool.config.middleware_blocking, &queue, &*ready.runnable);
    let result = ready.span.within(|| catch_unwind(AssertUnwindSafe(run)));
    watch.ended();
    (ready.ended(result), ready.span)
}

/// Runs a task within the middleware of its pool.
fn within(middleware: &StackBlocking, queue: &Handle, task: &dyn Runnable) -> Result<(), FangError> {
    if middleware.is_empty() {
        return task.run(queue);
    }
    middleware.around(&queue.as_run(), &|| task.run(queue))
}
