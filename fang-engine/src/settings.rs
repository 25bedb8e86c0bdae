//! The settings of a pool, and the report of its shutdown.

use crate::events::Subscribers;
use crate::insert_hooks::InsertTotal;
use crate::monitor::PoolMonitor;
use crate::policy::looks::LONGEST_REST;
use crate::policy::served::Served;
use crate::spans::SpanHook;
use fang_core::context::Values;
use fang_core::kind::Kinds;
use fang_core::middleware::{Stack, StackBlocking};
use fang_core::store::{Rescue, WorkerId, WorkerInfo};
use fang_core::{Mode, QueueError, RetentionMode, SleepParams};
use std::time::Duration;

/// How long a process may be silent before it counts as dead, and how many such deaths a task may cause.
///
/// Each running pool sends a beat (a sign of life) to the database. When a pool is silent for `dead_after`, other pools
/// rescue its tasks: they run again. An outage of the database makes no pool look dead.
///
/// ```
/// use fang_engine::Lease;
/// use std::time::Duration;
/// let lease = Lease { max_crashes: 5, ..Lease::new(Duration::from_secs(60)) };
/// assert_eq!(lease.beat_every, Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// How often a pool sends a beat. Defaults to 5 s.
    pub beat_every: Duration,
    /// How long a pool may be silent before others rescue its tasks. Defaults to 30 s. It must be at least three times
    /// `beat_every`. All pools that share the tables should have the same value: each judges the others by its own.
    ///
    /// In Postgres, others rescue after a third of this time (at least 3 s) if the connection of the pool has ended
    /// too. That is so when its process was killed. Behind a pooler, the server does not know this.
    pub dead_after: Duration,
    /// After how many crashes a task fails. A crash is the death of the process while it ran the task. Without a limit,
    /// a task that kills its process would kill one process after the other. At least 1; defaults to 3.
    pub max_crashes: i16,
}

impl Lease {
    /// A lease with this `dead_after`, a sixth of it as `beat_every`, and 3 as `max_crashes`.
    pub fn new(dead_after: Duration) -> Self {
        Self { beat_every: dead_after / 6, dead_after, max_crashes: 3 }
    }
}

impl Lease {
    /// Checks that the lease can be used. The start of a pool calls it.
    ///
    /// # Errors
    /// [`QueueError::Lease`] when `beat_every` is zero or more than a third of `dead_after`, or when `max_crashes`
    /// is less than 1.
    pub fn check(&self) -> Result<(), QueueError> {
        let has_beats = !self.beat_every.is_zero() && self.dead_after >= self.beat_every.saturating_mul(3);
        if has_beats && self.max_crashes > 0 { Ok(()) } else { Err(QueueError::Lease) }
    }

    /// How long to wait before the next beat: `beat_every` or up to a tenth less. `random` is a random number from 0 to
    /// 1, so that pools which started together do not beat together.
    pub fn next_beat(&self, random: f64) -> Duration {
        self.beat_every.mul_f64(0.9 + random.clamp(0.0, 1.0) / 10.0)
    }

    /// The rescue that a pool with this lease asks its store for.
    pub fn rescue(&self, by: WorkerId) -> Rescue {
        Rescue { by: Some(by), lease: self.dead_after, max_crashes: self.max_crashes }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self::new(Duration::from_secs(30))
    }
}

/// How long the run of a cancelled task may go on before it is dropped, unless the pool has another limit.
pub const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// How long `run_until` waits for running tasks.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(25);

/// How long a shutdown waits for listeners that are still busy with events.
pub const LAST_EVENTS: Duration = Duration::from_secs(1);

/// How long the application may take to go on after a shutdown by a signal, if tasks still block its runtime.
#[cfg(unix)]
pub const GOES_ON_WITHIN: Duration = Duration::from_secs(1);

/// How much sooner than its deadline a shutdown by a signal gives back the tasks that still run: a second for tasks
/// that never wait, and one for the last results and the application. A quarter of the deadline, if that is less.
#[cfg(unix)]
pub const TO_END: Duration = Duration::from_secs(2);

/// How long a shutdown waits for the last claim, before it gives back what no worker has begun.
pub const LAST_CLAIM: Duration = Duration::from_secs(1);

/// How long the abort of runs may take: a second for tasks that never wait, and some slack.
pub const LAST_ABORT: Duration = Duration::from_millis(1500);

/// How long the last results may take to be saved after all runs have ended ...
pub const LAST_SAVE: Duration = Duration::from_secs(3);
/// ... and how long the heart may take to sign off: two seconds for the database, and some slack.
pub const LAST_BEAT: Duration = Duration::from_millis(2500);

