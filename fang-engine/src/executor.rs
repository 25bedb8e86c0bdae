//! The steps of a run that both modes share: decode the task, ask it for its choices, tell how the run ended.

use crate::events::{Recorder, RunEnd};
use crate::observed::observed;
use crate::policy::decide::{self, Outcome, describe_panic, describe_timeout};
use crate::spans::RunSpan;
use crate::state::{Job, Pool, TaskRun, tell_error_beside_wish};
use fang_core::{AsyncRunnable, FangError, Runnable};
use serde::de::DeserializeOwned;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The choices of a task for its runs, in either mode.
pub trait Choices {
    /// The kind.
    fn kind(&self) -> &'static str;

    /// How long a run may take.
    fn timeout(&self) -> Option<Duration>;

    /// How long the row stays after the end.
    fn keep(&self) -> Option<Duration>;

    /// How often the task may be retried.
    fn max_retries(&self) -> i32;

    /// How often the task may be retried, and how long it waits after this many retries.
    fn after_failure(&self, retries: u32) -> (i32, Duration);
}

macro_rules! choices {
    ($($task:ident),+) => {
        $(
            impl Choices for dyn $task {
                fn kind(&self) -> &'static str {
                    $task::typetag_name(self)
                }

                fn timeout(&self) -> Option<Duration> {
                    $task::timeout(self)
                }

                fn keep(&self) -> Option<Duration> {
                    $task::keep(self)
                }

                fn max_retries(&self) -> i32 {
                    $task::max_retries(self)
                }

                fn after_failure(&self, retries: u32) -> (i32, Duration) {
                    let policy = self.backoff_policy().map(|policy| policy.wait(retries, fastrand::f64()));
                    let backoff = policy.unwrap_or_else(|| Duration::from_secs(self.backoff(retries).into()));
                    ($task::max_retries(self), backoff)
                }
            }
        )+
    };
}

choices!(AsyncRunnable, Runnable);

/// A task that is about to run.
pub struct Ready<'a, R: ?Sized> {
    /// The task.
    pub runnable: Box<R>,
    /// Its run.
    pub run: Arc<TaskRun>,
    /// How long the run may take.
    pub limit: Option<Duration>,
    job: Arc<Job>,
    /// The span of the run.
    pub span: RunSpan,
    recorder: &'a Recorder,
}

impl<'a, R: ?Sized + Choices + 'static> Ready<'a, R>
where
    Box<R>: DeserializeOwned,
{
    /// Decodes a task and asks how long it may take, how long it is kept and how often it is retried. All this is the
    /// application's code and may panic.
    ///
    /// # Errors
    /// The outcome of a run that could not begin.
    pub fn new(pool: &'a Pool, job: Arc<Job>) -> Result<Self, Outcome> {
        let decode = || pool.state.kinds.decode::<R>(&job.task.metadata);
        let runnable = match catch_unwind(AssertUnwindSafe(decode)) {
            Ok(decoded) => decoded.map_err(Outcome::Undecodable)?,
            Err(panic) => return Err(failed_to_decode::<R>(pool, &job, describe_panic(panic.as_ref()))),
        };
        let recorder = &pool.state.recorder;
        recorder.decoded(&job, runnable.kind());
        let ask = || (runnable.timeout(), runnable.keep(), runnable.max_retries());
        let (limit, keep, max_retries) = catch_unwind(AssertUnwindSafe(ask))
            .map_err(|panic| failed(&job, &*runnable, describe_panic(panic.as_ref())))?;
        let limit = pool.config.timeout.or(limit);
        job.keeps(keep);
        job.retries(max_retries);
        if let Some(at) = job.task.expired_at {
            return Err(Outcome::Expired(at));
        }
        let run = pool.state.run(job.clone(), limit.and_then(|limit| Instant::now().checked_add(limit)));
        if run.was_cancelled() {
            return Err(Outcome::Cancelled);
        }
        recorder.started(&job);
        let span = RunSpan::new(&job, &run, &pool.config.spans);
        Ok(Self { runnable, run, limit, job, span, recorder })
    }
}

impl<R: ?Sized + Choices> Ready<'_, R> {
    /// The outcome of a run that returned or panicked.
    pub fn ended(&self, result: Result<Result<(), FangError>, Box<dyn Any + Send>>) -> Outcome {
        let wish = self.run.take_wish();
        if let (Ok(Err(error)), Some(wish)) = (&result, wish.clone()) {
            self.is_over(RunEnd::Failed(&error.description));
            observed(|| tell_error_beside_wish(&self.job, &wish, &error.description));
            return decide::wished_and_failed(wish, &error.description);
        }
        match decide::ended(result, wish) {
            Ok(outcome) => {
                self.is_over(RunEnd::Returned);
                outcome
            }
            Err(error) => {
                self.is_over(RunEnd::Failed(&error));
                failed(&self.job, &*self.runnable, error)
            }
        }
    }

    /// The outcome of a run that was dropped because it took too long.
    pub fn timed_out(&self) -> Outcome {
        let error = describe_timeout(self.limit.unwrap_or_default());
        self.is_over(RunEnd::TimedOut(&error));
        failed(&self.job, &*self.runnable, error)
    }

    /// The outcome of a run that was dropped because its task was cancelled.
    pub fn cancelled(&self) -> Outcome {
        self.is_over(RunEnd::Cancelled);
        Outcome::Cancelled
    }

    fn is_over(&self, end: RunEnd<'_>) {
        if let RunEnd::Failed(error) | RunEnd::TimedOut(error) = end {
            self.span.failed(error);
        }
        self.recorder.ran(&self.job, end);
    }
}

fn failed<R: ?Sized + Choices>(job: &Job, runnable: &R, error: String) -> Outcome {
    decide::failed(&job.task, error, |retries| runnable.after_failure(retries))
}

/// The outcome for a task whose code panicked before there was a task to ask for its retries.
fn failed_to_decode<R: ?Sized + 'static>(pool: &Pool, job: &Job, error: String) -> Outcome {
    let of_kind = |retries| pool.state.kinds.after_failure::<R>(&job.task.metadata, retries, fastrand::f64());
    decide::failed(&job.task, error, |retries| of_kind(retries).unwrap_or_else(decide::default_choices))
}

impl<R: ?Sized> std::fmt::Debug for Ready<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready").field("job", &self.job).finish_non_exhaustive()
    }
}
