use fang_engine::Event;
use fang_engine::parts::drain;
use std::time::Duration;
use uuid::Uuid;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The task succeeded.
    Finished,
    /// The run failed: it returned an error or panicked, or its payload could not be decoded.
    Failed {
        /// Why.
        error: String,
        /// How long the task waits before it runs again. `None` if it has failed for good.
        retry_after: Option<Duration>,
    },
    /// The run was dropped because it exceeded its timeout, or failed after that.
    TimedOut {
        /// Why.
        error: String,
        /// How long the task waits before it runs again. `None` if it has failed for good.
        retry_after: Option<Duration>,
    },
    /// The task asked to run again later, by `run.snooze(..)`.
    Snoozed {
        /// How long it waits.
        after: Duration,
    },
    /// The task was cancelled, by itself or from outside.
    Cancelled {
        /// The error message of its row. If it cancelled itself, it has its reason.
        reason: String,
    },
    /// The task did not run, since it had [expired](fang_core::NewTask::expires).
    Expired {
        /// The error message of its row.
        error: String,
    },
    /// The task did not run, since this program does not know its kind or has older fields for it. It waits for
    /// another program.
    Unknown {
        /// Why it did not run.
        error: String,
    },
    /// The result was dropped, since the row of the task was removed while it ran.
    Dropped,
}

impl Outcome {
    /// Whether the task succeeded.
    pub fn is_finished(&self) -> bool {
        *self == Self::Finished
    }

    /// The error of a run that failed, timed out or did not take place, and the reason of a cancellation.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed { error, .. }
            | Self::TimedOut { error, .. }
            | Self::Expired { error }
            | Self::Unknown { error } => Some(error),
            Self::Cancelled { reason } => Some(reason),
            Self::Finished | Self::Snoozed { .. } | Self::Dropped => None,
        }
    }

    fn failed(timed_out: bool, error: &str, retry_after: Option<Duration>) -> Self {
        let error = error.to_owned();
        match timed_out {
            true => Self::TimedOut { error, retry_after },
            false => Self::Failed { error, retry_after },
        }
    }
}

/// A run of a task, and how it ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Ran {
    /// The id of the task.
    pub id: Uuid,
    /// The kind: the name of its function or struct.
    pub kind: String,
    /// The payload, with the kind as `type`.
    pub payload: serde_json::Value,
    /// The task type.
    pub task_type: String,
    /// The number of the run, counted from 1.
    pub attempt: u32,
    /// Whether it exceeded its timeout. A blocking run that does so and then succeeds is [`Finished`](Outcome::Finished).
    pub timed_out: bool,
    /// How it ended.
    pub outcome: Outcome,
}

impl From<drain::Ran> for Ran {
    fn from(ran: drain::Ran) -> Self {
        let drain::Ran { id, payload, task_type, attempt, timed_out, end } = ran;
        let outcome = match end {
            Some(Event::Finished { .. }) => Outcome::Finished,
            Some(Event::Retried { error, delay, .. }) => Outcome::failed(timed_out, &error, Some(delay)),
            Some(Event::Failed { error, .. }) => Outcome::failed(timed_out, &error, None),
            Some(Event::Snoozed { delay, .. }) => Outcome::Snoozed { after: delay },
            Some(Event::Cancelled { reason, .. }) => Outcome::Cancelled { reason: reason.to_string() },
            Some(Event::Expired { error, .. }) => Outcome::Expired { error: error.to_string() },
            Some(Event::UnknownKind { error, .. }) => Outcome::Unknown { error: error.to_string() },
            _ => Outcome::Dropped,
        };
        let payload = fang_core::task::read_metadata(&payload);
        let kind = payload.get("type").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
        Self { id, kind, payload, task_type: task_type.to_string(), attempt, timed_out, outcome }
    }
}
