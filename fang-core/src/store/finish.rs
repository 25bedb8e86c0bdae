use super::micros;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of one run. It is saved only if the claim still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// The id of the task.
    pub id: Uuid,
    /// The claim under which the task ran. A later claim makes this result stale.
    pub lease: i32,
    /// The change to the row.
    pub verdict: Verdict,
}

/// What to write for a task when its run is over.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Delete the row.
    Remove,
    /// Keep the row as finished.
    Keep,
    /// Run the task again. It failed, and a retry is charged.
    Retry {
        /// The wait before the next run.
        delay: Duration,
        /// The error.
        error: String,
    },
    /// Fail the task for good and keep the row.
    Fail {
        /// The error.
        error: String,
    },
    /// Run the task again without charging a retry. It was not begun, or it asked for more time.
    Release {
        /// The wait before the next run.
        delay: Duration,
    },
    /// Let another program run the task, since this one does not know its kind. No retry is charged.
    Unknown {
        /// The wait before the next run.
        delay: Duration,
        /// An error that names the kind.
        error: String,
    },
}

impl Verdict {
    /// Whether the task keeps the instant at which it was due before the claim: it was released without a
    /// delay.
    pub fn keeps_its_place(&self) -> bool {
        matches!(self, Self::Release { delay } if micros(*delay) == 0)
    }

    /// The number of the verdict in the SQL of stores.
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
