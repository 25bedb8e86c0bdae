//! A task that is not yet in the store, with the options of its insert.

mod again;
mod check;
mod of_kind;
mod payload;
mod plan;
mod row;
mod saved;
mod takes_over;

use crate::error::PayloadError;
use crate::kind;
use crate::notify::Notice;
use crate::options::Options;
use crate::payload::Origin;
use crate::runnable::{AsyncRunnable, Runnable};
use crate::schedule::Scheduled;
use crate::store::{InsertOutcome, Inserted};
use crate::task::{Mode, Priority, read_metadata};
use crate::unique::{self, Replace, Unique};
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub use plan::Plan;
pub use row::NewRow;

/// The largest payload that a queue takes by default, in bytes of JSON.
pub const DEFAULT_MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// The longest task type, in bytes. The task type is a key of an index and is sent in notifications.
pub const MAX_TASK_TYPE_BYTES: usize = 255;

/// The most bytes that the headers of a task may have, names and values together.
const MAX_HEADERS_BYTES: usize = 8 * 1024;

/// The headers of the W3C for the context of a trace.
const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// When a task becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// This long after the insert, by the clock of the store. Zero means at once. At most a hundred years;
    /// longer delays count as that.
    After(Duration),
    /// At this instant, by the clock of the store. An instant in the past means at once.
    At(DateTime<Utc>),
}

impl Due {
    /// Whether a task inserted now may be due at once. `true` for every instant: only the clock of the store
    /// knows whether it is past. For the authors of stores.
    pub fn may_be_now(self) -> bool {
        !matches!(self, Self::After(delay) if !delay.is_zero())
    }

    /// The notice to send to pools when the task is inserted. For an instant it is [`Notice::Burst`], so that
    /// pools poll often for a moment: the task may become due just after the notification. A store that compares the
    /// instant with its clock should send [`Notice::due_in`] instead. For the authors of stores.
    pub fn notice(self) -> Notice {
        match self {
            Self::After(delay) => Notice::due_in(delay),
            Self::At(_) => Notice::Burst,
        }
    }
}

/// A task to insert: the struct as JSON, and options that override those of its type. Pass it to `insert`,
/// `insert_tasks` or `insert_tasks_in` of a queue.
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
    /// Made by the client, so that repeating an insert cannot double the task while its row exists. The queue
    /// sets it.
    pub(crate) id: Uuid,
    /// The JSON of the struct, with its kind as `type`.
    pub(crate) metadata: String,
    /// Where the JSON came from.
    pub(crate) origin: Origin,
    /// The task type.
    pub(crate) task_type: String,
    /// The workers that may claim it.
    pub(crate) mode: Mode,
    /// How urgent it is among its type.
    pub(crate) priority: Priority,
    /// The hash that it shares with its duplicates, when it is unique. The queue computes it.
    pub(crate) uniq_hash: Option<String>,
    /// How it is unique, if at all. A hash without this: unique while a duplicate is alive.
    pub(crate) unique: Option<Unique>,
    /// When it becomes due.
    pub(crate) due: Due,
    /// How long after that it may begin.
    pub(crate) expires: Option<Duration>,
    /// Options of this insert.
    pub(crate) options: Options,
    /// When `schedule` runs it.
    pub(crate) cron: Option<Box<Scheduled>>,
    /// Why its insert will be refused. Shared, so that the task can be cloned.
    pub(crate) refused: Option<Arc<PayloadError>>,
}

impl NewTask {
    /// A light task, one for the async mode.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the struct does not serialize to JSON. [`PayloadError::UniqueField`]
    /// when [`unique_by`](AsyncRunnable::unique_by) names a field that the payload lacks.
    /// [`PayloadError::UniqueKeyLength`] or [`PayloadError::Nul`] when the unique key is not valid.
    pub fn asynk(task: &dyn AsyncRunnable) -> Result<Self, PayloadError> {
        let metadata = serde_json::to_string(task)?;
        let new = Self::new(metadata, task.task_type(), Mode::Asynk);
        let (unique, cron) = (task.unique_by(), task.cron().map(Box::new));
        let origin = Origin::Struct(new.mode, task.check_of_type());
        let (priority, expires) = (task.priority(), task.expires());
        Self { origin, priority, unique, expires, cron, ..new }.hashed()
    }

