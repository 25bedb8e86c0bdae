use crate::task::{FangTaskState, Mode, Task};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The id of a running pool in the store. A store must not use an id twice, so that a restarted process is
/// not taken for the one that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub i64);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The answer to a beat, the sign of life that a pool sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Whether this worker counts as alive. `false` if it was declared dead: its tasks may run in other pools
    /// now, and it must register again.
    pub is_alive: bool,
    /// Whether another worker that counts as alive has been silent for longer than the lease. It may be dead,
    /// and a rescue is due.
    pub has_suspects: bool,
    /// How long this worker was silent before this beat. If that is long, it must not declare others dead:
    /// the database or this process was held up, and the others may have been too.
    pub silent_for: Duration,
    /// How long the store has been hearing beats, of any workers, without a gap of half a lease. After an
    /// outage of the store it is short. A silent worker is declared dead only if this is at least a lease:
    /// then others were heard while it was silent.
    pub well_for: Duration,
    /// Whether any running task, of this worker or another, is to be cancelled. If so, the pool calls
    /// [`cancellations`](super::Store::cancellations).
    pub has_cancellations: bool,
    /// When to rescue because of another worker that is silent for now: this store can tell that its process is
    /// gone before its lease is over. `None` when no worker is, or the store cannot tell.
    pub suspect_after: Option<Duration>,
}

/// How to find dead workers and take back their tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// The worker that rescues. If it was itself silent for half a lease, this call may have hung through an
    /// outage, and the store must declare no worker dead. With `None` there is no such check.
    pub by: Option<WorkerId>,
    /// A worker that was silent for longer than this is dead.
    pub lease: Duration,
    /// After this many crashes a task fails, so that it cannot kill one process after the other.
    pub max_crashes: i16,
}

/// The outcome of a rescue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// How many workers were declared dead.
    pub buried: u64,
    /// The tasks that were taken back.
    pub tasks: Vec<RescuedTask>,
}

/// A task that was taken back from a dead worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescuedTask {
    /// The id.
    pub id: Uuid,
    /// The kind, if its payload has one.
    pub kind: Option<String>,
    /// The task type.
    pub task_type: String,
    /// The mode of the worker that runs it next.
    pub mode: Mode,
    /// How many of its runs have failed.
    pub retries: i32,
    /// Why it has failed, because its process died too often or it was cancelled. `None` if it runs again.
    pub error: Option<String>,
}

impl Rescued {
    /// How many tasks run again.
    pub fn retried(&self) -> u64 {
        self.tasks.len() as u64 - self.failed()
    }

    /// How many tasks failed.
    pub fn failed(&self) -> u64 {
        self.tasks.iter().filter(|task| task.error.is_some()).count() as u64
    }
}

/// The error message of a task that was cancelled.
const CANCELLED: &str = "cancelled";

impl RescuedTask {
    /// Whether it has failed because it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.error.as_deref() == Some(CANCELLED)
    }

    /// The row of a task as the rescue leaves it.
    pub fn of(task: &Task) -> Self {
        let error = task.error_message.clone().filter(|_| task.state == FangTaskState::Failed);
        Self {
            id: task.id,
            kind: task.kind().map(str::to_owned),
            task_type: task.task_type.clone(),
            mode: task.mode,
            retries: task.retries,
            error,
        }
    }
}
