//! The payload of a task, for code that sees it before the insert.

use super::NewTask;
use crate::error::PayloadError;
use crate::kind;
use crate::payload::Origin;
use serde::Serialize;
use std::borrow::Cow;

impl NewTask {
    /// The kind: the name of the function or struct. `None` if the payload names none.
    pub fn kind(&self) -> Option<Cow<'_, str>> {
        kind::name(&self.metadata)
    }

    /// The payload, as JSON: the fields of the task, and its kind as `type`.
    pub fn payload(&self) -> &str {
        &self.metadata
    }

    /// Replaces the payload by a JSON object, which names the kind as `type`.
    pub fn with_payload(mut self, payload: impl Into<String>) -> Self {
        (self.metadata, self.origin, self.uniq_hash) = (payload.into(), Origin::Text, None);
        self
    }

    /// Adds a field to the payload. If it has a field of this name already, the insert fails with
    /// [`PayloadError::DuplicateField`].
    ///
    /// ```
    /// use fang_core::{Mode, NewTask};
    /// let task = NewTask::new(r#"{"type": "Greet"}"#.to_string(), "common".to_string(), Mode::Asynk);
    /// let task = task.field("tenant", &"acme")?;
    /// assert_eq!(task.payload(), r#"{"type": "Greet","tenant":"acme"}"#);
    /// # Ok::<(), fang_core::PayloadError>(())
    /// ```
    ///
    /// # Errors
    /// [`PayloadError::Serialize`] when the value does not serialize to JSON.
    pub fn field(self, name: &str, value: &impl Serialize) -> Result<Self, PayloadError> {
        let (name, value) = (serde_json::to_string(name)?, serde_json::to_string(value)?);
        let fields = self.metadata.trim_end().strip_suffix('}').unwrap_or(&self.metadata);
        let comma = if fields.trim_end().ends_with('{') { "" } else { "," };
        let payload = format!("{fields}{comma}{name}:{value}}}");
        Ok(self.with_payload(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Mode;
    use crate::unique::Unique;

    fn task(payload: &str) -> NewTask {
        NewTask::new(payload.into(), "common".into(), Mode::Asynk)
    }

    #[test]
    fn a_field_is_added_to_any_object_and_never_replaces_one() {
        let added = |payload| task(payload).field("a\"b", &[1, 2]).unwrap();
        assert_eq!(added("{}").payload(), r#"{"a\"b":[1,2]}"#);
        assert_eq!(added(r#"{"type": "A" } "#).payload(), r#"{"type": "A" ,"a\"b":[1,2]}"#);
        let twice = task(r#"{"type":"A"}"#).field("type", &"B").unwrap();
        assert!(matches!(twice.check(100), Err(PayloadError::DuplicateField { .. })));
        assert!(added("no JSON").check(100).is_err());
    }

    #[test]
    fn a_changed_payload_is_hashed_anew() {
        let hash = |task: NewTask| task.hashed().unwrap().uniq_hash().map(str::to_owned);
        let unique = task(r#"{"type":"A"}"#).unique_by(Unique::payload()).hashed().unwrap();
        let before = unique.uniq_hash().map(str::to_owned);
        assert!(before.is_some());
        assert_ne!(hash(unique.field("tenant", &1).unwrap()), before);
    }
}
