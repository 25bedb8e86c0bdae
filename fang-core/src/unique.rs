//! What makes two tasks the same, for how long, and what becomes of the second one.

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

/// What the hashes of tasks that are unique until they are started begin with. A claim lets go of such
/// a hash; see `claim.sql`.
pub const UNTIL_STARTED: char = 's';

/// How a task is unique: what makes another one the same, how long that counts, and what an insert
/// does when there is one. Only an index decides, so it holds against any number of racing processes.
///
/// By default it counts as long as the other task is alive (it waits, runs, or waits for a retry), and
/// the other one is kept as it is. Tasks are compared with those that are unique in the same way: by
/// a key with others by a key, until started with others until started.
///
/// ```
/// use fang_core::{Replace, Unique};
/// use std::time::Duration;
/// // One reminder a user and day, whatever becomes of it.
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
    /// The same is what has the same kind and payload.
    pub fn payload() -> Self {
        Self::by(By::Payload)
    }

    /// The same is what has the same kind and the same values in these fields of its payload. Without any
    /// field, there is one task of a kind.
    ///
    /// The insert fails with [`PayloadError::UniqueField`] when the payload lacks one of them.
    pub fn fields<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self::by(By::Fields(fields.into_iter().map(Into::into).collect()))
    }

    /// The same is what has the same kind and this key: 1 to [`MAX_UNIQUE_KEY_BYTES`] bytes without NUL,
    /// else the insert fails with a [`PayloadError`].
    pub fn key(key: impl Into<String>) -> Self {
        Self::by(By::Key(key.into()))
    }

    fn by(by: By) -> Self {
        Self { by, lasts: Lasts::Alive, conflict: Conflict::Keep }
    }

    /// It counts until a pool has claimed the other task, which may be a moment before that runs. Once
    /// claimed, a task does not hold others up again, though it may wait again: to be retried, or because
    /// its pool handed it back or died. So there is never less than one run after an insert.
    pub fn until_started(self) -> Self {
        Self { lasts: Lasts::UntilStarted, ..self }
    }

    /// It counts for this long after the other one was inserted, whatever becomes of that: it may have
    /// ended, failed, been cancelled or removed, and its row may be gone. It counts no longer, even if the
    /// other one still waits. At most a hundred years; a period of zero means not unique at all.
    ///
    /// Removing the task by what makes it the same (`remove_task_by_metadata`) ends its period, and so does
    /// the removal of all tasks.
    pub fn within(self, period: Duration) -> Self {
        Self { lasts: Lasts::Within(period), ..self }
    }

    /// The other task, if it waits, takes this much from the new one. One that runs or has ended is kept as
    /// it is. A period goes on, it does not begin anew. What was replaced of the other one is lost.
    pub fn replace(self, replace: Replace) -> Self {
        Self { conflict: Conflict::Replace(replace), ..self }
    }

    /// The insert fails with [`QueueError::NotUnique`](crate::QueueError::NotUnique), and nothing of its
    /// statement is saved.
    pub fn or_error(self) -> Self {
        Self { conflict: Conflict::Error, ..self }
    }

    /// The hash of a payload by which tasks are compared, always of 64 characters. `None` when it is not
    /// unique after all.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload lacks a field, or the key cannot be one.
    pub fn hash(&self, metadata: &Value) -> Result<Option<String>, PayloadError> {
        if self.period().is_some_and(|period| micros(period) == 0) {
            return Ok(None);
        }
        let hash = match &self.by {
            By::Payload => hash(metadata),
            By::Fields(fields) => hash_behind("fields", &chosen(metadata, fields)?),
            By::Key(key) => hash_behind("key", &Value::from(vec![kind(metadata), check_key(key)?.into()])),
        };
        // A hexadecimal digit gives way to a letter that is none, so that the hashes of tasks that are
        // unique in different ways never meet, and none meets the hash that fang 0.9 to 0.11 saved.
        Ok(Some(match (&self.by, self.lasts) {
            (By::Payload, Lasts::Alive) => hash,
            (_, Lasts::Alive) => marked('k', &hash),
            (_, Lasts::UntilStarted) => marked(UNTIL_STARTED, &hash),
            (_, Lasts::Within(_)) => marked('p', &hash),
        }))
    }

    /// How long it counts, if that is a span and not a part of the other task's life.
    pub fn period(&self) -> Option<Duration> {
        match self.lasts {
            Lasts::Within(period) => Some(period),
            Lasts::Alive | Lasts::UntilStarted => None,
        }
    }

    /// What is replaced, if anything.
    pub fn replaces(&self) -> Option<Replace> {
        match self.conflict {
            Conflict::Replace(replace) => Some(replace),
            Conflict::Keep | Conflict::Error => None,
        }
    }

    /// Whether an insert fails where another would change nothing.
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
