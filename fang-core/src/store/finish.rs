use super::micros;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The result of one run, to be saved if the claim still stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Which task.
    pub id: Uuid,
    /// The claim under which it ran; a later one makes this result stale.
    pub lease: i32,
    /// What to write.
    pub verdict: Verdict,
}

/// What to write for a task whose run is over.
#[derive(Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The row goes.
    Remove,
    /// The row stays as finished.
    Keep,
    /// It failed and runs again.
    Retry {
        /// How long from now.
        delay: Duration,
        /// Why it failed.
        error: String,
    },
    /// It failed for good and stays.
    Fail {
        /// Why.
        error: String,
    },
    /// It runs again and nothing is charged: it was not run, or asked for more time.
    Release {
        /// How long from now.
        delay: Duration,
    },
    /// Nobody here knows its kind: another program may. Nothing is charged.
    Unknown {
        /// How long from now.
        delay: Duration,
        /// Which kind.
        error: String,
    },
}

impl Verdict {
    /// Whether the task is due again where it was before it was claimed: it was handed back.
    pub fn keeps_its_place(&self) -> bool {
        matches!(self, Self::Release { delay } if micros(*delay) == 0)
    }

    /// Its number in the SQL of the stores.
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

    /// How long the task waits, if it runs again.
    pub fn delay(&self) -> Option<Duration> {
        match self {
            Self::Retry { delay, .. } | Self::Release { delay } | Self::Unknown { delay, .. } => Some(*delay),
            Self::Remove | Self::Keep | Self::Fail { .. } => None,
        }
    }

    /// Why it failed, if it did.
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
