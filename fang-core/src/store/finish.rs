use super::micros;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of a run. It is saved only if the claim still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The id of the task.
    pub id: Uuid,
    /// The number of the claim under which the task ran. After a later claim, this result is stale.
    pub lease: i32,
    /// The change to the row.
    pub verdict: Verdict,
}

/// The change to the row of a task whose run is over.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Removes the row.
    Remove,
    /// Keeps the row as finished.
    Keep,
    /// Runs the task again after a failure.
    Retry {
        /// The wait before the next run.
        delay: Duration,
        /// The error.
        error: String,
    },
    /// Keeps the row as failed for good.
    Fail {
        /// The error.
        error: String,
    },
    /// Runs the task again without charging a retry, because it was not run or was snoozed.
    Release {
        /// The wait before the next run.
        delay: Duration,
    },
    /// Runs the task again without charging a retry, because its kind is unknown to this program but another
    /// may know it.
    Unknown {
        /// The wait before the next run.
        delay: Duration,
        /// An error that names the kind.
        error: String,
    },
}

impl Verdict {
    /// Whether the task is released without a wait, so that it is due again at its old place in the ready
    /// index.
    pub fn keeps_its_place(&self) -> bool {
        matches!(self, Self::Release { delay } if micros(*delay) == 0)
    }

    /// The number in the SQL of the stores.
    pub fn code(&self) -> i16 {
        match self {
            Self::Remove => 0,
            Self::Keep => 1,
            Self::Retry { .. } => 2,
            Self::Fail { .. } => 3,
            Self::Release { .. } => 4,
            Self::Unknown { .. } => 5,
        }
    }

    /// The wait before the next run, if the task runs again.
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Retry { delay, .. } | Self::Release { delay } | Self::Unknown { delay, .. } => Some(*delay),
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
