//! The pool: what an application starts and stops.

mod start;
mod stop;

use crate::backend::Backend;
#[cfg(unix)]
use crate::signals::Signals;
use fang_core::context::State;
use fang_core::kind::Kinds;
use fang_core::pool::{DEFAULT_DEADLINE, Lease, Shutdown};
use fang_core::{QueueError, RetentionMode, SleepParams};
use std::fmt;
use std::time::Duration;
use typed_builder::TypedBuilder;

/// Workers that run the heavy tasks of one task type, or of several, each on a thread of its own. Dropping a pool
/// does not stop its threads; [`shutdown`](Self::shutdown) does.
///
/// ```
/// use fang_blocking::{MemoryQueue, WorkerPool};
/// use fang_core::RetentionMode;
/// let mut pool = WorkerPool::builder()
///     .number_of_workers(3_u32)
///     .queue(MemoryQueue::new())
///     .task_type("sync")
///     .retention_mode(RetentionMode::KeepAll)
///     .build();
/// pool.start()?;
/// let report = pool.shutdown(std::time::Duration::from_secs(5));
/// assert_eq!(report.still_running, 0);
/// # Ok::<(), fang_core::QueueError>(())
/// ```
#[derive(TypedBuilder)]
#[builder(doc, mutators(
    /// Gives every run access to `value` through `queue.context().state::<T>()`; one value of each type.
    pub fn state<T: Send + Sync + 'static>(&mut self, value: T) {
        self.state.insert(value);
    }

    /// Runs tasks of this kind and of those named by further calls, and of no others: for a table into
    /// which others write, who might name any kind that this program knows. Defaults to all kinds.
    pub fn allow_kind(&mut self, kind: impl Into<String>) {
        self.kinds.allow(kind);
    }
))]
pub struct WorkerPool<Q> {
    /// How many tasks run at the same time. At least 1.
    #[builder(setter(into))]
    number_of_workers: u32,
    /// The queue to work for.
    queue: Q,
    /// The lane to work on. Defaults to `"common"`.
    #[builder(default = fang_core::task::DEFAULT_TASK_TYPE.to_owned(), setter(into))]
    task_type: String,
    /// Several lanes to work on instead, each with its weight: while all of them have work, so many tasks of each
    /// start for one of a lane with the weight 1. The share of a lane that has none goes to the others. Defaults to
    /// `task_type` alone.
    #[builder(default, setter(transform = |task_types: impl IntoIterator<Item = (impl Into<String>, u32)>| {
        task_types.into_iter().map(|(name, weight)| (name.into(), weight)).collect()
    }))]
    task_types: Vec<(String, u32)>,
    /// Bounds of the poll that backs up wake-ups. See [`SleepParams`].
    #[builder(default)]
    sleep_params: SleepParams,
    /// What stays in the table. See [`RetentionMode`].
    #[builder(default)]
    retention_mode: RetentionMode,
    /// How far the workers yield the processor to what else runs: it is added to the nice value of their
    /// threads. Defaults to 0: they are as urgent as all others. At 19 they take little more than what
    /// others leave; more counts as 19.
    ///
    /// Only tasks yield, never what claims, saves and beats for them. A thread or a program that a task
    /// starts yields as the task does, and whoever waits for a lock that a task holds waits for longer.
    /// Nor does it reach the database: what its statements cost there, it costs as before.
    ///
    /// On Linux; elsewhere a thread has no nice value of its own, and this has no effect. Where Linux
    /// groups what runs, by containers or by sessions (`kernel.sched_autogroup_enabled`), a nice value
    /// counts within its group: the workers yield to the other threads of their process in any case.
    #[builder(default)]
    niceness: u8,
    /// When a silent process is dead. See [`Lease`].
    #[builder(default)]
    lease: Lease,
    /// Removes finished and failed tasks that are older. Defaults to `None`: they stay.
    #[builder(default, setter(strip_option))]
    prune_after: Option<Duration>,
    /// Whether short tasks of a backlog are held: taken by locks alone, and nothing written until they end. No-op
    /// tasks get through a third faster and more, at less than half the log of the server. Defaults to `true`.
    ///
    /// Held are tasks while runs take less than 10 ms on average and there are more of them than one claim takes; those
    /// that are unique until started, or whose process died before, are not. One that still runs after 200 ms is claimed
    /// in the ordinary way. It takes two connections more, open for as long as there is such a backlog, in each of which a
    /// transaction is open for 200 ms at most; a pool that gets none goes on with ordinary claims.
    ///
    /// What that changes:
    /// - Until it ends, or its 200 ms are over, a held task looks to others as if it waited; whoever cancels, removes,
    ///   retries or reschedules it waits as long.
    /// - Results are saved with those of the tasks that are held together, so up to 200 ms late. When a process dies, the
    ///   tasks that have ended meanwhile run again with those that have not.
    /// - When another server takes over that lacks the last commits, nothing there tells which tasks ran at that
    ///   moment: they run again at once, though they may still run here.
    /// - A task that saves its success in its own transaction (`finish_in`) has to wait for its claim. From the first
    ///   such on, the pool holds no more.
    ///
    /// Has no effect where finished tasks are kept, behind a pooler (`pgbouncer(true)`), on connections of the
    /// application's pool, nor on a queue that is not in Postgres.
    #[builder(default = true)]
    hold_short_tasks: bool,
    #[builder(via_mutators)]
    state: State,
    #[builder(via_mutators)]
    kinds: Kinds,
    #[builder(default, setter(skip))]
    running: Option<start::Running>,
}

