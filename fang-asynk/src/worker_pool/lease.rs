use std::time::Duration;

/// When a process that has fallen silent is dead, and what that costs its tasks.
///
/// ```
/// use fang_asynk::Lease;
/// use std::time::Duration;
/// let lease = Lease { max_crashes: 5, ..Lease::new(Duration::from_secs(60)) };
/// assert_eq!(lease.beat_every, Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// How often a pool tells that it is alive. Defaults to 5 s.
    pub beat_every: Duration,
    /// After how long a silence others take its tasks. Defaults to 30 s; all processes of a
    /// database should agree, and it should be several beats.
    pub dead_after: Duration,
    /// A task whose process died this often fails, so that it cannot kill them all. Defaults to 3.
    pub max_crashes: i16,
}

impl Lease {
    /// The lease of processes that are dead after this long a silence, with six beats in it.
    pub fn new(dead_after: Duration) -> Self {
        Self { beat_every: dead_after / 6, dead_after, ..Self::default() }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { beat_every: Duration::from_secs(5), dead_after: Duration::from_secs(30), max_crashes: 3 }
    }
}
