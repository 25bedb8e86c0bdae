//! Unique tasks: what makes two tasks duplicates, for how long, and what an insert does then.

mod canonical;
mod replace;

pub use canonical::hash;
pub use replace::Replace;

use crate::error::PayloadError;
use crate::store::micros;
use canonical::hash_behind;
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// The longest key, in bytes.
pub const MAX_UNIQUE_KEY_BYTES: usize = 1024;

/// First character of the hashes of tasks that are unique until they are started. A claim clears such a hash;
/// see `claim.sql`.
pub const UNTIL_STARTED: char = 's';

/// How a task is unique: which tasks are its duplicates, how long a duplicate keeps it out, and what the
/// insert does then. An index of the store decides, so that it also works for processes that insert at the
/// same time.
///
/// By default, a duplicate keeps the task out while it is alive (waits, runs, or waits for a retry), and is
/// left as it is. Only tasks that are unique in the same way are compared: by a key with others by a key,
/// until started with others until started.
///
/// ```
/// use fang_core::{Replace, Unique};
/// use std::time::Duration;
/// // One reminder per user and day, even when it has ended.
/// let reminder = Unique::fields(["user_id"]).within(Duration::from_secs(24 * 60 * 60));
/// // Many changes, one reindexing after the last of them.
/// let reindex = Unique::key("products").until_started().replace(Replace::TIME);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "it counts once an insert is told"]
pub struct Unique {
    by: By,
    lasts: Lasts,
    conflict: Conflict,
}

#[derive(Clone, PartialEq, Eq)]
enum By {
    Payload,
    Fields(Vec<String>),
    Key(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lasts {
    Alive,
    UntilStarted,
    Within(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conflict {
    Keep,
    Replace(Replace),
    Error,
}

impl Unique {
    /// Duplicates have the same kind and payload.
    ///
    /// Payloads are compared as JSON. The order of fields and of the keys of a map does not count, that of lists does.
    /// A `HashSet` is a list in another order each time, so a task with one is hardly ever a duplicate: use a
    /// `BTreeSet`.
    pub fn payload() -> Self {
        Self::by(By::Payload)
    }

    /// Duplicates have the same kind and the same values in these fields of the payload. Without fields, all
    /// tasks of the kind are duplicates.
    ///
    /// The insert fails with [`PayloadError::UniqueField`] when the payload lacks one of the fields.
    pub fn fields<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self::by(By::Fields(fields.into_iter().map(Into::into).collect()))
    }

    /// Duplicates have the same kind and this key. The key has 1 to [`MAX_UNIQUE_KEY_BYTES`] bytes without
    /// NUL, otherwise the insert fails with a [`PayloadError`].
    pub fn key(key: impl Into<String>) -> Self {
        Self::by(By::Key(key.into()))
    }

    fn by(by: By) -> Self {
        Self { by, lasts: Lasts::Alive, conflict: Conflict::Keep }
    }

    /// A duplicate keeps the task out until a pool claims the duplicate, which may be a moment before its
    /// run. A claimed task never keeps others out again, even when it waits again because it is retried,
    /// released or rescued. So each insert is followed by at least one run.
    pub fn until_started(self) -> Self {
        Self { lasts: Lasts::UntilStarted, ..self }
    }

    /// A duplicate keeps the task out for this long after the insert of the duplicate, even when it has
    /// ended, failed, or been cancelled or removed. After that it no longer does, even when it still waits.
    /// At most a hundred years. With a period of zero, the task is not unique.
    ///
    /// `remove_task_by_metadata` ends the period, and so does the removal of all tasks.
    pub fn within(self, period: Duration) -> Self {
        Self { lasts: Lasts::Within(period), ..self }
    }

    /// The insert copies these parts of the new task to its duplicate, if that waits. The old values are
    /// lost. A duplicate that runs or has ended is left as it is. The period of the duplicate does not begin
    /// anew.
    pub fn replace(self, replace: Replace) -> Self {
        Self { conflict: Conflict::Replace(replace), ..self }
    }

    /// The insert fails with [`QueueError::NotUnique`](crate::QueueError::NotUnique) when there is a
    /// duplicate. Tasks inserted by the same statement are not saved either.
    pub fn or_error(self) -> Self {
        Self { conflict: Conflict::Error, ..self }
    }

    /// The unique hash of a payload, of 64 characters. Duplicates have the same hash. `None` when the task is
    /// not unique after all, because its period is zero.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload lacks a field, or the key is invalid.
    pub fn hash(&self, metadata: &Value) -> Result<Option<String>, PayloadError> {
        if self.period().is_some_and(|period| micros(period) == 0) {
            return Ok(None);
        }
        let hash = match &self.by {
            By::Payload => hash(metadata),
            By::Fields(fields) => hash_behind("fields", &chosen(metadata, fields)?),
            By::Key(key) => hash_behind("key", &Value::from(vec![kind(metadata), check_key(key)?.into()])),
        };
        // The first digit is replaced by a letter that is no hexadecimal digit, so that hashes of different
        // ways never collide, and none collides with a hash that fang 0.9 to 0.11 saved.
        Ok(Some(match (&self.by, self.lasts) {
            (By::Payload, Lasts::Alive) => hash,
            (_, Lasts::Alive) => marked('k', &hash),
            (_, Lasts::UntilStarted) => marked(UNTIL_STARTED, &hash),
            (_, Lasts::Within(_)) => marked('p', &hash),
        }))
    }

    /// The period, when the task is unique within one.
    pub fn period(&self) -> Option<Duration> {
        match self.lasts {
            Lasts::Within(period) => Some(period),
            Lasts::Alive | Lasts::UntilStarted => None,
        }
    }

    /// The parts of a waiting duplicate that an insert replaces, if any.
    pub fn replaces(&self) -> Option<Replace> {
        match self.conflict {
            Conflict::Replace(replace) => Some(replace),
            Conflict::Keep | Conflict::Error => None,
        }
    }

    /// Whether an insert fails when there is a duplicate.
    pub fn is_strict(&self) -> bool {
        self.conflict == Conflict::Error
    }
}

fn marked(mark: char, hash: &str) -> String {
    format!("{mark}{}", hash.get(1..).unwrap_or_default())
}

fn kind(metadata: &Value) -> Value {
    metadata.get("type").cloned().unwrap_or_default()
}

fn chosen(metadata: &Value, fields: &[String]) -> Result<Value, PayloadError> {
    let chosen = fields.iter().map(|field| {
        let value = metadata.get(field).cloned();
        Ok((field.clone(), value.ok_or_else(|| PayloadError::UniqueField { field: field.clone() })?))
    });
    let chosen = chosen.collect::<Result<Map<_, _>, PayloadError>>()?;
    Ok(Value::from(vec![kind(metadata), chosen.into()]))
}

fn check_key(key: &str) -> Result<&str, PayloadError> {
    if key.contains('\0') {
        return Err(PayloadError::Nul { place: "the unique key" });
    }
    match key.len() {
        1..=MAX_UNIQUE_KEY_BYTES => Ok(key),
        bytes => Err(PayloadError::UniqueKeyLength { bytes, limit: MAX_UNIQUE_KEY_BYTES }),
    }
}

// A key may be as private as a payload.
impl fmt::Debug for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match &self.by {
            By::Payload => "payload".to_owned(),
            By::Fields(fields) => format!("fields {fields:?}"),
            By::Key(_) => "key".to_owned(),
        };
        f.debug_struct("Unique")
            .field("by", &by)
            .field("lasts", &self.lasts)
            .field("conflict", &self.conflict)
            .finish()
    }
}

#[cfg(test)]
mod tests;
