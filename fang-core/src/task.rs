//! The row of a task, as it is in the table.

use crate::failure::Failure;
use crate::options::Headers;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The default task type.
pub const DEFAULT_TASK_TYPE: &str = "common";

/// The state of a task. A short task may run without a change of its row while many wait: it then looks `New`
/// or `Retried` while it runs. See `lock_claims` of the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FangTaskState {
    /// Waiting, and no run has failed yet.
    New,
    /// Claimed by a pool: it runs, or is about to run.
    InProgress,
    /// Failed for good: no retries are left, it was cancelled, its payload cannot be read, or its process
    /// died too often. `retry_task` makes it run again.
    Failed,
    /// Ran successfully. The row is kept only under
    /// [`RetentionMode::KeepAll`](crate::RetentionMode::KeepAll).
    Finished,
    /// Waiting for its next run: after a failure, after `retry_task`, or because its process died.
    Retried,
}

impl FangTaskState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::New, Self::InProgress, Self::Failed, Self::Finished, Self::Retried];

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
        Self::ALL.into_iter().find(|state| state.as_str() == label)
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

/// The mode of a task: the workers that may run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Mode {
    /// Workers of both modes. Only rows that name no mode have this: those of fang 0.9 to 0.11, and those
    /// written by hand.
    Any = 0,
    /// The async mode, on tokio tasks. The task is an [`AsyncRunnable`](crate::AsyncRunnable).
    Asynk = 1,
    /// The blocking mode, on OS threads. The task is a [`Runnable`](crate::Runnable).
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
/// Among the due tasks of a type, the more urgent ones start first. One claim in sixteen begins with the
/// least urgent ones, so that they are never kept waiting for ever.
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

/// A task as it is saved in the store. Queues return it; its `Debug` output shows no payload and no errors.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The id, made by the queue before the insert (UUID version 7, RFC 9562). A repeated insert with the
    /// same id does not insert the task twice while its row exists.
    pub id: Uuid,
    /// The payload: the struct as JSON, with its kind as `type`. JSON that Postgres accepts and Rust cannot
    /// read (a number too large, nesting too deep) is given as one string.
    pub metadata: serde_json::Value,
    /// The last error: that of a failed run, `cancelled`, or the reason why the task could not run. `None` if
    /// there was none, and after a success.
    pub error_message: Option<String>,
    /// The state.
    pub state: FangTaskState,
    /// The task type, which other libraries call a queue name. Pools serve task types.
    pub task_type: String,
    /// The hash that keeps duplicates out while the task waits or runs. `None` if the task is not unique, is
    /// unique within a period, or is unique until started and was claimed.
    pub uniq_hash: Option<String>,
    /// How many runs have failed since the insert or the last `retry_task`. Crashes of the process do not
    /// count.
    pub retries: i32,
    /// The instant at which the task becomes due, or became due for its last run.
    pub scheduled_at: DateTime<Utc>,
    /// When the task was inserted, by the clock of the store.
    pub created_at: DateTime<Utc>,
    /// When the row last changed. The age of an ended task is counted from here: see `prune_after` of the
    /// pools.
    pub updated_at: DateTime<Utc>,
    /// The mode: the workers that may run the task.
    pub mode: Mode,
    /// How urgent the task is among the tasks of its type.
    pub priority: Priority,
    /// The number of the latest claim, counted from 1; 0 if the task was never claimed. Results of earlier
    /// claims are refused.
    pub lease: i32,
    /// How many times its process died while the task ran. At `max_crashes` of the lease (3 by default) the
    /// task fails.
    pub crashes: i16,
    /// How many times the task runs again after failures. `None` if its insert did not say: its struct
    /// decides.
    pub max_retries: Option<i32>,
    /// Its tags. [`Filter::tag`](crate::store::Filter::tag) lists the tasks that have one.
    pub tags: Vec<String>,
    /// Values that travel with it beside its payload, by their names. See [`NewTask::header`](crate::NewTask::header).
    pub headers: Headers,
    /// How long the row stays after the task has ended. `None` if its insert did not say: its kind or the pool decides.
    pub keep: Option<Duration>,
    /// The last ten failures, the newest last. Failures before the last `retry_task` are kept too.
    pub failures: Vec<Failure>,
    /// The instant at which the task [expires](crate::NewTask::expires): if no pool has claimed it by then, it is not
    /// run. `None` if it never expires, or since its first run has ended.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when the row of an ended task is kept. `None` if its struct does not [say](crate::Runnable::keep), so that
    /// the pools decide.
    pub keep_until: Option<DateTime<Utc>>,
    /// The JSON of the payload, where `metadata` may have lost digits of it.
    pub(crate) exact: Option<Arc<str>>,
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

