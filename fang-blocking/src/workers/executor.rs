//! Runs one task on the thread of a worker. Such a run cannot be stopped from outside.

use crate::handle::Handle;
use fang_core::middleware::StackBlocking;
use fang_core::{FangError, Queueable, Runnable};
use fang_engine::executor::Ready;
use fang_engine::policy::decide::Outcome;
use fang_engine::state::{Pool, TaskRun, Unfinished};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs a task and sends its result. Calls `begins` before the run starts, once its deadline is known.
pub(super) fn execute(pool: &Pool, queue: &Handle, unfinished: &Unfinished, begins: &dyn Fn(&Arc<TaskRun>)) {
    unfinished.finish(outcome(pool, queue, unfinished, begins));
}

fn outcome(pool: &Pool, queue: &Handle, unfinished: &Unfinished, begins: &dyn Fn(&Arc<TaskRun>)) -> Outcome {
    let Some(job) = unfinished.job() else { return Outcome::HandedBack };
    let ready = match Ready::<dyn Runnable>::new(pool, job) {
        Ok(ready) => ready,
        Err(outcome) => return outcome,
    };
    let queue = queue.bound_to(ready.run.context());
    begins(&ready.run);
    let run = || within(&pool.config.middleware_blocking, &queue, &*ready.runnable);
    ready.ended(ready.span.within(|| catch_unwind(AssertUnwindSafe(run))))
}

/// Runs a task within the middleware of its pool.
fn within(middleware: &StackBlocking, queue: &Handle, task: &dyn Runnable) -> Result<(), FangError> {
    if middleware.is_empty() {
        return task.run(queue);
    }
    middleware.around(&queue.as_run(), &|| task.run(queue))
}
