//! A claimed task on its way to a worker.

use super::results::Finished;
use crate::events::{TaskInfo, kind_of};
use crate::runtime::BoxFuture;
use chrono::Utc;
use fang_core::store::{Claimed, DbInstant, WorkerId};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

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
    /// When its run began. The run sets it.
    began: OnceLock<Instant>,
    /// How long its run took. The run sets it when it ends.
    took: OnceLock<Duration>,
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
            began: OnceLock::new(),
            took: OnceLock::new(),
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

    /// Tells that its run begins. Returns when.
    pub(crate) fn begins(&self) -> Instant {
        let now = Instant::now();
        let _ = self.began.set(now);
        now
    }

    /// Tells that its run has ended. Returns `false` if that was told before.
    pub(crate) fn ended(&self) -> bool {
        if self.took.get().is_some() {
            return false;
        }
        let took = self.began.get().map(Instant::elapsed);
        self.took.set(took.unwrap_or_default()).is_ok()
    }

    /// Whether its run has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.began.get().is_some()
    }

    /// How long its run took. Zero if it has not ended, or did not begin.
    pub(crate) fn took(&self) -> Duration {
        self.took.get().copied().unwrap_or_default()
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
