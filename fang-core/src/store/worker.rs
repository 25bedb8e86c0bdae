use std::fmt;
use std::time::Duration;

/// The id of a running pool in the store. No id is used twice, so a restarted process is not taken for the
/// one that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId(pub i64);

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// `false` when this worker was declared dead. Its tasks may then run in other pools.
    pub is_alive: bool,
    /// Whether another worker has been silent for longer than its lease.
    pub has_suspects: bool,
    /// How long this worker was silent before this beat. After a long silence, caused by the database or by
    /// itself, it must not declare other workers dead.
    pub silent_for: Duration,
    /// How long the beats of all workers together have come without a gap of half a lease. The silence of a
    /// worker means its death only when others were heard at the time.
    pub well_for: Duration,
    /// Whether any running task is to be cancelled. If so, `cancellations` returns those of this worker.
    pub has_cancellations: bool,
    /// When to rescue because of another worker that is silent for now: this store can tell that its process is
    /// gone before its lease is over. `None` when no worker is, or the store cannot tell.
    pub suspect_after: Option<Duration>,
}

/// How to take back tasks from dead workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// The worker that rescues. It declares no worker dead if it was itself silent for half a lease, since
    /// this call may have hung through an outage. With `None` there is no such check.
    pub by: Option<WorkerId>,
    /// A worker that was silent for longer than this is dead.
    pub lease: Duration,
    /// A task whose process died this often fails, so that it cannot crash every process.
    pub max_crashes: i16,
}

/// The outcome of a rescue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// How many workers were declared dead.
    pub buried: u64,
    /// How many tasks run again.
    pub retried: u64,
    /// How many tasks failed, because they had crashed too often or were cancelled.
    pub failed: u64,
}
