use super::{PayloadError, ScheduleError, StoreError};
use uuid::Uuid;

/// Why a call of a queue or pool failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The task cannot be saved as it is.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The schedule cannot be followed.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// A duplicate exists, and the insert asked for an error then. See
    /// [`Unique::or_error`](crate::Unique::or_error).
    #[error("a duplicate exists (task {id}); wait for it or remove it")]
    NotUnique {
        /// The id of the duplicate.
        id: Uuid,
    },
    /// The queue has not been connected.
    #[error("the queue is not connected; call connect(tls) before its first use")]
    NotConnected,
    /// The lease is so short that healthy pools would be declared dead.
    #[error(
        "the lease must have at least three beats (dead_after >= 3 * beat_every > 0) and max_crashes of 1 or more"
    )]
    Lease,
    /// Two kinds of tasks have the same name.
    #[error(
        "two kinds of tasks are called {kind:?}; give one of them another name with #[fang::task(kind = \"..\")] \
         or #[typetag::serde(name = \"..\")]"
    )]
    SameKind {
        /// The name.
        kind: String,
    },
    /// The process cannot listen for signals of the operating system.
    #[error("signals cannot be waited for; use run_until with a signal of your own")]
    Signals(#[source] std::io::Error),
    /// A run tried to save its result, but has lost its claim.
    #[error(
        "this run has lost its claim, and its task may run elsewhere; roll the transaction back, so that its work is not done twice"
    )]
    ClaimLost,
    /// A run tried to save its result in a transaction, but does not run from a queue in Postgres.
    #[error(
        "only a task that runs from a queue in Postgres can finish within a transaction; return Ok instead"
    )]
    NoTables,
    /// The task types of a pool are not valid: two have the same name, or one has a weight of 0.
    #[error(
        "the task types of a pool need names of their own and weights of 1 or more; look at {task_type:?}"
    )]
    TaskTypes {
        /// The first that is not valid.
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
    /// A [`Run`](crate::Run) that was made without a queue cannot insert tasks.
    #[error("this run has no queue; make it by `queue.as_run()`")]
    NoQueue,
    /// An async task has to await its inserts.
    #[error("`blocking_insert` is for blocking tasks; await `run.insert(task)`")]
    MustAwait,
    /// The pool has no workers.
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
