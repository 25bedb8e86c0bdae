//! Two ways to claim: one writes the rows, the other locks them alone. Only this folder knows of the second.

mod locks;
mod written;

pub use locks::{LockedResults, may_lock};
pub(crate) use locks::{Locks, OpenBatches, Worth};

use crate::policy::claim::{ClaimPolicy, Wanted};
use crate::state::Pool;
use async_trait::async_trait;
use fang_core::StoreError;
use fang_core::store::{Claimed, WorkerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use written::Written;

/// A way to claim.
#[async_trait]
pub(crate) trait ClaimSource: Send {
    /// Claims, and tells the policy what came of it.
    async fn claim(&mut self, policy: &mut ClaimPolicy, wanted: Wanted) -> Result<ToRun, StoreError>;
}

/// Tasks that were claimed and are to run now.
#[derive(Debug)]
pub(crate) struct ToRun {
    pub(crate) tasks: Vec<Claimed>,
    pub(crate) task_type: Arc<str>,
    pub(crate) worker: WorkerId,
    /// Where their results go while nothing is written of their claims.
    pub(crate) locked: Option<Arc<LockedResults>>,
}

/// Whether lock-claims left tasks behind whose rows must be written first. Settlers set it, a written claim takes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftApart(Arc<AtomicBool>);

impl LeftApart {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// Both ways, and the choice between them.
pub(crate) struct Claims {
    written: Written,
    locks: Option<Locks>,
    left_apart: LeftApart,
}

impl Claims {
    /// # Errors
    /// When the system has nothing left to run the settlers with.
    pub(crate) fn start(pool: &Arc<Pool>, open: &Arc<OpenBatches>) -> std::io::Result<Self> {
        let left_apart = LeftApart::default();
        let locks = Locks::start(pool, open, &left_apart)?;
        Ok(Self { written: Written::new(pool.clone(), left_apart.clone()), locks, left_apart })
    }

    /// Whether there is anything to lock with, and no task waits for a written claim.
    pub(crate) fn may_lock(&self) -> bool {
        self.locks.is_some() && !self.left_apart.is_set()
    }

    /// Claims by locks, if a connection for that becomes free before long, or in writing.
    pub(crate) async fn by_locks(
        &mut self,
        policy: &mut ClaimPolicy,
        wanted: Wanted,
    ) -> Result<ToRun, StoreError> {
        if let Some(locks) = &mut self.locks
            && locks.wait_for_one().await
        {
            return locks.claim(policy, wanted).await;
        }
        self.in_writing(policy, wanted).await
    }

    /// Claims in writing.
    pub(crate) async fn in_writing(
        &mut self,
        policy: &mut ClaimPolicy,
        wanted: Wanted,
    ) -> Result<ToRun, StoreError> {
        self.written.claim(policy, wanted).await
    }

    /// Takes back the lists of lock-claims that are over. To be called once the claimed tasks are on their way.
    pub(crate) async fn tidy(&mut self, worker: WorkerId) {
        if let Some(locks) = &mut self.locks {
            locks.tidy(worker).await;
        }
    }
}