/// The dead rows at which a pool vacuums, if the application chooses no other number.
pub const VACUUM_AT: u32 = 50_000;

/// The settings of a pool. The builders of both modes fill them.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// How many tasks run at the same time.
    pub workers: usize,
    /// The task types to work on, with their weights.
    pub served: Served,
    /// How often the pool polls besides the notifications that it gets.
    pub sleep_params: SleepParams,
    /// The tasks that stay in the store after they end.
    pub retention: RetentionMode,
    /// How long a process may be silent before others take over its tasks.
    pub lease: Lease,
    /// The age at which finished and failed tasks are removed. `None` keeps them.
    pub prune_after: Option<Duration>,
    /// Whether claims that are likely to bring many short tasks are lock-claims.
    pub lock_claims: bool,
    /// The dead rows at which the pool vacuums. `None` if it leaves that to others.
    pub vacuum_at: Option<u32>,
    /// How long the run of a cancelled task may go on before it is dropped. Only async runs can be dropped.
    pub cancel_grace: Duration,
    /// The timeout of every run, in place of what its kind says. For tests.
    pub timeout: Option<Duration>,
    /// The application's values, which tasks can read.
    pub values: Values,
    /// The kinds that may run.
    pub kinds: Kinds,
    /// The code around runs of async tasks.
    pub middleware: Stack,
    /// The code around runs of blocking tasks.
    pub middleware_blocking: StackBlocking,
    /// Code that sees the spans of runs.
    pub spans: SpanHook,
    /// The listeners of its events.
    pub subscribers: Subscribers,
    /// What its queue inserts.
    pub inserts: InsertTotal,
    /// The handle that sees the pool once it has started.
    pub monitor: PoolMonitor,
}

impl PoolConfig {
    /// # Errors
    /// [`QueueError::NoWorkers`], [`QueueError::Lease`] or [`QueueError::TaskTypes`] when a setting is wrong.
    pub fn check(&self) -> Result<(), QueueError> {
        if self.workers == 0 {
            return Err(QueueError::NoWorkers);
        }
        self.lease.check()?;
        self.served.check()
    }

    /// Whether it works on this task type.
    pub fn serves(&self, task_type: &str) -> bool {
        self.served.has(task_type)
    }
}

/// The description that a pool registers with, as JSON. Stores look in it for the task types that are served. It lists
/// only so many, since others read the rows of all workers.
pub fn info(mode: Mode, config: &PoolConfig, workers: usize) -> String {
    let served = &config.served;
    let listed = || served.shares().iter().take(WorkerInfo::LISTED);
    let task_types: Vec<&str> = listed().map(|share| &*share.task_type).collect();
    let weights: Vec<u32> = listed().map(|share| share.weight).collect();
    let longest = config.sleep_params.longest();
    let longest_poll = if served.are_many() { longest.max(LONGEST_REST) } else { longest };
    let mode = match mode {
        Mode::Asynk => "asynk",
        Mode::Blocking => "blocking",
        Mode::Any => "any",
    };
    serde_json::json!({
        "mode": mode,
        "task_types": task_types,
        "weights": weights,
        "more_task_types": served.shares().len().saturating_sub(WorkerInfo::LISTED),
        "all_task_types": served.are_all(),
        "workers": workers,
        "longest_poll_ms": u32::try_from(longest_poll.as_millis()).unwrap_or(u32::MAX),
        "lease_ms": u32::try_from(config.lease.dead_after.as_millis()).unwrap_or(u32::MAX),
        "host": host(),
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
    })
    .to_string()
}

/// The name of the machine, as far as files and the environment tell. Others have no way without `unsafe`.
fn host() -> String {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
    let from_file = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
    let from_environment = || ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
    from_file.or_else(from_environment).unwrap_or_default().trim().chars().take(255).collect()
}

/// The report of a pool that was shut down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// How many tasks the pool gave back: those it had claimed and not begun, and those that still ran at the deadline.
    /// They run again, here or elsewhere, and no retry is charged.
    pub handed_back: u64,
    /// How many runs could not be stopped: blocking ones, and async ones that did not reach an `.await`. Their tasks
    /// were given back, so their results no longer count. But their code still runs, so end the process soon.
    pub still_running: usize,
    /// How many results were dropped since the pool started, because they came too late: other pools had rescued the
    /// tasks, or the tasks were removed.
    pub late_results: u64,
}