    /// A heavy task, one for the blocking mode.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the struct does not serialize to JSON. [`PayloadError::UniqueField`]
    /// when [`unique_by`](Runnable::unique_by) names a field that the payload lacks.
    /// [`PayloadError::UniqueKeyLength`] or [`PayloadError::Nul`] when the unique key is not valid.
    pub fn blocking(task: &dyn Runnable) -> Result<Self, PayloadError> {
        let metadata = serde_json::to_string(task)?;
        let new = Self::new(metadata, task.task_type(), Mode::Blocking);
        let (unique, cron) = (task.unique_by(), task.cron().map(Box::new));
        let origin = Origin::Struct(new.mode, task.check_of_type());
        let (priority, expires) = (task.priority(), task.expires());
        Self { origin, priority, unique, expires, cron, ..new }.hashed()
    }

    /// A task from its whole payload, for tools that do not have the struct. `metadata` is a JSON object: the fields of
    /// the struct, and its kind as `type`. ([`of_kind`](Self::of_kind) takes the kind and the fields separately.) If
    /// this program has the struct of that kind, the insert checks that the payload can be decoded. Otherwise a task
    /// whose payload does not fit fails when it is run.
    pub fn new(metadata: String, task_type: String, mode: Mode) -> Self {
        Self {
            id: Uuid::nil(),
            metadata,
            origin: Origin::Text,
            task_type,
            mode,
            priority: Priority::default(),
            uniq_hash: None,
            unique: None,
            due: Due::After(Duration::ZERO),
            expires: None,
            options: Options::default(),
            cron: None,
            refused: None,
        }
    }

    /// Sets the id. Defaults to a new one (UUID version 7) that the queue makes. A repeated insert with the
    /// same id does not insert the task twice while its row exists.
    pub fn with_id(mut self, id: Uuid) -> Self {
        self.id = id;
        self
    }

    /// The id. It is nil until a queue or [`with_id`](Self::with_id) sets it.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Sets the task type, 1 to 255 bytes. Defaults to that of the struct.
    pub fn task_type(mut self, task_type: impl Into<String>) -> Self {
        self.task_type = task_type.into();
        self
    }

