//! The claim that writes the rows.

use super::{ClaimSource, LeftApart, ToRun};
use crate::policy::claim::{ClaimPolicy, Wanted};
use crate::state::Pool;
use async_trait::async_trait;
use fang_core::StoreError;
use std::sync::Arc;

pub(super) struct Written {
    pool: Arc<Pool>,
    left_apart: LeftApart,
}

impl Written {
    pub(super) fn new(pool: Arc<Pool>, left_apart: LeftApart) -> Self {
        Self { pool, left_apart }
    }

    /// Gives back what the store takes to be in flight here and is not: a claim whose answer was lost may have been made.
    /// Others may have read a list that is taken back, so the doubt begins anew.
    async fn reconcile(&self, policy: &mut ClaimPolicy) -> Result<(), StoreError> {
        if policy.is_in_doubt(self.pool.now()) {
            let (store, state) = (&self.pool.store, &self.pool.state);
            let (worker, known) = (state.worker(), state.in_flight.list());
            let unlisted = store.unlist_unknown(worker, &known).await;
            if !matches!(unlisted, Ok(0)) {
                state.may_be_forgotten();
            }
            unlisted?;
            store.disown(worker, &known).await?;
            policy.settled(self.pool.now());
        }
        Ok(())
    }
}

#[async_trait]
impl ClaimSource for Written {
    async fn claim(&mut self, policy: &mut ClaimPolicy, wanted: Wanted) -> Result<ToRun, StoreError> {
        let (pool, worker) = (&self.pool, self.pool.state.worker());
        let wanted = if self.left_apart.take() { wanted.from_the_beginning() } else { wanted };
        self.reconcile(policy).await?;
        let asked = policy.ask(&pool.state, wanted, worker);
        match pool.store.claim(&asked.claim()).await {
            Ok(mut tasks) => {
                policy.claimed(&pool.state, pool.now(), &asked, &mut tasks);
                Ok(ToRun { tasks, task_type: asked.task_type, worker, locked: None })
            }
            Err(error) => {
                policy.gave_up(pool.now(), &asked);
                Err(error)
            }
        }
    }
}
