use std::fmt;
use std::time::Duration;

/// The id of a running pool in the store. It is never reused, so that a restarted process is not mistaken for
/// the one that died.
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
    /// `false` when this worker was declared dead. Its tasks may run elsewhere.
    pub is_alive: bool,
    /// Whether another worker has been silent for longer than the lease.
    pub has_suspects: bool,
    /// How long this worker was silent before this beat. After a stall of the database or of this process,
    /// the worker must not declare others dead.
    pub silent_for: Duration,
    /// How long the beats of all workers together have come without a gap of half a lease. Only then does the
    /// silence of one worker mean that it died.
    pub well_for: Duration,
    /// Whether any running task, of any worker, is to be cancelled. If so, `cancellations` lists those of
    /// this worker.
    pub has_cancellations: bool,
}

/// The parameters of a rescue of tasks from dead workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// The worker that rescues. It declares no others dead when it was itself silent for half a lease, since
    /// it may have hung through an outage. `None` means that any caller may.
    pub by: Option<WorkerId>,
    /// How long a living worker may be silent.
    pub lease: Duration,
    /// A task fails for good once its process has died this often, so that it cannot crash all pools.
    pub max_crashes: i16,
}

/// The result of a rescue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// The number of workers declared dead.
    pub buried: u64,
    /// The number of tasks that run again.
    pub retried: u64,
    /// The number of tasks that failed for good, because they had crashed too often or were cancelled.
    pub failed: u64,
}
