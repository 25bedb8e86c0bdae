use std::fmt;
use std::time::Duration;

/// The name of a running pool in the store. Never used twice, so that a restart under the same
/// host name cannot be taken for the process that died.
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
    /// `false` when this worker was declared dead: its tasks belong to others now.
    pub is_alive: bool,
    /// Whether a worker has been silent for longer than its lease.
    pub has_suspects: bool,
    /// How long this worker had been silent before this beat: after a stall of the database, or of
    /// itself, it is in no position to declare others dead.
    pub silent_for: Duration,
    /// For how long the beats of any workers have come without a gap of half a lease: only then is
    /// the silence of one of them its own.
    pub well_for: Duration,
    /// Whether any task of anybody is to be cancelled: then `cancellations` tells which.
    pub has_cancellations: bool,
}

/// How to take tasks back from workers that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// Who rescues. Whoever has been silent for half a lease by the time the store gets to it declares
    /// nobody dead: it may have hung through an outage. `None`: whoever it is.
    pub by: Option<WorkerId>,
    /// A worker silent for longer than this is dead.
    pub lease: Duration,
    /// A task whose process died this often fails, so that it cannot kill them all.
    pub max_crashes: i16,
}

/// What a rescue did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rescued {
    /// Workers declared dead.
    pub buried: u64,
    /// Tasks that run again.
    pub retried: u64,
    /// Tasks that had crashed too often.
    pub failed: u64,
}
