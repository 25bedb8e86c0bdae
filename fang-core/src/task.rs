//! The row: what the table says about one task.

use crate::failure::Failure;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// The task type of tasks that name no other.
pub const DEFAULT_TASK_TYPE: &str = "common";

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FangTaskState {
    /// Waiting for its first run.
    New,
    /// Claimed by a worker.
    InProgress,
    /// Failed for good: no retries are left, or it can never run.
    Failed,
    /// Ran successfully and was kept.
    Finished,
    /// Failed or was handed back, and waits for its next run.
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

    /// The state behind a label of the database, if it is one.
    pub fn from_label(label: &str) -> Option<Self> {
        [Self::New, Self::InProgress, Self::Failed, Self::Finished, Self::Retried]
            .into_iter()
            .find(|state| state.as_str() == label)
    }

    /// Whether a task in this state will still run, or runs now.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::New | Self::InProgress | Self::Retried)
    }

    /// Whether a task in this state waits to be claimed.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::New | Self::Retried)
    }
}

/// Which runtime may claim a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Mode {
    /// Either: rows written by fang 0.9 to 0.11, or by hand, which do not say.
    Any = 0,
    /// Tokio tasks: an [`AsyncRunnable`](crate::AsyncRunnable).
    Asynk = 1,
    /// OS threads: a [`Runnable`](crate::Runnable).
    Blocking = 2,
}

impl Mode {
    /// The mode behind the number that the database keeps, if it is one.
    pub fn from_number(number: i16) -> Option<Self> {
        [Self::Any, Self::Asynk, Self::Blocking].into_iter().find(|mode| *mode as i16 == number)
    }
}

/// How urgent a task is among the tasks of its type. Defaults to [`Priority::Normal`].
///
/// A more urgent task that is due goes first; one claim in sixteen looks at the least urgent
/// first, so that no priority waits for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum Priority {
    /// Before everything else.
    Urgent = 0,
    /// Before normal tasks.
    High = 1,
    /// The default.
    #[default]
    Normal = 2,
    /// When nothing more urgent is due.
    Low = 3,
}

impl Priority {
    /// All priorities, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// The priority behind the number that the database keeps; out of range means the nearest.
    pub fn from_number(number: i16) -> Self {
        Self::ALL.into_iter().find(|priority| *priority as i16 >= number).unwrap_or(Self::Low)
    }
}

/// One task as the store keeps it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// Made by the client (UUID version 7, RFC 9562), so that an insert repeated while its row
    /// is there cannot double it.
    pub id: Uuid,
    /// The serialized struct; its `type` is the kind. JSON that Rust cannot read (a number too
    /// large, nesting too deep) is kept as its text.
    pub metadata: serde_json::Value,
    /// Why the last run failed, if one did.
    pub error_message: Option<String>,
    /// Where the task is in its life.
    pub state: FangTaskState,
    /// What others call a queue name: pools serve task types.
    pub task_type: String,
    /// Set when the task keeps others like it from being inserted, as long as it is alive.
    pub uniq_hash: Option<String>,
    /// How many runs have failed.
    pub retries: i32,
    /// Not started before this instant.
    pub scheduled_at: DateTime<Utc>,
    /// When it was inserted.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Which runtime may claim it.
    pub mode: Mode,
    /// How urgent it is among its type.
    pub priority: Priority,
    /// How often it was ever claimed: the fence against late results.
    pub lease: i32,
    /// How often the process that ran it died.
    pub crashes: i16,
    /// How often it is run again after a failure, if its insert said so.
    pub max_retries: Option<i32>,
    /// Words to find it by.
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