/// Reads the JSON of a payload as [`Task::metadata`] has it. JSON that cannot be read becomes one string. For
/// the authors of stores.
pub fn read_metadata(json: &str) -> serde_json::Value {
    serde_json::from_str(json).unwrap_or_else(|_| serde_json::Value::String(json.to_owned()))
}

/// The JSON, if it may have a number that loses digits when it is read: one of more than 15 characters, or with an
/// exponent. A text that looks so costs a copy, and nothing else.
fn exact(json: &str) -> Option<Arc<str>> {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b".eE+-".contains(byte);
    let mut runs = json.as_bytes().split(|byte| !is_part(byte));
    let is_long =
        |run: &[u8]| run.len() > 15 || (run.len() > 2 && run.iter().any(|byte| b"eE".contains(byte)));
    runs.any(|run| run.iter().any(u8::is_ascii_digit) && is_long(run)).then(|| json.into())
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
            headers: Headers::new(),
            keep: None,
            failures: Vec::new(),
            expires_at: None,
            keep_until: None,
            exact: None,
        }
    }

    /// A new row with the payload that this JSON is, as [`new`](Self::new) makes it. For the authors of stores.
    pub fn read(id: Uuid, json: &str) -> Self {
        Self { exact: exact(json), ..Self::new(id, read_metadata(json)) }
    }

    /// The JSON of the payload, with all digits of its numbers. In [`metadata`](Self::metadata), numbers beyond 64 bits
    /// and numbers with more than 17 digits are rounded.
    pub fn payload(&self) -> Cow<'_, str> {
        self.exact.as_deref().map_or_else(|| Cow::Owned(self.metadata.to_string()), Cow::Borrowed)
    }

    /// The task with only the kind of its payload.
    pub(crate) fn without_payload(self) -> Self {
        let kind = self.metadata.get("type").map(|kind| ("type".to_owned(), kind.clone()));
        Self { metadata: serde_json::Value::Object(kind.into_iter().collect()), exact: None, ..self }
    }

    /// The kind: the name of the struct. `None` if the payload names none.
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
    fn a_payload_keeps_all_digits_of_its_numbers() {
        for json in
            ["123456789012345678901234567890", "0.1234567890123456789", "[1, 98765432109876543210]", "1e400"]
        {
            assert_eq!(Task::read(Uuid::nil(), json).payload(), json);
        }
        let plain = Task::read(Uuid::nil(), r#"{"type": "Mail", "user": 7}"#);
        assert_eq!((plain.exact.is_none(), &*plain.payload()), (true, r#"{"type":"Mail","user":7}"#));
        let long = Task::read(Uuid::nil(), r#"{"type":"Mail","n":98765432109876543210}"#);
        assert_eq!(long.without_payload().payload(), r#"{"type":"Mail"}"#);
    }

    #[test]
    fn a_priority_out_of_range_becomes_the_nearest() {
        let numbers = [-7, 0, 1, 2, 3, 99];
        let read: Vec<i16> = numbers.map(|n| Priority::from_number(n) as i16).to_vec();
        assert_eq!(read, [0, 0, 1, 2, 3, 3]);
    }
}
