//! A task, as events show it.

use fang_core::kind::{self, shown_name};
use fang_core::store::RescuedTask;
use fang_core::{Mode, NewTask, Task};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A task, as events show it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskInfo {
    /// The id.
    pub id: Uuid,
    /// The kind: the name of its function or struct, at most 255 bytes of it. Anyone who can insert may name a kind, so
    /// it may have any characters, also line breaks.
    pub kind: Arc<str>,
    /// The task type.
    pub task_type: Arc<str>,
    /// The mode.
    pub mode: Mode,
    /// The number of the run, counted from 1. 0 before the first claim.
    pub attempt: u32,
    /// How long the task had been due when it was claimed, by the clock of this machine. Zero before the claim.
    pub waited: Duration,
}

impl TaskInfo {
    /// A task that was inserted just now.
    pub(crate) fn inserted(task: &NewTask) -> Self {
        let row = task.row();
        Self {
            id: task.id(),
            kind: kind_of(row.metadata),
            task_type: row.task_type.into(),
            mode: row.mode,
            attempt: 0,
            waited: Duration::ZERO,
        }
    }

    /// A task that was taken back from a dead worker.
    pub(crate) fn rescued(task: &RescuedTask) -> Self {
        Self {
            id: task.id,
            kind: shown_name(task.kind.as_deref().unwrap_or(NO_KIND)).into(),
            task_type: task.task_type.as_str().into(),
            mode: task.mode,
            attempt: task.retries.unsigned_abs().saturating_add(1),
            waited: Duration::ZERO,
        }
    }

    /// A task that was cancelled while it waited.
    pub(crate) fn waiting(task: &Task) -> Self {
        Self {
            id: task.id,
            kind: shown_name(task.kind().unwrap_or(NO_KIND)).into(),
            task_type: task.task_type.as_str().into(),
            mode: task.mode,
            attempt: task.retries.unsigned_abs(),
            waited: Duration::ZERO,
        }
    }
}

/// Stands for the kind of a payload that has none.
pub(crate) const NO_KIND: &str = "of an unknown kind";

/// The kind in a payload as events and logs show it, or a text that says that it has none.
pub(crate) fn kind_of(metadata: &str) -> Arc<str> {
    shown_name(&kind::name(metadata).unwrap_or(NO_KIND.into())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_megabytes_is_cut_between_two_characters() {
        let long = format!("x{}", "é".repeat(2_500_000));
        let shown = kind_of(&format!(r#"{{"type":"{long}"}}"#));
        assert_eq!(&*shown, format!("x{}", "é".repeat(127)));
        let (id, task_type) = (Uuid::nil(), "mails".into());
        let task =
            RescuedTask { id, kind: Some(long), task_type, mode: Mode::Asynk, retries: 0, error: None };
        assert_eq!(TaskInfo::rescued(&task).kind, shown);
    }
}
