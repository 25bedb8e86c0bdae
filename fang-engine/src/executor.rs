//! The steps of a run that both modes share: decode the task, ask it for its choices, tell how the run ended.

use crate::policy::decide::{self, Outcome, describe_panic, describe_timeout, failed_by_default};
use crate::state::{Job, Pool, TaskRun};
use fang_core::{AsyncRunnable, FangError, Runnable};
use serde::de::DeserializeOwned;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The choices of a task for its runs, in either mode.
pub trait Choices {
    /// How long a run may take.
    fn timeout(&self) -> Option<Duration>;

    /// How long the row stays after the end.
    fn keep(&self) -> Option<Duration>;

    /// How often the task may be retried, and how long it waits after this many retries.
    fn after_failure(&self, retries: u32) -> (i32, Duration);
}

macro_rules! choices {
    ($($task:ident),+) => {
        $(
            impl Choices for dyn $task {
                fn timeout(&self) -> Option<Duration> {
                    $task::timeout(self)
                }

                fn keep(&self) -> Option<Duration> {
                    $task::keep(self)
                }

                fn after_failure(&self, retries: u32) -> (i32, Duration) {
                    let policy = self.backoff_policy().map(|policy| policy.wait(retries, fastrand::f64()));
                    let backoff = policy.unwrap_or_else(|| Duration::from_secs(self.backoff(retries).into()));
                    (self.max_retries(), backoff)
                }
            }
        )+
    };
}

choices!(AsyncRunnable, Runnable);

/// A task that is about to run.
pub struct Ready<R: ?Sized> {
    /// The task.
    pub runnable: Box<R>,
    /// Its run.
    pub run: Arc<TaskRun>,
    /// How long the run may take.
    pub limit: Option<Duration>,
    job: Arc<Job>,
}

impl<R: ?Sized + Choices> Ready<R>
where
    Box<R>: DeserializeOwned,
{
    /// Decodes a task and asks how long it may take and how long it is kept. All this is the application's code and may
    /// panic.
    ///
    /// # Errors
    /// The outcome of a run that could not begin.
    pub fn new(pool: &Pool, job: Arc<Job>) -> Result<Self, Outcome> {
        let decode = || pool.state.kinds.decode::<R>(&job.task.metadata);
        let runnable = match catch_unwind(AssertUnwindSafe(decode)) {
            Ok(decoded) => decoded.map_err(Outcome::Undecodable)?,
            Err(panic) => return Err(failed_by_default(describe_panic(panic.as_ref()))),
        };
        let ask = || (runnable.timeout(), runnable.keep());
        let (limit, keep) = catch_unwind(AssertUnwindSafe(ask))
            .map_err(|panic| failed(&job, &*runnable, describe_panic(panic.as_ref())))?;
        job.learned.keeps(keep);
        if let Some(at) = job.task.expired_at {
            return Err(Outcome::Expired(at));
        }
        let run = pool.state.run(&job, limit.and_then(|limit| Instant::now().checked_add(limit)));
        if run.was_cancelled() {
            return Err(Outcome::Cancelled);
        }
        job.learned.begins();
        Ok(Self { runnable, run, limit, job })
    }
}

impl<R: ?Sized + Choices> Ready<R> {
    /// The outcome of a run that returned or panicked.
    pub fn ended(&self, result: Result<Result<(), FangError>, Box<dyn Any + Send>>) -> Outcome {
        decide::ended(result, self.run.take_wish())
            .unwrap_or_else(|error| failed(&self.job, &*self.runnable, error))
    }

    /// The outcome of a run that was dropped because it took too long.
    pub fn timed_out(&self) -> Outcome {
        failed(&self.job, &*self.runnable, describe_timeout(self.limit.unwrap_or_default()))
    }
}

fn failed<R: ?Sized + Choices>(job: &Job, runnable: &R, error: String) -> Outcome {
    decide::failed(&job.task, error, |retries| runnable.after_failure(retries))
}

impl<R: ?Sized> std::fmt::Debug for Ready<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("job", &self.job).finish_non_exhaustive()
    }
}
