//! A claimed task on its way to a worker.

use super::results::Finished;
use super::times::RunTimes;
use crate::events::{TaskInfo, kind_of};
use crate::runtime::BoxFuture;
use chrono::Utc;
use fang_core::runnable::DEFAULT_MAX_RETRIES;
use fang_core::store::{Claimed, DbInstant, WorkerId};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The place of a kind that was not looked for yet.
const UNKNOWN: usize = usize::MAX;

/// A lock-claim, as its tasks see it: it is not written yet, and keeps the results of its tasks until it commits.
pub trait UnwrittenClaim: Send + Sync + fmt::Debug {
    /// Keeps a result. Once the claim is over it returns the result instead, to be saved like that of any written
    /// claim.
    fn keep(&self, result: Finished) -> Option<Finished>;

    /// Waits until the claim is written or over.
    fn written(&self) -> BoxFuture<'_, ()>;
}

/// A claimed task on its way to a worker.
#[derive(Debug)]
pub struct Job {
    /// The task.
    pub task: Claimed,
    /// Its type.
    pub task_type: Arc<str>,
    /// The worker id under which it was claimed.
    pub worker: WorkerId,
    /// Its lock-claim, if it has no written claim yet.
    pub unwritten: Option<Arc<dyn UnwrittenClaim>>,
    /// How long the row stays after the end, if its kind says so. The run sets it.
    keep: OnceLock<Duration>,
    /// How often its kind retries it. The run sets it, unless it is the default.
    max_retries: OnceLock<i32>,
    /// Whether it has its result, of which there is only one. Its run and the shutdown set it.
    has_result: AtomicBool,
    /// When its run began and how long it took. The run sets them.
    times: RunTimes,
    /// The place of its kind among the counters. Set when it is decoded, or when it is first counted.
    kind: AtomicUsize,
    /// The task as events show it. Made for the first event.
    info: OnceLock<Arc<TaskInfo>>,
}

impl Job {
    /// A task that was claimed just now.
    pub fn new(
        task: Claimed,
        task_type: Arc<str>,
        worker: WorkerId,
        unwritten: Option<Arc<dyn UnwrittenClaim>>,
    ) -> Self {
        Self {
            task,
            task_type,
            worker,
            unwritten,
            keep: OnceLock::new(),
            max_retries: OnceLock::new(),
            has_result: AtomicBool::new(false),
            times: RunTimes::default(),
            kind: AtomicUsize::new(UNKNOWN),
            info: OnceLock::new(),
        }
    }

    /// The number of its run, counted from 1.
    pub fn attempt(&self) -> u32 {
        u32::try_from(self.task.retries).unwrap_or_default().saturating_add(1)
    }

    /// Tells how long the row stays after the end, as its kind says.
    pub(crate) fn keeps(&self, keep: Option<Duration>) {
        if let Some(keep) = keep {
            let _ = self.keep.set(keep);
        }
    }

    /// How long the row stays after the end, as its insert or its kind says. `None` if neither does, or if the kind was
    /// not asked.
    pub(crate) fn keep(&self) -> Option<Duration> {
        self.task.keep.or_else(|| self.keep.get().copied())
    }

    /// Tells how often its kind retries it, for a worker that dies.
    pub(crate) fn retries(&self, max_retries: i32) {
        if max_retries != DEFAULT_MAX_RETRIES {
            let _ = self.max_retries.set(max_retries);
        }
    }

    /// How often its kind retries it. `None` for the default, or if the kind was not asked.
    pub(super) fn max_retries(&self) -> Option<i32> {
        self.max_retries.get().copied()
    }

    /// Whether it has its result.
    pub(super) fn has_result(&self) -> bool {
        self.has_result.load(Ordering::Acquire)
    }

    /// Tells that it has its result now. Returns `false` if it had one.
    pub(super) fn takes_result(&self) -> bool {
        !self.has_result.swap(true, Ordering::AcqRel)
    }

    /// Tells that its run begins at this time of the pool.
    pub(crate) fn begins(&self, now: Duration) {
        self.times.begin(now);
    }

    /// Tells that its run has ended, which asks for the time. Returns `false` if that was told before, or if the run did
    /// not begin.
    pub(crate) fn ended(&self, now: impl FnOnce() -> Duration) -> bool {
        self.times.end(now)
    }

    /// Whether its run has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.times.began().is_some()
    }

    /// How long its run took. Zero if it has not ended, or did not begin.
    pub(crate) fn took(&self) -> Duration {
        self.times.took().unwrap_or_default()
    }

    /// How long its run has taken by now, or took if it has ended. Zero if it did not begin.
    pub(crate) fn took_by(&self, now: impl FnOnce() -> Duration) -> Duration {
        let so_far = || self.times.began().map(|began| now().saturating_sub(began));
        self.times.took().or_else(so_far).unwrap_or_default()
    }

    /// How long it has been due, by the clock of this machine. Zero if that is not known.
    pub(crate) fn waited(&self) -> Duration {
        self.waited_at(Utc::now().into())
    }

    /// How long it had been due then. Zero if that is not known.
    pub(crate) fn waited_at(&self, now: DbInstant) -> Duration {
        now.since(self.task.scheduled_at).unwrap_or_default()
    }

    /// The place of its kind among the counters, which is found once.
    pub(crate) fn kind_is_at(&self, find: impl FnOnce() -> usize) -> usize {
        match self.kind.load(Ordering::Relaxed) {
            UNKNOWN => {
                let place = find();
                self.kind.store(place, Ordering::Relaxed);
                place
            }
            place => place,
        }
    }

    /// The task as events show it.
    pub(crate) fn info(&self) -> Arc<TaskInfo> {
        let made = || TaskInfo {
            id: self.task.id,
            kind: kind_of(&self.task.metadata),
            task_type: self.task_type.clone(),
            mode: self.task.mode,
            attempt: self.attempt(),
            waited: self.waited(),
        };
        self.info.get_or_init(|| Arc::new(made())).clone()
    }
}
