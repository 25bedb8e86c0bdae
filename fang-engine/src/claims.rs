//! The two ways to claim: a written claim updates the rows, a lock-claim only locks them. The rest of the engine
//! does not know of lock-claims.

mod left_by_locks;
mod locks;
mod written;

pub(crate) use locks::OpenBatches;

use crate::policy::claim::{ClaimPolicy, Wanted};
use crate::state::job::{Job, UnwrittenClaim};
use crate::state::pool::Pool;
use crate::workers::Workers;
use fang_core::StoreError;
use fang_core::store::{Claimed, WorkerId};
use left_by_locks::LeftByLocks;
use locks::Locks;
use std::sync::Arc;
use written::Written;

/// Claimed tasks that are to run now.
#[derive(Debug)]
pub(crate) struct ToRun {
    pub(crate) tasks: Vec<Claimed>,
    pub(crate) task_type: Arc<str>,
    pub(crate) worker: WorkerId,
    /// Their lock-claim, if they have no written claim yet.
    pub(crate) unwritten: Option<Arc<dyn UnwrittenClaim>>,
}

impl ToRun {
    /// Hands the tasks to the workers.
    pub(crate) fn dispatch(self, pool: &Pool, workers: &dyn Workers) {
        let bytes = self.tasks.iter().map(|task| task.metadata.len()).sum();
        pool.state.gauge.claimed(self.tasks.len(), bytes);
        pool.state.recorder.claimed(self.tasks.len());
        self.jobs().for_each(|job| {
            pool.state.recorder.dispatched(&job);
            workers.run(job);
        });
    }

    /// The tasks, each as a job for a worker.
    pub(crate) fn jobs(self) -> impl Iterator<Item = Arc<Job>> {
        let Self { tasks, task_type, worker, unwritten } = self;
        let job = move |task| Arc::new(Job::new(task, task_type.clone(), worker, unwritten.clone()));
        tasks.into_iter().map(job)
    }
}

/// Both ways to claim. Each claim goes one of them.
pub(crate) struct Claims {
    written: Written,
    locks: Option<Locks>,
    left: Arc<LeftByLocks>,
}

impl Claims {
    /// # Errors
    /// When the system cannot run the committers.
    pub(crate) fn start(pool: &Arc<Pool>, open: &Arc<OpenBatches>) -> std::io::Result<Self> {
        let left = Arc::<LeftByLocks>::default();
        let locks = Locks::start(pool, open, &left)?;
        Ok(Self { written: Written::new(pool.clone(), left.clone()), locks, left })
    }

    /// Makes a lock-claim where that is worth it and a connection becomes free within a few milliseconds; else a
    /// written claim.
    pub(crate) async fn claim(
        &mut self,
        policy: &mut ClaimPolicy,
        wanted: Wanted,
    ) -> Result<ToRun, StoreError> {
        if let Some(locks) = &mut self.locks
            && !self.left.has_apart()
            && locks.are_worth_it(policy, wanted)
            && locks.wait_for_one().await
        {
            return locks.claim(policy, wanted).await;
        }
        self.written.claim(policy, wanted).await
    }

    /// Gives back claims that the store has for this pool and the pool does not know of, if there may be any.
    pub(crate) async fn reconcile(&mut self, policy: &mut ClaimPolicy) -> Result<(), StoreError> {
        self.written.reconcile(policy).await
    }

    /// Removes the lists of lock-claims that are over. Call it once the claimed tasks are on their way.
    pub(crate) async fn tidy(&mut self, worker: WorkerId) {
        if let Some(locks) = &mut self.locks {
            locks.tidy(worker).await;
        }
    }
}