    /// Sets how urgent the task is among the tasks of its type. Defaults to [`priority`](AsyncRunnable::priority) of
    /// its struct, which is [`Priority::Normal`] if the struct does not set it.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Makes the task due this long after the insert, by the clock of the store, at most a hundred years.
    /// Defaults to zero: at once. The last call of `delay` and [`at`](Self::at) counts.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.due = Due::After(delay);
        self
    }

    /// Makes the task due at this instant, by the clock of the store. If it is past, the task is due at once.
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.due = Due::At(at);
        self
    }

    /// Sets how long after it becomes due the task may begin, at most a hundred years. A task that no pool has claimed
    /// by then expires: it fails for good without a run, with an error that begins with `expired`. The clock of the
    /// store decides, at the claim. After its first run has begun, a task no longer expires: retries, snoozed runs, and
    /// runs after an interruption or a crash take place at any time. Defaults to [`expires`](AsyncRunnable::expires) of
    /// its struct, or to never.
    pub fn expires(mut self, after_it_is_due: Duration) -> Self {
        self.expires = Some(after_it_is_due);
        self
    }

    /// Keeps the row for this long after the task has ended (finished, failed for good, or cancelled), at most a
    /// hundred years. This overrides `retention_mode` and `prune_after` of the pools. Pools remove such rows about once
    /// a minute. Defaults to [`keep`](AsyncRunnable::keep) of its struct, or else to what the pools say.
    ///
    /// It has no effect on a task that ends without a run: one that was cancelled while it waited, or whose process
    /// died too often. `prune_after` of the pools applies to those.
    pub fn keep(mut self, after_its_end: Duration) -> Self {
        self.options.set_keep(Some(after_its_end));
        self
    }

    /// Sets how many times the task runs again after failures. Defaults to the number of its struct, which is
    /// 20 if the struct does not set it; 0 means never.
    pub fn max_retries(mut self, max_retries: i32) -> Self {
        self.options.max_retries = Some(max_retries);
        self
    }

    /// Adds a tag, 1 to 255 bytes. [`Filter::tag`](crate::store::Filter::tag) lists the tasks that have it.
    /// Defaults to no tags.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.options.tags.push(tag.into());
        self
    }

    /// Adds several tags. See [`tag`](Self::tag).
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.options.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Adds a value that travels with the task beside its payload, such as the context of a trace. A run reads it by
    /// [`header`](crate::Context::header). A second value of the same name replaces the first. Defaults to none.
    ///
    /// The names and values of a task have at most 8 KiB together, or the insert fails with
    /// [`PayloadError::HeadersLength`]. A cron does not save `traceparent` and `tracestate`: each tick begins a trace of its
    /// own.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.headers.insert(name.into(), value.into());
        self
    }

    /// Removes the headers `traceparent` and `tracestate`. Queues call this for the task of a cron: its ticks belong to no
    /// trace of the program that scheduled it.
    pub fn without_trace(mut self) -> Self {
        let of_trace = |name: &str| TRACE_HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header));
        self.options.headers.retain(|name, _| !of_trace(name));
        self
    }

    /// Makes the task unique in this way. Defaults to [`unique_by`](AsyncRunnable::unique_by) of its struct.
    /// If a field is missing or the key is not valid, the insert fails with a [`PayloadError`].
    pub fn unique_by(mut self, unique: Unique) -> Self {
        self.unique = Some(unique);
        self.uniq_hash = None;
        self
    }

    /// Makes the task unique by its payload: while a task of the same kind and payload waits or runs, the
    /// insert changes nothing. Has no effect on a task that is unique already.
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the payload is not JSON.
    pub fn unique(mut self) -> Result<Self, PayloadError> {
        if self.uniq_hash.is_none() {
            self.unique.get_or_insert_with(Unique::payload);
        }
        self.hashed()
    }

    /// Makes the task not unique, even if its struct is unique.
    pub fn not_unique(mut self) -> Self {
        (self.unique, self.uniq_hash) = (None, None);
        self
    }

    /// The hash that the task shares with its duplicates. `None` if the task is not unique, or before the
    /// hash is [computed](Self::hashed).
    pub fn uniq_hash(&self) -> Option<&str> {
        self.uniq_hash.as_deref()
    }

    /// Computes the hash of a unique task, if it has none yet. Queues call this before they insert the task.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload is not JSON or lacks a field by which the task is unique, or when
    /// the key is not valid.
    pub fn hashed(mut self) -> Result<Self, PayloadError> {
        if let (Some(unique), None) = (&self.unique, &self.uniq_hash) {
            self.uniq_hash = unique.hash(&serde_json::from_str(&self.metadata)?)?;
        }
        Ok(self)
    }

    fn way(&self) -> Option<&Unique> {
        self.unique.as_ref().filter(|_| self.uniq_hash.is_some())
    }

    /// How long the task keeps duplicates out, if it is [unique within a period](Unique::within). Else
    /// `None`.
    pub fn period(&self) -> Option<Duration> {
        self.way().and_then(Unique::period)
    }

    /// Whether the task is [unique until it is started](Unique::until_started): it keeps duplicates out until
    /// it is claimed.
    pub fn is_unique_until_started(&self) -> bool {
        self.uniq_hash.as_ref().is_some_and(|hash| hash.starts_with(unique::UNTIL_STARTED))
    }

    /// The parts of a waiting duplicate that this insert [replaces](Unique::replace), if any.
    pub fn replaces(&self) -> Option<Replace> {
        self.way().and_then(Unique::replaces)
    }

    /// Whether the insert fails if there is a duplicate, as [`or_error`](Unique::or_error) asks.
    pub fn is_strict(&self) -> bool {
        self.way().is_some_and(Unique::is_strict)
    }

    /// Whether `inserted` answers the insert of this task although its row is gone. If `false`, the duplicate
    /// has ended, and the task can be inserted now. Queues ask this.
    pub fn is_answered_by(&self, inserted: Inserted) -> bool {
        inserted.outcome != InsertOutcome::Kept || self.period().is_some()
    }

    /// The hashes that duplicates in the store may have: the hash of the payload, which fang 0.9 to 0.11
    /// saved, and the [own hash](Self::uniq_hash) of this task.
    pub fn hashes(&self) -> Vec<String> {
        let by_payload = unique::hash(&read_metadata(&self.metadata));
        let own = self.uniq_hash.clone().filter(|hash| *hash != by_payload);
        std::iter::once(by_payload).chain(own).collect()
    }

    /// The hash to save in the row. `None` for a task that is unique within a period: a store keeps that hash
    /// apart, since the period may last longer than the row.
    pub fn row_hash(&self) -> Option<&str> {
        self.uniq_hash.as_deref().filter(|_| self.period().is_none())
    }

    /// The name of the cron that `schedule_task` makes of this task. Tasks of the same kind and payload have
    /// the same cron. `run_cron`, `pause_cron`, `resume_cron` and `remove_crons` take this name.
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
