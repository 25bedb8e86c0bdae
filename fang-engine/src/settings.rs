//! What an application chooses for a pool, and what a shutdown tells it.

use crate::policy::weights::Share;
use fang_core::context::State;
use fang_core::kind::Kinds;
use fang_core::store::{Rescue, WorkerId};
use fang_core::{Mode, QueueError, RetentionMode, SleepParams};
use std::time::Duration;

/// When a process that has fallen silent is dead, and what that costs its tasks.
///
/// ```
/// use fang_engine::Lease;
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
        Self { beat_every: dead_after / 6, dead_after, max_crashes: 3 }
    }
}

impl Lease {
    /// # Errors
    /// [`QueueError::Lease`] when a healthy pool would be declared dead, or a task never run.
    pub fn check(&self) -> Result<(), QueueError> {
        let has_beats = !self.beat_every.is_zero() && self.dead_after >= self.beat_every.saturating_mul(3);
        if has_beats && self.max_crashes > 0 { Ok(()) } else { Err(QueueError::Lease) }
    }

    /// How long until the next beat. `random` is a number in `0.0..1.0`, so that the hearts of a fleet do not beat as one.
    pub fn next_beat(&self, random: f64) -> Duration {
        self.beat_every.mul_f64(0.9 + random.clamp(0.0, 1.0) / 10.0)
    }

    /// The rescue by this worker.
    pub fn rescue(&self, by: WorkerId) -> Rescue {
        Rescue { by: Some(by), lease: self.dead_after, max_crashes: self.max_crashes }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self::new(Duration::from_secs(30))
    }
}

/// How long a cancelled run may go on before it is dropped where it waits, unless the pool says otherwise.
pub const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// How long `run_until` lets tasks run on.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(25);

/// How long the last results may take to be saved once all runs have ended ...
pub const LAST_SAVE: Duration = Duration::from_secs(3);
/// ... and how long the heart may take to sign off: two seconds for the database, and a little more.
pub const LAST_BEAT: Duration = Duration::from_millis(2500);

/// What an application chooses for a pool. The builders of both modes fill it.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// How many tasks run at the same time.
    pub workers: usize,
    /// The task types to work on, by their weights.
    pub shares: Vec<Share>,
    /// Bounds of the poll that backs up notifications.
    pub sleep_params: SleepParams,
    /// What stays in the store.
    pub retention: RetentionMode,
    /// When a silent process is dead.
    pub lease: Lease,
    /// Finished and failed tasks that are older are removed. `None` keeps them.
    pub prune_after: Option<Duration>,
    /// Whether short tasks of a backlog are claimed by locks alone.
    pub lock_claims: bool,
    /// How long the run of a cancelled task may go on before it is dropped where it waits. For tokio tasks alone.
    pub cancel_grace: Duration,
    /// The application's values.
    pub state: State,
    /// Which kinds run.
    pub kinds: Kinds,
}

impl PoolConfig {
    /// # Errors
    /// [`QueueError::NoWorkers`], [`QueueError::Lease`] or [`QueueError::TaskTypes`] when no pool can work so.
    pub fn check(&self) -> Result<(), QueueError> {
        if self.workers == 0 {
            return Err(QueueError::NoWorkers);
        }
        self.lease.check()?;
        crate::policy::weights::check(&self.shares)
    }
}

/// What a pool tells of itself when it registers, as JSON.
pub fn info(mode: Mode, shares: &[Share], pid: u32) -> String {
    let task_types: Vec<&str> = shares.iter().map(|share| &*share.task_type).collect();
    let mode = match mode {
        Mode::Asynk => "asynk",
        Mode::Blocking => "blocking",
        Mode::Any => "any",
    };
    serde_json::json!({ "mode": mode, "task_type": task_types.join(", "), "pid": pid }).to_string()
}

/// What a shutdown found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Tasks given back uncharged: claimed and not begun, or still running at the deadline.
    pub handed_back: u64,
    /// Runs among those given back that could not even be stopped, because they never wait. What they
    /// still do counts no longer; end the process.
    pub still_running: usize,
    /// Results that came too late since the pool started: others had taken over the tasks.
    pub late_results: u64,
}
