//! What a campaign does to a worker.

use std::time::Duration;

/// What a [`Campaign`](crate::Campaign) does to a worker, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Kills it (SIGKILL) and starts another in its place. Others run its tasks after a third of the
    /// [lease](https://docs.rs/fang/latest/fang/struct.Lease.html), 10 s by default.
    Kill,
    /// Terminates it (SIGTERM), as a deployment does, and starts another in its place. If it has not ended within
    /// [`stops_within`](crate::Campaign::stops_within), it is killed.
    Terminate,
    /// Pauses it (SIGSTOP) for this long, then lets it go on (SIGCONT). If that is longer than its lease, others run
    /// its tasks, and its results are refused.
    Pause(Duration),
    /// Its network drops everything for this long. Needs [`through_proxy`](crate::Campaign::through_proxy).
    Blackhole(Duration),
    /// All its connections are reset. Needs [`through_proxy`](crate::Campaign::through_proxy).
    Reset,
}

impl Fault {
    /// The name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Terminate => "terminate",
            Self::Pause(_) => "pause",
            Self::Blackhole(_) => "blackhole",
            Self::Reset => "reset",
        }
    }

    pub(crate) fn needs_proxy(self) -> bool {
        matches!(self, Self::Blackhole(_) | Self::Reset)
    }
}
