//! What happens in queues and pools, for listeners of the application.

mod ends;
mod first_names;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "events/no_metrics.rs"]
mod metrics;
mod recorder;
mod subscribers;
mod tallies;
mod task_info;
mod totals;
mod unsaved;
mod wall;

#[cfg(feature = "metrics")]
pub(crate) use first_names::FirstNames;
pub(crate) use metrics::sent;
#[cfg(feature = "metrics")]
pub(crate) use metrics::waits;
pub(crate) use recorder::Recorder;
#[doc(hidden)]
pub use subscribers::Subscribers;
pub use task_info::TaskInfo;
pub(crate) use task_info::{NO_KIND, kind_of};
pub use totals::PoolStats;

use fang_core::Mode;
use fang_core::store::{Verdict, WorkerId};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Something that happened in a queue or a pool. `on_event` of their builders receives it.
///
/// A task that runs once has the events `Claimed`, `Started`, `Ran` and `Finished`, in this order. `Ran` means that the
/// body of the task has returned. The last event means that the result is saved.
///
/// A run has no last event if its result was not saved: it came too late, because the task was removed or belongs to
/// another pool by then, or the database refused every result of the task. In two cases the pool does not know which results
/// came too late. If several rows of a batch with a late result are gone, those tasks have no last event, and
/// `dropped_events` of the pool's stats counts them. If the connection broke before the answer of the database came, the pool
/// sends the results again and takes all for saved: a late one then has a last event too.
///
/// ```
/// use fang_engine::Event;
///
/// fn alert(event: &Event) {
///     if let Event::Failed { task, error, .. } = event {
///         eprintln!("{} {} failed for good: {error}", task.kind, task.id);
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A queue has saved a new task. An insert within a transaction of the application has no such event, since it may
    /// still be rolled back. A task of a cron has `CronFired` instead. Listeners of a queue run on a thread of their own,
    /// so a program that ends right after its insert may lose this event.
    Inserted {
        /// The task.
        task: Arc<TaskInfo>,
    },
    /// A pool has claimed a task.
    Claimed {
        /// The task.
        task: Arc<TaskInfo>,
    },
    /// A run begins.
    Started {
        /// The task.
        task: Arc<TaskInfo>,
    },
    /// The body of a task has returned or panicked, or was dropped because of its timeout or a cancellation. Its result
    /// is not saved yet. If a shutdown drops an async run, it has `HandedBack` instead. A shutdown cannot
    /// stop a blocking run. It gives the task back, which is `HandedBack`, and the run goes on. If it returns before the
    /// process ends, `Ran` follows.
    Ran {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took.
        duration: Duration,
        /// Why it failed, if it did.
        error: Option<Arc<str>>,
    },
    /// A run took longer than its timeout. An async run is dropped: `Ran` comes before this event, and `Retried` or
    /// `Failed` after it. A blocking run is told to end and goes on: `Ran` comes when it has ended.
    TimedOut {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long an async run took, or a blocking one has taken so far.
        duration: Duration,
    },
    /// A task has succeeded, and that is saved. By default that removes its row, together with those of others, by one
    /// statement, which says how many it removed. If one of these tasks was removed while it ran, nothing tells which, and
    /// none of them has this event. To tell, the database would have to return the ids with every statement.
    Finished {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took.
        duration: Duration,
    },
    /// A run has failed, and its task will run again.
    Retried {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took.
        duration: Duration,
        /// How long the task waits for its next run.
        delay: Duration,
        /// Why it failed.
        error: Arc<str>,
    },
    /// A task has failed for good: no retries are left, or a retry could not help.
    Failed {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took. Zero if the task could not be run.
        duration: Duration,
        /// Why it failed.
        error: Arc<str>,
    },
    /// A task has asked to be run again later.
    Snoozed {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took.
        duration: Duration,
        /// How long the task waits for its next run.
        delay: Duration,
    },
    /// A task was cancelled. If a pool had claimed it, that pool has the event. If it waited, the queue that cancelled
    /// it has the event. A waiting task that was cancelled through an `Admin` has none. If a run returns an error after it
    /// was cancelled from outside, only its `Ran` has that error.
    Cancelled {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the run took. Zero if it had not begun.
        duration: Duration,
        /// The error message of its row.
        reason: Arc<str>,
    },
    /// A task was not begun by the time at which it expires, and will not run.
    Expired {
        /// The task.
        task: Arc<TaskInfo>,
        /// The error message of its row.
        error: Arc<str>,
    },
    /// A task waits for another program, because this pool cannot run its kind.
    UnknownKind {
        /// The task.
        task: Arc<TaskInfo>,
        /// How long the task waits before the next try.
        delay: Duration,
        /// Why it cannot be run.
        error: Arc<str>,
    },
    /// A pool that stops or is quiet has given back a task. The task runs again, and no retry is charged. If the
    /// deadline of a shutdown comes before the last claim of the pool has ended, some tasks are given back without an
    /// event.
    HandedBack {
        /// The task.
        task: Arc<TaskInfo>,
    },
    /// A pool has taken a task back from a worker that died: the task runs again. A task whose processes died too often
    /// has `Failed` instead, and one that was cancelled has `Cancelled`.
    Rescued {
        /// The task. Its `attempt` is the number of the run that was interrupted.
        task: Arc<TaskInfo>,
    },
    /// A pool has declared other workers dead, since they were silent for too long.
    WorkersDied {
        /// How many.
        workers: u64,
    },
    /// A pool has started.
    PoolStarted {
        /// The pool.
        pool: Arc<PoolInfo>,
    },
    /// A pool claims no more tasks and waits for those that run.
    PoolStopping {
        /// The pool.
        pool: Arc<PoolInfo>,
    },
    /// A pool has stopped.
    PoolStopped {
        /// The pool.
        pool: Arc<PoolInfo>,
    },
    /// The store does not answer. The pool tries again at least once a second.
    ConnectionLost,
    /// The store answers again.
    ConnectionBack,
    /// A task of a cron was inserted. It is due at the tick, which may be later. A queue has the event of the first
    /// task, when the cron is scheduled, and that of `run_cron`. Pools have the events of all other tasks.
    CronFired {
        /// The name of the cron.
        cron: Arc<str>,
        /// The id of the task.
        task: Uuid,
    },
    /// Ticks of a cron were missed, because no pool ran at that time.
    CronMissed {
        /// The name of the cron.
        cron: Arc<str>,
        /// How many tasks were inserted late, as the `Missed` policy of the cron says.
        caught_up: usize,
    },
}

