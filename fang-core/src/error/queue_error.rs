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
