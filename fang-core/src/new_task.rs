//! What to insert: a task that is not yet in the store.

mod plan;
mod row;
mod saved;

use crate::error::PayloadError;
use crate::kind;
use crate::notify::Notice;
use crate::options::Options;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::store::{InsertOutcome, Inserted};
use crate::task::{Mode, Priority, read_metadata};
use crate::unique::{self, Replace, Unique};
use chrono::{DateTime, Utc};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

pub use plan::Plan;
pub use row::NewRow;

/// The largest payload that a queue takes unless told otherwise, in bytes of JSON.
pub const DEFAULT_MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// The longest task type, in bytes: it is a key of an index and travels in notifications.
pub const MAX_TASK_TYPE_BYTES: usize = 255;

/// When a task becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At once, or after a delay that the clock of the store measures.
    After(Duration),
    /// At an instant of the application's choice.
    At(DateTime<Utc>),
}

impl Due {
    /// Whether a task inserted now may be claimed now: an instant may be past, and only the clock of
    /// the store knows.
    pub fn may_be_now(self) -> bool {
        !matches!(self, Self::After(delay) if !delay.is_zero())
    }

    /// The notice that pools get of its task. An instant may as well be due in a moment, by a clock that differs a little,
    /// and no notification follows then.
    pub fn notice(self) -> Notice {
        match self {
            Self::After(_) => Notice::Single,
            Self::At(_) => Notice::Burst,
        }
    }
}

/// A task to insert: the serialized struct, and what overrides the choices of its type.
///
/// ```
/// use fang_core::{AsyncQueueable, AsyncRunnable, FangError, NewTask, Priority, async_trait, typetag};
/// use serde::{Deserialize, Serialize};
/// use std::time::Duration;
///
/// #[derive(Serialize, Deserialize)]
/// struct Greet;
///
/// # #[async_trait]
/// # #[typetag::serde]
/// # impl AsyncRunnable for Greet {
/// #     async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> { Ok(()) }
/// # }
/// let task = NewTask::asynk(&Greet)?.priority(Priority::High).delay(Duration::from_secs(60));
/// # Ok::<(), fang_core::PayloadError>(())
/// ```
#[derive(Clone)]
#[must_use = "a task runs only once it has been inserted"]
pub struct NewTask {
    /// Made by the client, so that an insert that is repeated cannot double the task as long
    /// as its row is there. The queue sets it.
    pub(crate) id: Uuid,
    /// The JSON of the struct, with its kind as `type`.
    pub(crate) metadata: String,
    /// The task type.
    pub(crate) task_type: String,
    /// Which runtime may claim it.
    pub(crate) mode: Mode,
    /// How urgent it is among its type.
    pub(crate) priority: Priority,
    /// By what it is compared with others, when it is unique. The queue works it out.
    pub(crate) uniq_hash: Option<String>,
    /// How it is unique, if at all. With a hash and without this: while another is alive.
    pub(crate) unique: Option<Unique>,
    /// When it becomes due.
    pub(crate) due: Due,
    /// What it chooses beyond its type.
    pub(crate) options: Options,
}

impl NewTask {
    /// A light task, for tokio workers.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the struct does not serialize, or what is wrong with its
    /// [`unique_by`](AsyncRunnable::unique_by).
    pub fn asynk(task: &dyn AsyncRunnable) -> Result<Self, PayloadError> {
        let metadata = serde_json::to_string(task)?;
        let new = Self::new(metadata, task.task_type(), Mode::Asynk);
        Self { unique: task.unique_by(), ..new }.hashed()
    }

    /// A heavy task, for OS threads.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the struct does not serialize, or what is wrong with its
    /// [`unique_by`](Runnable::unique_by).
    pub fn blocking(task: &dyn Runnable) -> Result<Self, PayloadError> {
        let metadata = serde_json::to_string(task)?;
        let new = Self::new(metadata, task.task_type(), Mode::Blocking);
        Self { unique: task.unique_by(), ..new }.hashed()
    }

