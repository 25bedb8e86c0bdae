//! What the pools of both modes have in common.

use crate::error::QueueError;
use crate::rota::Share;
use crate::store::{Rescue, WorkerId};
use crate::task::Mode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When a process that has fallen silent is dead, and what that costs its tasks.
///
/// ```
/// use fang_core::pool::Lease;
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

/// How far the shutdown of a pool has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Claim and run.
    Running,
    /// Claim no more; finish what runs.
    Draining,
    /// Give up what still runs.
    Aborting,
    /// No more results will come: save those that are there.
    Closing,
    /// Give up what cannot be saved.
    GivingUp,
    /// All results are saved; the heart may stop.
    Stopped,
}

/// What happened since the pool started.
#[derive(Debug, Default)]
pub struct Stats {
    /// Tasks given back uncharged.
    pub handed_back: AtomicU64,
    /// Results that came too late.
    pub late: AtomicU64,
}

impl Stats {
    /// What a shutdown found, after which so many runs go on.
    pub fn report(&self, still_running: usize) -> Shutdown {
        Shutdown {
            handed_back: self.handed_back.load(Ordering::Relaxed),
            still_running,
            late_results: self.late.load(Ordering::Relaxed),
        }
    }
}
