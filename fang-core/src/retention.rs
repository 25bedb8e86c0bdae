//! The choice of tasks that stay in the table after their last run.

use serde::{Deserialize, Serialize};

/// The tasks that stay in the table after their last run. Defaults to [`RetentionMode::RemoveFinished`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionMode {
    /// Keeps finished and failed tasks.
    KeepAll,
    /// Removes finished and failed tasks.
    RemoveAll,
    /// Removes finished tasks and keeps failed ones for inspection.
    #[default]
    RemoveFinished,
}

impl RetentionMode {
    /// Whether finished tasks stay.
    pub fn keeps_finished(self) -> bool {
        self == Self::KeepAll
    }

    /// Whether failed tasks stay.
    pub fn keeps_failed(self) -> bool {
        self != Self::RemoveAll
    }
}
