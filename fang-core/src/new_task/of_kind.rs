//! Tasks of a kind whose code is in another program.

use super::NewTask;
use crate::error::PayloadError;
use crate::function::new_task;
use crate::payload::TAG;
use crate::task::{DEFAULT_TASK_TYPE, Mode};
use serde::Serialize;

impl NewTask {
    /// A task of this kind, for a program that does not have its code. `fields` is what the task is run with: the
    /// fields of its struct or the arguments of its function, by their names. It is a map, a struct or
    /// `serde_json::json!({ .. })`; a task without fields has `json!({})`.
    ///
    /// This program does not know the options in the code of the task. So the task belongs to the [async
    /// mode](Mode::Asynk) and has the task type `"common"`, unless [`mode`](Self::mode) and
    /// [`task_type`](Self::task_type) say otherwise. By default it is not unique and never expires. Its retries are
    /// those of its code.
    ///
    /// The insert makes the checks of every task. It fails with [`PayloadError::NotAnObject`] if `fields` is no object,
    /// [`PayloadError::NoKind`] if the kind is empty, [`PayloadError::DuplicateField`] if there is a field `type`
    /// (which would name the kind), and [`PayloadError::Serialize`] if `fields` does not serialize to JSON. It checks
    /// that the fields fit the kind only if this program has the code. Otherwise a task whose fields do not fit fails
    /// when it is run.
    ///
    /// ```
    /// use fang_core::{Mode, NewTask, Priority};
    /// use serde_json::json;
    ///
    /// let mail = NewTask::of_kind("welcome", json!({ "user": 7 })).task_type("mail").priority(Priority::High);
    /// assert_eq!(mail.payload(), r#"{"type":"welcome","user":7}"#);
    /// let heavy = NewTask::of_kind("resize", json!({ "picture": "cat.png" })).mode(Mode::Blocking);
    /// # drop(heavy);
    /// ```
    pub fn of_kind(kind: &str, fields: impl Serialize) -> Self {
        let metadata = metadata(kind, &fields);
        new_task(metadata.map(|metadata| Self::new(metadata, DEFAULT_TASK_TYPE.to_owned(), Mode::Asynk)))
    }

    /// Sets the mode: the workers that may run the task. Defaults to that of its struct or function. Only a task that
    /// was made [of a kind](Self::of_kind) or from its [payload](Self::new) should need this: a struct that is not
    /// registered for the mode never runs.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }
}

fn metadata(kind: &str, fields: &impl Serialize) -> Result<String, PayloadError> {
    if kind.is_empty() {
        return Err(PayloadError::NoKind);
    }
    let (tag, fields) = (serde_json::to_string(kind)?, serde_json::to_string(fields)?);
    let Some(fields) = fields.trim_start().strip_prefix('{') else {
        return Err(PayloadError::NotAnObject { kind: kind.to_owned() });
    };
    let comma = if fields.trim_start().starts_with('}') { "" } else { "," };
    Ok(format!("{{\"{TAG}\":{tag}{comma}{fields}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn refused(fields: impl Serialize) -> PayloadError {
        NewTask::of_kind("Elsewhere", fields).check(1000).unwrap_err()
    }

    #[test]
    fn the_kind_comes_first_and_the_fields_as_they_are() {
        let payload = |kind, fields| NewTask::of_kind(kind, fields).payload().to_owned();
        assert_eq!(payload("a\"b", json!({})), r#"{"type":"a\"b"}"#);
        assert_eq!(payload("a", json!({ "n": [1.5] })), r#"{"type":"a","n":[1.5]}"#);
        let task = NewTask::of_kind("a", BTreeMap::from([("n", 1)]));
        assert_eq!((task.row().mode, task.row().task_type), (Mode::Asynk, DEFAULT_TASK_TYPE));
        assert_eq!(task.mode(Mode::Blocking).row().mode, Mode::Blocking);
    }

    #[test]
    fn what_is_no_object_or_has_a_kind_of_its_own_is_refused_at_the_insert() {
        for fields in [json!(null), json!([1]), json!("{"), json!(7)] {
            assert!(matches!(refused(fields), PayloadError::NotAnObject { kind } if kind == "Elsewhere"));
        }
        assert!(
            matches!(refused(json!({ "type": "b" })), PayloadError::DuplicateField { field, .. } if field == "`type`")
        );
        let unnamed = NewTask::of_kind("", json!({})).check(1000);
        assert!(matches!(unnamed, Err(PayloadError::NoKind)));
        assert!(matches!(refused(BTreeMap::from([((1, 2), 3)])), PayloadError::Serialize(_)));
    }

    #[test]
    fn the_other_checks_of_an_insert_hold_for_a_kind_that_is_unknown_here() {
        assert!(matches!(refused(json!({ "a": "x".repeat(1000) })), PayloadError::TooLarge { .. }));
        assert!(matches!(refused(json!({ "a": "\0" })), PayloadError::Nul { .. }));
        let named = NewTask::of_kind("Elsewhere", json!({})).task_type("").check(1000);
        assert!(matches!(named, Err(PayloadError::TaskTypeLength { .. })));
        let deep = (0..127).fold(json!(1), |deep, _| json!([deep]));
        assert!(
            matches!(refused(json!({ "a": deep })), PayloadError::Changed { field, .. } if field.starts_with("`a[0]"))
        );
    }
}
