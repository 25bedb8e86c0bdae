use super::micros;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of one run. It is saved only if the claim still stands: the task is in progress, claimed by
/// this worker, under this lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The id of the task.
    pub id: Uuid,
    /// The number of the claim under which the task ran, as [`Claimed::lease`](super::Claimed::lease).
    pub lease: i32,
    /// The change to the row.
    pub verdict: Verdict,
    /// How long the row of a task that has ended is kept, in place of [`Prune::older_than`](super::Prune::older_than).
    /// `None` if its kind does not say. It has no effect on a task that runs again, or whose row is removed.
    pub keep: Option<Duration>,
}

/// The change to the row of a task when its run is over.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Delete the row.
    Remove,
    /// Keep the row, in the state `Finished`.
    Keep,
    /// The run failed. The task runs again, and a retry is charged: `retries` grows by one.
    Retry {
        /// The wait before the next run.
        delay: Duration,
        /// The error.
        error: String,
    },
    /// The task fails for good. Keep the row, in the state `Failed`.
    Fail {
        /// The error.
        error: String,
    },
    /// The task runs again and no retry is charged: its run was not begun, was interrupted, or called
    /// `snooze`.
    Release {
        /// The wait before the next run.
        delay: Duration,
        /// Whether its run was begun: then it no longer expires.
        has_begun: bool,
    },
    /// The task waits for another program or pool, since this one does not know or does not run its kind. No
    /// retry is charged. The store notes when this happened first, for
    /// [`Claimed::unknown_for`](super::Claimed::unknown_for).
    Unknown {
        /// The wait before the next run.
        delay: Duration,
        /// An error that names the kind.
        error: String,
    },
}

impl Verdict {
    /// Whether the task stays due at the same instant as before its claim, since it is released without a
    /// delay.
    pub fn keeps_its_place(&self) -> bool {
        matches!(self, Self::Release { delay, .. } if micros(*delay) == 0)
    }

    /// Whether the task may still [expire](crate::NewTask::expires): it waits again, and no run of it was begun.
    pub fn may_expire(&self) -> bool {
        matches!(self, Self::Release { has_begun: false, .. } | Self::Unknown { .. })
    }

    /// A number for the verdict, for the SQL of stores.
    pub fn code(&self) -> i16 {
        match self {
            Self::Remove => 0,
            Self::Keep => 1,
            Self::Retry { .. } => 2,
            Self::Fail { .. } => 3,
            Self::Release { has_begun: false, .. } => 4,
            Self::Unknown { .. } => 5,
            Self::Release { has_begun: true, .. } => 6,
        }
    }

    /// The wait before the next run, if the task runs again.
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Retry { delay, .. } | Self::Release { delay, .. } | Self::Unknown { delay, .. } => {
                Some(*delay)
            }
            Self::Remove | Self::Keep | Self::Fail { .. } => None,
        }
    }

    /// The error, if the task failed.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Retry { error, .. } | Self::Fail { error } | Self::Unknown { error, .. } => Some(error),
            Self::Remove | Self::Keep | Self::Release { .. } => None,
        }
    }
}

// The error may quote a payload, so it stays out of logs.
impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Remove => "Remove",
            Self::Keep => "Keep",
            Self::Retry { .. } => "Retry",
            Self::Fail { .. } => "Fail",
            Self::Release { .. } => "Release",
            Self::Unknown { .. } => "Unknown",
        };
        match self.delay() {
            Some(delay) => write!(f, "{name}({delay:?})"),
            None => f.write_str(name),
        }
    }
}
