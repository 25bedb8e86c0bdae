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
/// insert does if there is one. The store decides, so duplicates are kept out even if several processes
/// insert at the same time.
///
/// By default a duplicate keeps the task out while the duplicate waits (also for a retry) or runs. The insert
/// then changes nothing and returns the duplicate.
///
/// Only tasks that are unique in the same way are compared. A task that is unique by a key is no duplicate of one by
/// fields. A task that is unique until started is no duplicate of one that is unique for another time.
///
/// ```
/// use fang_core::{Replace, Unique};
/// use std::time::Duration;
/// // One reminder for each user in 24 hours, even if the first one has ended.
/// let reminder = Unique::fields(["user_id"]).within(Duration::from_secs(24 * 60 * 60));
/// // One reindexing for many changes: each insert moves the time of the one that waits.
/// let reindex = Unique::key("products").until_started().replace(Replace::TIME);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "it has no effect until it is returned by `unique_by` of a task, or passed to that of an insert"]
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
    /// Payloads are compared as JSON. The order of fields and of the keys of a map does not count. The order of a list
    /// counts. A `HashSet` is saved as a list in another order each time, so a task with one is hardly ever a
    /// duplicate: use a `BTreeSet`.
    pub fn payload() -> Self {
        Self::by(By::Payload)
    }

    /// Duplicates have the same kind and the same values in these fields of the struct, by their names in its
    /// JSON. With an empty list, all tasks of the kind are duplicates.
    ///
    /// The insert fails with [`PayloadError::UniqueField`] when the payload lacks one of the fields.
    pub fn fields<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        Self::by(By::Fields(fields.into_iter().map(Into::into).collect()))
    }

    /// Duplicates have the same kind and this key, whatever their payloads are. The key must have 1 to 1,024
    /// bytes and no NUL character. Else the insert fails with [`PayloadError::UniqueKeyLength`] or
    /// [`PayloadError::Nul`].
    pub fn key(key: impl Into<String>) -> Self {
        Self::by(By::Key(key.into()))
    }

    fn by(by: By) -> Self {
        Self { by, lasts: Lasts::Alive, conflict: Conflict::Keep }
    }

    /// A duplicate keeps the task out only until a pool claims the duplicate, a moment before its run. Once
    /// claimed, it never keeps others out again, even if it waits again because it failed, was snoozed or its
    /// process died. So at least one run begins after each insert.
    pub fn until_started(self) -> Self {
        Self { lasts: Lasts::UntilStarted, ..self }
    }

    /// A duplicate keeps the task out for this long after the insert of the duplicate, even if the duplicate
    /// has finished, failed, or was cancelled or removed. After the period it no longer does, even if it
    /// still waits. At most a hundred years; with a period of zero the task is not unique.
    ///
    /// `remove_task_by_metadata` and `remove_all_tasks` end the period.
    pub fn within(self, period: Duration) -> Self {
        Self { lasts: Lasts::Within(period), ..self }
    }

    /// If there is a duplicate that waits, the insert copies these parts of the new task to it. The old
    /// values are lost. A duplicate that runs or has ended is left as it is. The [period](Self::within) of
    /// the duplicate does not start again.
    pub fn replace(self, replace: Replace) -> Self {
        Self { conflict: Conflict::Replace(replace), ..self }
    }

    /// If there is a duplicate, the insert fails with
    /// [`QueueError::NotUnique`](crate::QueueError::NotUnique), which has the id of the duplicate. If several
    /// tasks are inserted together, no other task of the same batch (up to 1,000) is saved either.
    pub fn or_error(self) -> Self {
        Self { conflict: Conflict::Error, ..self }
    }

    /// The unique hash of a payload: 64 characters, the same for duplicates. `None` if the period is zero, so
    /// that the task is not unique.
    ///
    /// # Errors
    /// [`PayloadError`] when the payload lacks one of the fields, or the key is not valid.
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

    /// The period, if the task is unique [within](Self::within) one.
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

    /// Whether an insert fails if there is a duplicate: [`or_error`](Self::or_error).
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