    /// A task from its JSON, for tools that do not have the struct.
    pub fn new(metadata: String, task_type: String, mode: Mode) -> Self {
        Self {
            id: Uuid::nil(),
            metadata,
            task_type,
            mode,
            priority: Priority::default(),
            uniq_hash: None,
            unique: None,
            due: Due::After(Duration::ZERO),
            options: Options::default(),
        }
    }

    /// Under this id instead of one that the queue makes. An insert that is repeated under the same id cannot double the
    /// task as long as its row is there.
    pub fn with_id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// Its id; nil until a queue or [`with_id`](Self::with_id) gives it one.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Has this task type instead of the one its struct names.
    pub fn task_type(mut self, task_type: impl Into<String>) -> Self {
        self.task_type = task_type.into();
        self
    }

    /// How urgent it is among the tasks of its type. Defaults to [`Priority::Normal`].
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Becomes due this long after it was saved, by the clock of the store. Defaults to at once.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.due = Due::After(delay);
        self
    }

    /// Becomes due at this instant.
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.due = Due::At(at);
        self
    }

    /// Runs again this often after failures, whatever its type says; 0 means never.
    pub fn max_retries(mut self, max_retries: i32) -> Self {
        self.options.max_retries = Some(max_retries);
        self
    }

    /// Adds a word to find it by: at most 255 bytes. See [`Filter::tag`](crate::store::Filter::tag).
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.tags.push(tag.into());
        self
    }

    /// Adds words to find it by. See [`tag`](Self::tag).
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.options.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Unique in this way, whatever its type says. A field or a key that cannot be used is told at the
    /// insert.
    pub fn unique_by(mut self, unique: Unique) -> Self {
        self.unique = Some(unique);
        self.uniq_hash = None;
        self
    }

    /// Only one task of the same kind and payload may be alive: while there is one, an insert
    /// changes nothing. Changes nothing when it is unique already.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the metadata is not JSON.
    pub fn unique(mut self) -> Result<Self, PayloadError> {
        if self.uniq_hash.is_none() {
            self.unique.get_or_insert_with(Unique::payload);
        }
        self.hashed()
    }

    /// Not unique, whatever its type says.
    pub fn not_unique(mut self) -> Self {
        (self.unique, self.uniq_hash) = (None, None);
        self
    }

    /// The hash by which it is compared with others, once it is [worked out](Self::hashed).
    pub fn uniq_hash(&self) -> Option<&str> {
        self.uniq_hash.as_deref()
    }

    /// Works out its unique hash, if it is unique and that was not done yet. A queue does this.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload lacks a field, or the key cannot be one.
    pub fn hashed(mut self) -> Result<Self, PayloadError> {
        if let (Some(unique), None) = (&self.unique, &self.uniq_hash) {
            self.uniq_hash = unique.hash(&serde_json::from_str(&self.metadata)?)?;
        }
        Ok(self)
    }

    fn way(&self) -> Option<&Unique> {
        self.unique.as_ref().filter(|_| self.uniq_hash.is_some())
    }

    /// For how long its unique hash holds others up, if that is a span.
    pub fn period(&self) -> Option<Duration> {
        self.way().and_then(Unique::period)
    }

    /// Whether its unique hash holds others up only until it is claimed.
    pub fn is_unique_until_started(&self) -> bool {
        self.uniq_hash.as_ref().is_some_and(|hash| hash.starts_with(unique::UNTIL_STARTED))
    }

    /// What it replaces of a task like it that waits.
    pub fn replaces(&self) -> Option<Replace> {
        self.way().and_then(Unique::replaces)
    }

    /// Whether its insert fails when a task like it is there.
    pub fn is_strict(&self) -> bool {
        self.way().is_some_and(Unique::is_strict)
    }

    /// Whether this stands as the answer to its insert, though the row is gone meanwhile: then it must not
    /// be inserted again.
    pub fn is_answered_by(&self, inserted: Inserted) -> bool {
        inserted.outcome != InsertOutcome::Kept || self.period().is_some()
    }

    /// The hashes by which it may be there: by its payload, as tasks of fang 0.9 to 0.11 are, and by its own
    /// way of being unique.
    pub fn hashes(&self) -> Vec<String> {
        let by_payload = unique::hash(&read_metadata(&self.metadata));
        let own = self.uniq_hash.clone().filter(|hash| *hash != by_payload);
        std::iter::once(by_payload).chain(own).collect()
    }

    /// The hash that its row holds: none when it is unique within a period, which outlives the row.
    pub fn row_hash(&self) -> Option<&str> {
        self.uniq_hash.as_deref().filter(|_| self.period().is_none())
    }

    /// The name of the cron whose ticks insert this task: the same kind and payload is the same cron.
    /// By this name a store pauses, resumes, runs and removes it.
    ///
    /// ```
    /// # use fang_core::{Mode, NewTask};
    /// let task = NewTask::new(r#"{"type":"Report","daily":true}"#.into(), "common".into(), Mode::Asynk);
    /// assert!(task.cron_name().starts_with("Report/"));
    /// ```
    pub fn cron_name(&self) -> String {
        let kind = kind::name(&self.metadata).unwrap_or_default();
        format!("{kind}/{}", unique::hash(&read_metadata(&self.metadata)))
    }

    /// Whether a store can keep it.
    ///
    /// # Errors
    /// [`PayloadError`] when it is too large, or holds what a store cannot keep.
    pub fn check(&self, max_payload_bytes: usize) -> Result<(), PayloadError> {
        if self.metadata.len() > max_payload_bytes {
            return Err(PayloadError::TooLarge {
                kind: kind::name(&self.metadata).unwrap_or("a task".into()).into_owned(),
                bytes: self.metadata.len(),
                limit: max_payload_bytes,
            });
        }
        if has_nul(&self.metadata) {
            return Err(PayloadError::Nul { place: "the payload" });
        }
        if self.task_type.contains('\0') {
            return Err(PayloadError::Nul { place: "the task type" });
        }
        if self.task_type.is_empty() || self.task_type.len() > MAX_TASK_TYPE_BYTES {
            return Err(PayloadError::TaskTypeLength {
                bytes: self.task_type.len(),
                limit: MAX_TASK_TYPE_BYTES,
            });
        }
        self.options.tags.iter().try_for_each(|tag| check_tag(tag))
    }
}

