use crate::drained::Drained;
use crate::mode::{BoxFuture, Mode};
use crate::options::{AnyMiddleware, add, run_options};
use crate::outcome::Outcome;
use crate::queue::TestQueue;
use fang_core::{QueueError, RetentionMode};
use fang_engine::PoolConfig;
use fang_engine::parts::drain::{self, Rules};
use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::time::Duration;

/// After this many runs, a drain without a limit does not seem to end.
const ENDLESS: u64 = 10_000;

/// Runs the tasks of a queue that are due, and those that they insert, until none is due.
///
#[cfg_attr(feature = "asynk", doc = "```")]
#[cfg_attr(not(feature = "asynk"), doc = "```text")]
/// # use fang_asynk::MemoryQueue;
/// # use fang_core::{AsyncQueueable, Mode, NewTask};
/// use fang_testing::{Outcome, drain};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), fang_core::QueueError> {
/// let queue = MemoryQueue::new();
/// # let unheard_of = NewTask::new(r#"{"type": "unheard of"}"#.to_owned(), "mail".to_owned(), Mode::Asynk);
/// queue.insert(unheard_of).await?;
/// let ran = drain(&queue).state("the value of the application".to_owned()).await;
/// assert_eq!((ran.finished, ran.unknown), (0, 1));
/// assert!(matches!(&ran.runs[0].outcome, Outcome::Unknown { error } if error.contains("is registered")));
/// # Ok(()) }
/// ```
///
/// The tasks run one after the other, on one worker. Claims, runs, retries and results are those of any pool. The task
/// types come in the order of their names. Within a type, more urgent tasks come first, and then older ones. Crons that
/// are due insert their tasks, and old rows are removed. A drain takes no task back from a process that has died: start a
/// pool to test that.
///
/// A drain runs the tasks of its own mode. Due tasks of the other mode stay, and
/// [`of_other_mode`](Drained::of_other_mode) counts them; the text of the [`Drained`] says what runs them. In the same way it
/// tells of due tasks whose types are [paused](Drained::of_paused_types) or [not named](Drained::of_other_types).
///
/// In the async mode, await the drain. In the blocking mode, call `run()`.
///
/// # Panics
/// The drain panics if the store fails or takes no result of a task in eight tries, after a failed run with [`fail_fast`](Drain::fail_fast), and after 10,000 runs
/// without a [`limit`](Drain::limit).
#[track_caller]
pub fn drain<M: Mode, Q: TestQueue<M>>(queue: &Q) -> Drain<'_, M, Q> {
    let (config, rules) = (drain::config(), Rules::default());
    Drain { queue, config, rules, place: Location::caller(), mode: PhantomData }
}

/// Runs the tasks of a queue that are due. [`drain`] makes it.
#[must_use = "nothing runs before the drain is awaited, or `run` is called"]
pub struct Drain<'q, M, Q> {
    queue: &'q Q,
    config: PoolConfig,
    rules: Rules,
    place: &'static Location<'static>,
    mode: PhantomData<fn() -> M>,
}

impl<'q, M: Mode, Q: TestQueue<M>> Drain<'q, M, Q> {
    run_options!();

    /// Runs this code around every run, as `middleware` of a pool does. The first one is the outermost. Defaults to
    /// none.
    pub fn middleware(mut self, middleware: impl AnyMiddleware<M>) -> Self {
        add(&mut self.config, middleware);
        self
    }

    /// Runs the tasks of these types only, in this order. Defaults to all types that have tasks.
    pub fn task_types<T: Into<String>>(mut self, task_types: impl IntoIterator<Item = T>) -> Self {
        self.rules.task_types.extend(task_types.into_iter().map(Into::into));
        self
    }

    /// Ends after this many runs. Defaults to no limit. The drain then panics after 10,000 runs, since a task may
    /// insert itself for ever.
    pub fn limit(mut self, runs: u64) -> Self {
        self.rules.limit = Some(runs);
        self
    }

    /// Does not wait for backoffs: runs tasks that have failed again at once, until they succeed or have no retries
    /// left. A task that had failed before and has asked to run later, by a snooze, counts as one of them. By default
    /// these tasks stay until they are due.
    ///
    /// Needs a store that can reschedule tasks.
    pub fn with_retries(mut self) -> Self {
        self.rules.with_retries = true;
        self
    }

    /// Runs tasks that are scheduled for later at once, one time each. Also runs the next tick of each cron, and
    /// snoozed tasks that have not failed. By default they stay.
    ///
    /// Needs a store that can reschedule tasks.
    pub fn with_scheduled(mut self) -> Self {
        self.rules.with_scheduled = true;
        self
    }

    /// Panics after the first run that fails, with its error, even if the task would be retried. Also panics if the
    /// program does not know the kind of a task. The result is saved before. By default the drain goes on.
    pub fn fail_fast(mut self) -> Self {
        self.rules.fail_fast = true;
        self
    }

    /// The tasks whose rows stay after they end, as `retention_mode` of a pool says. Defaults to the failed ones.
    pub fn retention_mode(mut self, retention: RetentionMode) -> Self {
        self.config.retention = retention;
        self
    }

    /// Removes finished and failed tasks that ended at least this long ago, as `prune_after` of a pool does, at the end
    /// of the drain. By default they stay.
    pub fn prune_after(mut self, age: Duration) -> Self {
        self.config.prune_after = Some(age);
        self
    }

    async fn ran(self) -> Drained {
        let Self { queue, config, mut rules, place, .. } = self;
        let (has_limit, fail_fast) = (rules.limit.is_some(), rules.fail_fast);
        rules.limit.get_or_insert(ENDLESS + 1);
        let outcome: Result<_, QueueError> =
            async { queue.handles()?.drain(queue.store()?, config, rules).await }.await;
        let drained = match outcome {
            Ok(drained) => Drained::new(drained, M::MODE),
            Err(error) => panic!("at {place}: the tasks cannot be run: {error}"),
        };
        if !has_limit && drained.runs.len() as u64 > ENDLESS {
            let kind = drained.runs.last().map(|ran| ran.kind.clone()).unwrap_or_default();
            panic!("at {place}: more than {ENDLESS} tasks have run; {kind:?} was the last; set a `limit`");
        }
        if let Some(ran) = drained.runs.last().filter(|_| fail_fast)
            && let Outcome::Failed { error, .. }
            | Outcome::TimedOut { error, .. }
            | Outcome::Unknown { error } = &ran.outcome
        {
            panic!("at {place}: {} failed in run {}: {error}", ran.kind, ran.attempt);
        }
        drained
    }
}

#[cfg(feature = "asynk")]
impl<'q, Q: TestQueue<crate::mode::Asynk>> IntoFuture for Drain<'q, crate::mode::Asynk, Q> {
    type Output = Drained;
    type IntoFuture = crate::mode::Waiting<'q, Drained>;

    fn into_future(self) -> Self::IntoFuture {
        crate::mode::Asynk::answer(Box::pin(self.ran()) as BoxFuture<'q, Drained>)
    }
}

#[cfg(feature = "blocking")]
impl<Q: TestQueue<crate::mode::Blocking>> Drain<'_, crate::mode::Blocking, Q> {
    /// Runs the tasks.
    ///
    /// # Panics
    /// See [`drain`].
    pub fn run(self) -> Drained {
        crate::mode::Blocking::answer(Box::pin(self.ran()) as BoxFuture<'_, Drained>)
    }
}

impl<M, Q> fmt::Debug for Drain<'_, M, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("rules", &self.rules).finish_non_exhaustive()
    }
}
