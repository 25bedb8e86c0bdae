//! A claimed task until its result is sent.

use super::job::Job;
use super::pool::Pool;
use super::told::tell_ended_late;
use crate::observed::observed;
use crate::policy::decide::{Outcome, failed_by_default};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A claimed task without a result. A thread cannot be stopped, so the shutdown may hand back a task while its run
/// goes on: only the first result counts.
pub struct Unfinished {
    pool: Arc<Pool>,
    job: Arc<Job>,
}

impl Unfinished {
    /// For a task that runs or waits to run. Exactly one result is sent for it.
    #[must_use]
    pub fn new(pool: Arc<Pool>, job: Arc<Job>) -> Self {
        Self { pool, job }
    }

    /// The task, unless it has a result.
    pub fn job(&self) -> Option<Arc<Job>> {
        (!self.job.has_result()).then(|| self.job.clone())
    }

    /// The same task, so that another part can hand it back.
    #[must_use]
    pub fn share(&self) -> Self {
        Self { pool: self.pool.clone(), job: self.job.clone() }
    }

    /// Sends the result, unless the task was handed back before.
    pub fn finish(&self, outcome: Outcome) {
        if !self.send(outcome) {
            self.pool.state.stats.late.fetch_add(1, Ordering::Relaxed);
            observed(|| tell_ended_late(&self.job));
        }
    }

    /// Fails the task because its worker died, unless it has a result.
    pub fn fail(&self) {
        self.send(failed_by_default("its worker died while it ran".to_owned(), self.job.max_retries()));
    }

    /// Hands the task back uncharged, unless it has a result. Returns whether it had none.
    pub fn hand_back(&self) -> bool {
        let was_open = self.send(Outcome::HandedBack);
        if was_open {
            self.pool.state.stats.handed_back.fetch_add(1, Ordering::Relaxed);
        }
        was_open
    }

    fn send(&self, outcome: Outcome) -> bool {
        if !self.job.takes_result() {
            return false;
        }
        self.pool.state.gauge.result();
        let finished = self.pool.state.finished(&self.job, outcome);
        let to_save = match &self.job.unwritten {
            Some(claim) => claim.keep(finished),
            None => Some(finished),
        };
        to_save.into_iter().for_each(|finished| self.pool.send(finished));
        self.pool.one_left();
        true
    }
}

impl std::fmt::Debug for Unfinished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unfinished").finish_non_exhaustive()
    }
}