/// A pool, as events show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolInfo {
    /// The id under which it claims tasks.
    pub worker: WorkerId,
    /// Its mode.
    pub mode: Mode,
    /// The task types that it was given.
    pub task_types: Vec<Arc<str>>,
    /// Whether it serves all others of its mode as well.
    pub all_task_types: bool,
}

/// How the body of a task ended, with the error if it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd<'a> {
    Returned,
    Failed(&'a str),
    TimedOut(&'a str),
    Cancelled,
}

impl Event {
    /// A short name of the event, such as `task.finished`, for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Inserted { .. } => "task.inserted",
            Self::Claimed { .. } => "task.claimed",
            Self::Started { .. } => "task.started",
            Self::Ran { .. } => "task.ran",
            Self::TimedOut { .. } => "task.timed_out",
            Self::Finished { .. } => "task.finished",
            Self::Retried { .. } => "task.retried",
            Self::Failed { .. } => "task.failed",
            Self::Snoozed { .. } => "task.snoozed",
            Self::Cancelled { .. } => "task.cancelled",
            Self::Expired { .. } => "task.expired",
            Self::UnknownKind { .. } => "task.unknown_kind",
            Self::HandedBack { .. } => "task.handed_back",
            Self::Rescued { .. } => "task.rescued",
            Self::WorkersDied { .. } => "workers.died",
            Self::PoolStarted { .. } => "pool.started",
            Self::PoolStopping { .. } => "pool.stopping",
            Self::PoolStopped { .. } => "pool.stopped",
            Self::ConnectionLost => "connection.lost",
            Self::ConnectionBack => "connection.back",
            Self::CronFired { .. } => "cron.fired",
            Self::CronMissed { .. } => "cron.missed",
        }
    }

    /// The task that it is about. `None` for events of pools, connections and crons.
    pub fn task(&self) -> Option<&TaskInfo> {
        self.of_task().map(|task| &**task)
    }

    fn into_task(self) -> Option<Arc<TaskInfo>> {
        self.of_task().cloned()
    }

    fn of_task(&self) -> Option<&Arc<TaskInfo>> {
        match self {
            Self::Inserted { task }
            | Self::Claimed { task }
            | Self::Started { task }
            | Self::Ran { task, .. }
            | Self::TimedOut { task, .. }
            | Self::Finished { task, .. }
            | Self::Retried { task, .. }
            | Self::Failed { task, .. }
            | Self::Snoozed { task, .. }
            | Self::Cancelled { task, .. }
            | Self::Expired { task, .. }
            | Self::UnknownKind { task, .. }
            | Self::HandedBack { task }
            | Self::Rescued { task } => Some(task),
            _ => None,
        }
    }

    /// The last event of a run, with the result that was saved in place of its own: another text, or a failure.
    fn with_result(mut self, refused: &Verdict, saved: &Verdict) -> Option<Self> {
        let text: Arc<str> = saved.error()?.into();
        if refused.code() == saved.code() {
            if let Self::Failed { error, .. }
            | Self::Retried { error, .. }
            | Self::Expired { error, .. }
            | Self::UnknownKind { error, .. }
            | Self::Cancelled { reason: error, .. } = &mut self
            {
                *error = text;
            }
            return Some(self);
        }
        let duration = self.duration().unwrap_or_default();
        Some(Self::Failed { task: self.into_task()?, duration, error: text })
    }

    /// How long the run took, or has taken so far for `TimedOut`. `None` for events that come without a run.
    pub fn duration(&self) -> Option<Duration> {
        match self {
            Self::Ran { duration, .. }
            | Self::TimedOut { duration, .. }
            | Self::Finished { duration, .. }
            | Self::Retried { duration, .. }
            | Self::Failed { duration, .. }
            | Self::Snoozed { duration, .. }
            | Self::Cancelled { duration, .. } => Some(*duration),
            _ => None,
        }
    }

    /// The error of a run that failed, or the reason of a cancellation.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Ran { error, .. } => error.as_deref(),
            Self::Retried { error, .. }
            | Self::Failed { error, .. }
            | Self::Expired { error, .. }
            | Self::UnknownKind { error, .. }
            | Self::Cancelled { reason: error, .. } => Some(error),
            _ => None,
        }
    }
}
