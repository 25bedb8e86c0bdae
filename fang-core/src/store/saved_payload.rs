use crate::task::{Mode, Task};
use uuid::Uuid;

/// The payload of a task, to see whether a program can read it.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedPayload {
    /// The id of the task.
    pub id: Uuid,
    /// The mode of the task.
    pub mode: Mode,
    /// The JSON of the payload with its kind. `None` if the task does not wait.
    pub metadata: Option<String>,
}

impl SavedPayload {
    /// The payload of a task.
    pub fn of(task: &Task) -> Self {
        let metadata = task.state.is_waiting().then(|| task.metadata.to_string());
        Self { id: task.id, mode: task.mode, metadata }
    }
}

/// Shows no payload.
impl std::fmt::Debug for SavedPayload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedPayload").field("id", &self.id).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Waiting tasks and crons of one kind whose payloads a program cannot read, all for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable {
    /// The kind.
    pub kind: String,
    /// How many tasks.
    pub tasks: u64,
    /// The id of one of them. `None` if only crons have such a payload.
    pub example: Option<Uuid>,
    /// The names of the crons: the tasks of their next ticks cannot be read either.
    pub crons: Vec<String>,
    /// Why the program cannot read it, and at which field. It quotes no value of the payload.
    pub reason: String,
}

impl Unreadable {
    /// No task and no cron of this kind with this reason yet.
    pub fn new(kind: String, reason: String) -> Self {
        Self { kind, tasks: 0, example: None, crons: Vec::new(), reason }
    }
}
