//! A task as it was on the screen when a key was pressed.

use super::text;
use chrono::{DateTime, Utc};
use fang_core::{FangTaskState, Task};
use uuid::Uuid;

/// A kind and an error are told as far as this in a question: the id has to fit too.
const KIND: usize = 32;
const ERROR: usize = 60;

/// What was shown of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) id: Uuid,
    pub(super) state: FangTaskState,
    kind: String,
    error: Option<String>,
    updated_at: DateTime<Utc>,
}

impl Shown {
    pub(super) fn of(task: &Task) -> Self {
        let part = |text: &str, width| text::fitted(&text::line(text), width);
        Self {
            id: task.id,
            state: task.state,
            kind: part(task.kind().unwrap_or("?"), KIND),
            error: task.error_message.as_deref().map(|error| part(error, ERROR)),
            updated_at: task.updated_at,
        }
    }

    /// What it is, for people.
    pub(super) fn description(&self) -> String {
        let state = self.state.as_str();
        match &self.error {
            Some(error) if self.state == FangTaskState::Failed => format!("{}, {state}: {error}", self.kind),
            _ => format!("{}, {state}", self.kind),
        }
    }

    /// Whether it is still as it was shown. A task that ended may have run and ended once more meanwhile.
    pub(super) fn is(&self, task: &Task) -> bool {
        self.state == task.state && (self.state.is_alive() || self.updated_at == task.updated_at)
    }
}
