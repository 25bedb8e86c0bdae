//! Written claims: they update the rows.

use super::ToRun;
use super::left_by_locks::LeftByLocks;
use crate::policy::claim::{ClaimPolicy, Wanted};
use crate::state::pool::Pool;
use fang_core::StoreError;
use fang_core::store::{Claimed, ClaimedTasks, Disown};
use std::sync::Arc;

pub(super) struct Written {
    pool: Arc<Pool>,
    left: Arc<LeftByLocks>,
}

impl Written {
    pub(super) fn new(pool: Arc<Pool>, left: Arc<LeftByLocks>) -> Self {
        Self { pool, left }
    }

    /// Gives back claims that the store has for this pool and the pool does not know of. A claim whose answer was
    /// lost may have been made. Another worker may have read a list before it was taken back, so there is another
    /// look after that.
    pub(super) async fn reconcile(&self, policy: &mut ClaimPolicy) -> Result<(), StoreError> {
        if policy.is_in_doubt(self.pool.now()) {
            let (store, state) = (&self.pool.store, &self.pool.state);
            let (worker, known) = (state.worker(), state.in_flight.list());
            let unlisted = store.unlist_unknown(worker, &known).await;
            if !matches!(unlisted, Ok(0)) {
                state.must_reconcile();
            }
            unlisted?;
            store.disown(&Disown::all_of(worker).but(&known)).await?;
            policy.reconciled(self.pool.now());
        }
        Ok(())
    }

    /// Drops tasks that this pool already ran under this lease, by a lock-claim whose connection is gone. Returns
    /// whether it dropped any.
    fn take_out_known(&self, tasks: &mut Vec<Claimed>) -> bool {
        // In this order: a committer notes a lost lock before it removes the task from those in flight.
        let runs = !self.pool.state.in_flight.take_out_of(tasks).is_empty();
        self.left.take_lost_out_of(tasks) || runs
    }

    async fn try_claim(&self, policy: &mut ClaimPolicy, wanted: Wanted) -> Result<ToRun, StoreError> {
        let (pool, worker) = (&self.pool, self.pool.state.worker());
        self.reconcile(policy).await?;
        let asked = policy.ask(wanted, worker);
        self.left.claim_begins();
        match pool.store.claim(&asked.claim()).await {
            Ok(ClaimedTasks { mut tasks, next_in }) => {
                if self.take_out_known(&mut tasks) {
                    // One of them may have ended in this moment, and its claim would then be left over.
                    policy.doubt(pool.now());
                }
                policy.claimed(pool.now(), &asked, &mut tasks, next_in);
                pool.state.in_flight.add(worker, tasks.iter().map(|task| (task.id, task.lease)));
                policy.set_suspects_aside(pool.now(), &asked, &mut tasks);
                Ok(ToRun { tasks, task_type: asked.task_type, worker, unwritten: None })
            }
            Err(error) => {
                // The server may have made the claim.
                policy.doubt(pool.now());
                policy.gave_up(pool.now(), &asked);
                Err(error)
            }
        }
    }

    /// Claims, and reports the outcome to the policy.
    pub(super) async fn claim(&self, policy: &mut ClaimPolicy, wanted: Wanted) -> Result<ToRun, StoreError> {
        let has_apart = self.left.take_apart();
        let wanted = if has_apart { wanted.from_the_beginning() } else { wanted };
        let claimed = self.try_claim(policy, wanted).await;
        if has_apart && claimed.is_err() {
            // The next claim looks for them.
            self.left.set_apart();
        }
        claimed
    }
}