// The payload stays out of logs.
impl fmt::Debug for NewTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewTask")
            .field("id", &self.id)
            .field("task_type", &self.task_type)
            .field("mode", &self.mode)
            .field("priority", &self.priority)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}

fn check_tag(tag: &str) -> Result<(), PayloadError> {
    if tag.contains('\0') {
        return Err(PayloadError::Nul { place: "a tag" });
    }
    match tag.len() {
        1..=MAX_TASK_TYPE_BYTES => Ok(()),
        bytes => Err(PayloadError::TagLength { bytes, limit: MAX_TASK_TYPE_BYTES }),
    }
}

/// A NUL character in JSON text: written as it is, or as an escape whose backslash is not itself
/// escaped.
fn has_nul(json: &str) -> bool {
    json.contains('\0')
        || json.match_indices("\\u0000").any(|(at, _)| {
            let before = json.as_bytes().get(..at).unwrap_or_default();
            let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\').count();
            backslashes % 2 == 0
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(metadata: String) -> NewTask {
        NewTask::new(metadata, "common".into(), Mode::Asynk)
    }

    #[test]
    fn a_payload_over_the_limit_names_its_kind_and_both_sizes() {
        let json = format!(r#"{{"type":"Big","x":"{}"}}"#, "x".repeat(100));
        let text = task(json).check(64).unwrap_err().to_string();
        assert!(text.contains("Big") && text.contains("121") && text.contains("64"), "{text}");
    }

    #[test]
    fn a_task_type_that_no_index_can_hold_is_refused() {
        for bad in [String::new(), "x".repeat(256), "a\0b".to_owned()] {
            assert!(task("{}".into()).task_type(bad).check(64).is_err());
        }
        assert!(task("{}".into()).task_type("it's \"quoted\" 🦀").check(64).is_ok());
    }

    #[test]
    fn debug_shows_no_payload() {
        let shown = format!("{:?}", task(r#"{"password":"hunter2"}"#.into()));
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn a_nul_is_found_exactly_where_there_is_one(text in r"(\\|\x00|u0000|a){0,12}") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(has_nul(&json), text.contains('\0'), "{}", json);
        }
    }
}