impl<Q: Backend> WorkerPool<Q> {
    /// Checks that the database is ready, then starts the workers. A pool that runs goes on as it
    /// is.
    ///
    /// # Errors
    /// [`QueueError::NoWorkers`], [`QueueError::TaskTypes`], [`QueueError::Lease`] or [`QueueError::SameKind`], or [`QueueError::Store`] when the database cannot be reached or
    /// its schema is not up to date.
    pub fn start(&mut self) -> Result<(), QueueError> {
        if self.running.is_none() {
            self.running = Some(self.launch()?);
        }
        Ok(())
    }

    /// Works with so many workers from now on, whether the pool runs or not. More start at once; of those that are
    /// too many, each ends once the task it runs is over, and what was claimed ahead: at most some 10 ms of work.
    ///
    /// ```
    /// # use fang_blocking::{MemoryQueue, WorkerPool};
    /// let builder = WorkerPool::builder().number_of_workers(2_u32).queue(MemoryQueue::new());
    /// let mut pool = builder.task_types([("mail", 3), ("sync", 1)]).build();
    /// pool.start()?;
    /// pool.resize(8)?;
    /// # pool.shutdown(std::time::Duration::from_secs(1));
    /// # Ok::<(), fang_core::QueueError>(())
    /// ```
    ///
    /// # Errors
    /// [`QueueError::NoWorkers`], and the pool goes on as it is; [`QueueError::Store`] when the system has no more threads.
    pub fn resize(&mut self, number_of_workers: u32) -> Result<(), QueueError> {
        if number_of_workers == 0 {
            return Err(QueueError::NoWorkers);
        }
        self.number_of_workers = number_of_workers;
        if let Some(running) = &self.running {
            running.resize(number_of_workers as usize)?;
        }
        Ok(())
    }

    /// Stops claiming, gives back what no worker has begun, waits up to `deadline` for what runs,
    /// and gives back, uncharged, what runs even then: a thread cannot be stopped, so end the process
    /// soon. Returns once all results are saved, at the latest some seconds after the deadline. A
    /// second call returns an empty report at once.
    pub fn shutdown(&mut self, deadline: Duration) -> Shutdown {
        match self.running.take() {
            Some(running) => stop::stop(running, deadline),
            None => Shutdown::default(),
        }
    }

    /// Runs until `signal` returns, then shuts down with a deadline of 25 s.
    ///
    /// ```no_run
    /// # fn example(mut pool: fang_blocking::WorkerPool<fang_blocking::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// let (stop, stopped) = std::sync::mpsc::channel::<()>();
    /// // Give `stop` to a signal handler, such as that of the crate `ctrlc`.
    /// pool.run_until(|| stopped.recv())?;
    /// # drop(stop);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn run_until<T>(&mut self, signal: impl FnOnce() -> T) -> Result<Shutdown, QueueError> {
        self.start()?;
        signal();
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }

    /// Runs until the process is told to stop by SIGTERM or SIGINT, then
    /// shuts down with a deadline of 25 s, in time for those that send SIGKILL after 30, such as
    /// Kubernetes. A second signal ends the process at once.
    ///
    /// ```no_run
    /// # fn example(mut pool: fang_blocking::WorkerPool<fang_blocking::MemoryQueue>) -> Result<(), fang_core::QueueError> {
    /// pool.run_until_signal()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`QueueError::Signals`], or as [`start`](Self::start).
    #[cfg(unix)]
    pub fn run_until_signal(&mut self) -> Result<Shutdown, QueueError> {
        let mut signals = Signals::new().map_err(QueueError::Signals)?;
        self.start()?;
        signals.next();
        log::info!("told to stop; a second signal ends the process at once");
        signals.exit_at_the_next();
        Ok(self.shutdown(DEFAULT_DEADLINE))
    }
}

impl<Q: fmt::Debug> fmt::Debug for WorkerPool<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerPool")
            .field("number_of_workers", &self.number_of_workers)
            .field("queue", &self.queue)
            .field("task_type", &self.task_type)
            .field("is_running", &self.running.is_some())
            .finish_non_exhaustive()
    }
}
