//! Tasks and task types as the answers show them. The names of the fields are stable; the README of this crate lists
//! them.

use chrono::{DateTime, SecondsFormat, Utc};
use fang_core::operator;
use fang_core::store::Depth;
use fang_core::{Failure, FangTaskState, Task};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A task in a list, without its payload.
#[derive(Serialize)]
pub(crate) struct Listed<'a> {
    pub(crate) id: Uuid,
    pub(crate) kind: Option<&'a str>,
    pub(crate) task_type: &'a str,
    pub(crate) state: FangTaskState,
    pub(crate) mode: &'static str,
    pub(crate) priority: &'static str,
    pub(crate) retries: i32,
    pub(crate) crashes: i16,
    pub(crate) tags: &'a [String],
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) scheduled_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) error: Option<&'a str>,
}

impl<'a> Listed<'a> {
    pub(crate) fn of(task: &'a Task) -> Self {
        Self {
            id: task.id,
            kind: task.kind(),
            task_type: &task.task_type,
            state: task.state,
            mode: operator::mode(task.mode),
            priority: operator::priority(task.priority),
            retries: task.retries,
            crashes: task.crashes,
            tags: &task.tags,
            created_at: task.created_at,
            scheduled_at: task.scheduled_at,
            updated_at: task.updated_at,
            error: task.error_message.as_deref(),
        }
    }
}

/// All of a task.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    #[serde(flatten)]
    pub(crate) listed: Listed<'a>,
    pub(crate) claims: i32,
    pub(crate) max_retries: Option<i32>,
    pub(crate) unique_hash: Option<&'a str>,
    pub(crate) headers: &'a BTreeMap<String, String>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) keep_until: Option<DateTime<Utc>>,
    pub(crate) failures: &'a [Failure],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<Box<RawValue>>,
}

impl<'a> Shown<'a> {
    pub(crate) fn of(task: &'a Task, with_payload: bool) -> Self {
        Self {
            listed: Listed::of(task),
            claims: task.lease,
            max_retries: task.max_retries,
            unique_hash: task.uniq_hash.as_deref(),
            headers: &task.headers,
            expires_at: task.expires_at,
            keep_until: task.keep_until,
            failures: &task.failures,
            payload: with_payload.then(|| payload(task)),
        }
    }
}

/// The payload as it was saved, so that its numbers have all their digits.
fn payload(task: &Task) -> Box<RawValue> {
    let saved = RawValue::from_string(task.payload().into_owned());
    // JSON that cannot be read is given as one text.
    saved.or_else(|_| to_raw_value(&task.metadata)).unwrap_or_default()
}

/// The waiting tasks of a task type.
#[derive(Serialize)]
pub(crate) struct Waiting {
    pub(crate) task_type: String,
    pub(crate) waiting: u64,
    pub(crate) waiting_is_capped: bool,
    pub(crate) due: u64,
    pub(crate) due_is_capped: bool,
    pub(crate) oldest_due_seconds: Option<f64>,
}

impl Waiting {
    pub(crate) fn of(depth: &Depth) -> Self {
        Self {
            task_type: depth.task_type.clone(),
            waiting: depth.waiting.count,
            waiting_is_capped: depth.waiting.is_capped,
            due: depth.due.count,
            due_is_capped: depth.due.is_capped,
            oldest_due_seconds: depth.oldest_due.map(|span| span.as_secs_f64()),
        }
    }
}

/// An instant in UTC, to the second.
pub(crate) fn at(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}
