//! The differences between a task and what a test expects.

use super::number::same_number;
use super::{ANY, Expected, shown};
use chrono::{DateTime, Utc};
use fang_core::Task;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The path of a field, or the name of an option.
    pub(super) place: String,
    pub(super) expected: String,
    pub(super) found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.place, self.expected, self.found)
    }
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn add(&mut self, place: &str, expected: impl fmt::Display, found: impl fmt::Display) {
        let (expected, found) = (expected.to_string(), found.to_string());
        self.0.push(Difference { place: place.to_owned(), expected, found });
    }

    fn compare<T: fmt::Debug + PartialEq>(&mut self, place: &str, expected: Option<&T>, found: &T) {
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            self.add(place, format_args!("{expected:?}"), format_args!("{found:?}"));
        }
    }

    /// Fields that are named have to match; others may be anything.
    fn fields(&mut self, path: &str, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::String(any), _) if any == ANY => {}
            (Value::Number(expected), Value::Number(found)) if same_number(expected, found) => {}
            (Value::Object(expected), Value::Object(found)) => {
                for (name, value) in expected {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    match found.get(name) {
                        Some(found) => self.fields(&path, value, found),
                        None => self.add(&path, shown(value), "no such field"),
                    }
                }
            }
            (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
                for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
                    self.fields(&format!("{path}[{place}]"), expected, found);
                }
            }
            _ if expected == found => {}
            _ => self.add(if path.is_empty() { "the payload" } else { path }, shown(expected), found),
        }
    }
}

impl Expected {
    /// The differences of this task from what is expected. Empty if it matches.
    pub(super) fn differences(&self, task: &Task) -> Vec<Difference> {
        let mut all = Differences::default();
        if let Some(kind) = self.kind.as_ref().filter(|_| self.is_other_kind(task)) {
            all.add("kind", kind, task.kind().unwrap_or("none"));
        }
        if let Some(fields) = &self.fields {
            all.fields("", fields, &task.metadata);
        }
        all.compare("task_type", self.task_type.as_ref(), &task.task_type);
        all.compare("state", self.state.as_ref(), &task.state);
        if self.state.is_none() && !task.state.is_alive() {
            all.add("state", "one that waits or runs", format_args!("{:?}", task.state));
        }
        all.compare("priority", self.priority.as_ref(), &task.priority);
        all.compare("max_retries", self.max_retries.map(Some).as_ref(), &task.max_retries);
        for tag in self.tags.iter().filter(|tag| !task.tags.contains(tag)) {
            all.add("tags", format_args!("{tag:?}"), format_args!("{:?}", task.tags));
        }
        for (name, value) in &self.headers {
            let place = format!("header {name:?}");
            all.compare(&place, Some(&Some(value)), &task.headers.get(name));
        }
        self.times(task, &mut all);
        all.0
    }

    fn times(&self, task: &Task, all: &mut Differences) {
        if let Some(delay) = self.delay {
            let found = (task.scheduled_at - task.created_at).to_std().unwrap_or_default();
            if found.abs_diff(delay) > self.slack {
                all.add("delay", format_args!("{delay:?}"), format_args!("{found:?}"));
            }
        }
        if let Some(at) = self.at.filter(|at| apart(*at, task.scheduled_at) > self.slack) {
            all.add("at", at, task.scheduled_at);
        }
    }
}

fn apart(one: DateTime<Utc>, other: DateTime<Utc>) -> Duration {
    (one - other).abs().to_std().unwrap_or_default()
}
