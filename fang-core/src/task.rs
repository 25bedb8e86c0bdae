//! The row of a task, as it is in the table.

use crate::failure::Failure;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The default task type.
pub const DEFAULT_TASK_TYPE: &str = "common";

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FangTaskState {
    /// Waiting for its first run.
    New,
    /// Claimed by a worker.
    InProgress,
    /// Failed for good: no retries are left, it was cancelled, or it can never run.
    Failed,
    /// Ran successfully. The row is kept only under
    /// [`RetentionMode::KeepAll`](crate::RetentionMode::KeepAll).
    Finished,
    /// Waiting for its next run, after a failure or because its pool gave it back.
    Retried,
}

impl FangTaskState {
    /// The label of this state in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in_progress",
            Self::Failed => "failed",
            Self::Finished => "finished",
            Self::Retried => "retried",
        }
    }

    /// The state with this label of the database, if there is one.
    pub fn from_label(label: &str) -> Option<Self> {
        [Self::New, Self::InProgress, Self::Failed, Self::Finished, Self::Retried]
            .into_iter()
            .find(|state| state.as_str() == label)
    }

    /// Whether a task in this state waits or runs.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::New | Self::InProgress | Self::Retried)
    }

    /// Whether a task in this state waits to be claimed.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::New | Self::Retried)
    }
}

/// The workers that may claim a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Mode {
    /// Both modes: a row of fang 0.9 to 0.11, or written by hand, which names no mode.
    Any = 0,
    /// Tokio tasks: an [`AsyncRunnable`](crate::AsyncRunnable).
    Asynk = 1,
    /// OS threads: a [`Runnable`](crate::Runnable).
    Blocking = 2,
}

impl Mode {
    /// The mode with this number of the database, if there is one.
    pub fn from_number(number: i16) -> Option<Self> {
        [Self::Any, Self::Asynk, Self::Blocking].into_iter().find(|mode| *mode as i16 == number)
    }
}

/// How urgent a task is among the tasks of its type. Defaults to [`Priority::Normal`].
///
/// Due tasks that are more urgent start first. One claim in sixteen begins with the least urgent, so that no
/// priority waits for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Priority {
    /// Before all others.
    Urgent = 0,
    /// Before normal tasks.
    High = 1,
    /// The default.
    #[default]
    Normal = 2,
    /// After all others.
    Low = 3,
}

impl Priority {
    /// All priorities, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// The priority with this number of the database, or the nearest one.
    pub fn from_number(number: i16) -> Self {
        Self::ALL.into_iter().find(|priority| *priority as i16 >= number).unwrap_or(Self::Low)
    }
}

/// The row of a task in the store.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// Made by the client (UUID version 7, RFC 9562), so that repeating an insert cannot double the task
    /// while its row exists.
    pub id: Uuid,
    /// The serialized struct; its `type` is the kind. JSON that Rust cannot read (a number too large, nesting
    /// too deep) is kept as a string.
    pub metadata: serde_json::Value,
    /// The error of the last run that failed.
    pub error_message: Option<String>,
    /// The state.
    pub state: FangTaskState,
    /// The task type, which other libraries call a queue name. Pools serve task types.
    pub task_type: String,
    /// The hash that keeps duplicates of a unique task out while it is alive.
    pub uniq_hash: Option<String>,
    /// How many runs have failed.
    pub retries: i32,
    /// The instant at which the task becomes due.
    pub scheduled_at: DateTime<Utc>,
    /// When it was inserted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// The workers that may claim it.
    pub mode: Mode,
    /// How urgent it is among its type.
    pub priority: Priority,
    /// How often it was claimed. A result is saved only for the latest claim.
    pub lease: i32,
    /// How often the process that ran it died.
    pub crashes: i16,
    /// How often it is run again after a failure, if its insert set that.
    pub max_retries: Option<i32>,
    /// Tags to find it by.
    pub tags: Vec<String>,
    /// The last failures, the newest last.
    pub failures: Vec<Failure>,
}

// Payloads stay out of logs, so `metadata` is not shown; neither is the error, which may quote it.
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id)
            .field("task_type", &self.task_type)
            .field("state", &self.state)
            .field("mode", &self.mode)
            .field("priority", &self.priority)
            .field("retries", &self.retries)
            .field("crashes", &self.crashes)
            .field("lease", &self.lease)
            .field("scheduled_at", &self.scheduled_at)
            .finish_non_exhaustive()
    }
}

/// Reads a payload as [`Task::metadata`] keeps it.
pub fn read_metadata(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_else(|_| serde_json::Value::String(json.to_owned()))
}

impl Task {
    /// A new row with this payload and the defaults of the table. For the authors of stores.
    pub fn new(id: Uuid, metadata: serde_json::Value) -> Self {
        Self {
            id,
            metadata,
            error_message: None,
            state: FangTaskState::New,
            task_type: DEFAULT_TASK_TYPE.to_owned(),
            uniq_hash: None,
            retries: 0,
            scheduled_at: DateTime::UNIX_EPOCH,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            mode: Mode::Any,
            priority: Priority::default(),
            lease: 0,
            crashes: 0,
            max_retries: None,
            tags: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// The kind: the name under which the struct is registered, if the payload has one.
    pub fn kind(&self) -> Option<&str> {
        self.metadata.get("type").and_then(|kind| kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_comes_back_from_its_label() {
        for label in ["new", "in_progress", "failed", "finished", "retried"] {
            assert_eq!(FangTaskState::from_label(label).unwrap().as_str(), label);
        }
        assert_eq!(FangTaskState::from_label("paused"), None);
    }

    #[test]
    fn a_priority_out_of_range_becomes_the_nearest() {
        let numbers = [-7, 0, 1, 2, 3, 99];
        let read: Vec<i16> = numbers.map(|n| Priority::from_number(n) as i16).to_vec();
        assert_eq!(read, [0, 0, 1, 2, 3, 3]);
    }
}
