use super::{PayloadError, ScheduleError, StoreError};
use uuid::Uuid;

/// Why a queue could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The task itself cannot be saved.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Its schedule cannot be followed.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// A task like it is there, and the insert was told to fail then: see
    /// [`Unique::or_error`](crate::Unique::or_error).
    #[error("task {id} is there and is the same; wait until it no longer counts, or remove it")]
    NotUnique {
        /// The one that is there.
        id: Uuid,
    },
    /// The queue has not been connected.
    #[error("the queue is not connected; call connect(tls) before its first use")]
    NotConnected,
    /// A lease under which a healthy pool would be declared dead.
    #[error(
        "the lease must have at least three beats (dead_after >= 3 * beat_every > 0) and max_crashes of 1 or more"
    )]
    Lease,
    /// Two kinds of tasks that cannot be told apart.
    #[error(
        "two kinds of tasks are called {kind:?}; give one of them another name with #[typetag::serde(name = \"..\")]"
    )]
    SameKind {
        /// The name.
        kind: String,
    },
    /// The signals of the operating system cannot be heard.
    #[error("signals cannot be waited for; use run_until with a signal of your own")]
    Signals(#[source] std::io::Error),
    /// A result was to be saved by its run, whose claim no longer stands.
    #[error(
        "this run no longer holds its task, which may run elsewhere; roll the transaction back, so that nothing is done twice"
    )]
    ClaimLost,
    /// A result was to be saved by its run, and there is no place for it.
    #[error(
        "only a task that runs from a queue in Postgres can finish within a transaction; return Ok instead"
    )]
    NoTables,
    /// Task types that make no pool.
    #[error(
        "the task types of a pool need names of their own and weights of 1 or more; look at {task_type:?}"
    )]
    TaskTypes {
        /// The first that has not.
        task_type: String,
    },
    /// A number of workers that makes no pool.
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
        Self::Payload(PayloadError::Serialize(error))
    }
}
