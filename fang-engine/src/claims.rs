//! Two ways to claim: one writes the rows, the other locks them alone. Only this folder knows of the second.

mod left_by_locks;
mod locks;
mod written;

pub(crate) use locks::OpenBatches;

use crate::policy::claim::{ClaimPolicy, Wanted};
use crate::state::job::Job;
use crate::state::pool::Pool;
use crate::state::unwritten::UnwrittenClaim;
use async_trait::async_trait;
use fang_core::StoreError;
use fang_core::store::{Claimed, WorkerId};
use left_by_locks::LeftByLocks;
use locks::Locks;
use std::sync::Arc;
use written::Written;

/// A way to claim.
#[async_trait]
trait ClaimSource: Send {
    /// Claims, and tells the policy what came of it.
    async fn claim(&mut self, policy: &mut ClaimPolicy, wanted: Wanted) -> Result<ToRun, StoreError>;
}

/// Tasks that were claimed and are to run now.
#[derive(Debug)]
pub(crate) struct ToRun {
    pub(crate) tasks: Vec<Claimed>,
    pub(crate) task_type: Arc<str>,
    pub(crate) worker: WorkerId,
    /// Their claim, while nothing is written of that.
    pub(crate) unwritten: Option<Arc<dyn UnwrittenClaim>>,
}

impl ToRun {
    /// Each of them, for a worker.
    pub(crate) fn jobs(self) -> impl Iterator<Item = Job> {
        let Self { tasks, task_type, worker, unwritten } = self;
        let job =
            move |task| Job { task, task_type: task_type.clone(), worker, unwritten: unwritten.clone() };
        tasks.into_iter().map(job)
    }
}

/// Both ways, and the choice between them.
pub(crate) struct Claims {
    written: Written,
    locks: Option<Locks>,
    left: Arc<LeftByLocks>,
}

impl Claims {
    /// # Errors
    /// When the system has nothing left to run the settlers with.
    pub(crate) fn start(pool: &Arc<Pool>, open: &Arc<OpenBatches>) -> std::io::Result<Self> {
        let left = Arc::<LeftByLocks>::default();
        let locks = Locks::start(pool, open, &left)?;
        Ok(Self { written: Written::new(pool.clone(), left.clone()), locks, left })
    }

    /// Claims by locks where that is worth it and a connection for it becomes free before long, and else in writing.
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

    /// Takes back the lists of lock-claims that are over. To be called once the claimed tasks are on their way.
    pub(crate) async fn tidy(&mut self, worker: WorkerId) {
        if let Some(locks) = &mut self.locks {
            locks.tidy(worker).await;
        }
    }
}
