//! The choice of tasks that stay in the table after their last run.

use serde::{Deserialize, Serialize};

/// The tasks whose rows stay in the table after their last run. A finished task has succeeded; a failed task has no
/// retries left, was cancelled or has expired. Rows that stay are removed by `prune_after` of a pool, or never. A kind
/// with [`keep`](crate::Runnable::keep) overrides both. Defaults to [`RetentionMode::RemoveFinished`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetentionMode {
    /// Finished and failed tasks stay.
    KeepAll,
    /// Neither finished nor failed tasks stay.
    RemoveAll,
    /// Failed tasks stay, so that they can be inspected and retried. Finished tasks are removed.
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
