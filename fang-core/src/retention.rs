//! What stays in the table once a task is done.

use serde::{Deserialize, Serialize};

/// Which tasks stay in the table after their last run.
/// Defaults to [`RetentionMode::RemoveFinished`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionMode {
    /// Every task stays, finished or failed.
    KeepAll,
    /// No task stays, not even a failed one.
    RemoveAll,
    /// Finished tasks go; failed ones stay for inspection.
    #[default]
    RemoveFinished,
}

impl RetentionMode {
    /// Whether a finished task stays.
    pub fn keeps_finished(self) -> bool {
        self == Self::KeepAll
    }

    /// Whether a failed task stays.
    pub fn keeps_failed(self) -> bool {
        self != Self::RemoveAll
    }
}
