use super::{FangError, PayloadError, ScheduleError, StoreError};
use uuid::Uuid;

/// Why a call of a queue or pool failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The task cannot be saved as it is.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The schedule of the task is missing or cannot be followed.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The store could not do what it was asked.
    #[error(transparent)]
    Store(StoreError),
    /// The task has a duplicate and was inserted with [`Unique::or_error`](crate::Unique::or_error). It was
    /// not saved.
    #[error("a duplicate exists (task {id}); wait for it or remove it")]
    NotUnique {
        /// The id of the duplicate.
        id: Uuid,
    },
    /// The queue is not connected: `connect(tls)` was not called on an `AsyncQueue` with TLS, or a blocking
    /// `Queue` has neither `uri` nor `connection_pool`.
    #[error(
        "the queue is not connected; call connect(tls) before its first use, or give a blocking queue its uri or connection_pool"
    )]
    NotConnected,
    /// The `Lease` of a pool is not valid: it has fewer than three beats, so that healthy pools would be
    /// declared dead, or `max_crashes` is less than 1.
    #[error(
        "the lease must have at least three beats (dead_after >= 3 * beat_every > 0) and max_crashes of 1 or more"
    )]
    Lease,
    /// Two tasks of the program, structs or functions, have the same kind, so a pool could not tell their tasks apart.
    #[error(
        "two kinds of tasks are called {kind:?}; give one of them another name with #[fang::task(kind = \"..\")] \
         or #[typetag::serde(name = \"..\")]"
    )]
    SameKind {
        /// The kind that they share.
        kind: String,
    },
    /// The process cannot listen for signals of the operating system.
    #[error("signals cannot be waited for; use run_until with a signal of your own")]
    Signals(#[source] std::io::Error),
    /// `finish_in` was called by a run that has lost its claim, for example because its process was silent
    /// for longer than its lease.
    #[error(
        "this run has lost its claim, and its task may run elsewhere; roll the transaction back, so that its work is not done twice"
    )]
    ClaimLost,
    /// `finish_in` was called outside of a run, or by a run whose queue is not in Postgres.
    #[error(
        "only a task whose row is in Postgres can finish within a transaction; run it from a queue in Postgres, \
         and in a test perform it on one: perform(task).on(&db.queue())"
    )]
    NoTables,
    /// The `task_types` of a pool are not valid: one is named twice, or has the weight 0.
    #[error(
        "the task types of a pool need names of their own and weights of 1 or more; look at {task_type:?}"
    )]
    TaskTypes {
        /// The first one that is not valid.
        task_type: String,
    },
    /// A task takes a value that its pool lacks.
    #[error(
        "the task {kind:?} takes a State<{state}>, which the pool that serves {task_type:?} lacks; \
         add `.state(value)` to the builder of the pool"
    )]
    NoState {
        /// The kind of the task.
        kind: &'static str,
        /// The task type of the task.
        task_type: &'static str,
        /// The type of the value.
        state: &'static str,
    },
    /// The `before_insert` of the queue refused the task.
    #[error("the application refused the task before its insert: {0}")]
    Refused(#[source] FangError),
    /// A [`Run`](crate::Run) that was made without a queue cannot insert tasks.
    #[error("this run has no queue; make it by `queue.as_run()`")]
    NoQueue,
    /// An async task has to await its inserts.
    #[error("`blocking_insert` is for blocking tasks; await `run.insert(task)`")]
    MustAwait,
    /// An async pool was started outside of a tokio runtime.
    #[error("an async pool runs on tokio; start it within a runtime, as that of #[tokio::main]")]
    NoRuntime,
    /// The `number_of_workers` of a pool is 0.
    #[error("a pool needs at least one worker; set number_of_workers to 1 or more")]
    NoWorkers,
}

impl From<StoreError> for QueueError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotUnique { id } => Self::NotUnique { id },
            error => Self::Store(error),
        }
    }
}

impl From<serde_json::Error> for QueueError {
    fn from(error: serde_json::Error) -> Self {
        Self::Payload(error.into())
    }
}
