//! The pruner: removes old tasks, workers and unique keys, and logs task types that no pool serves.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::policy::unserved::Told;
use crate::signal::first_of;
use crate::state::Pool;
use fang_core::StoreError;
use fang_core::store::Prune;
use std::sync::Arc;
use std::time::Duration;

/// The time between two rounds, or two leases if that is shorter.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// The most task types that are looked at in one round.
const TYPES_A_ROUND: u32 = 1000;

/// The most tasks that one statement removes.
const BATCH: u32 = 1000;

pub(crate) struct Pruner {
    pool: Arc<Pool>,
    /// The task types that were told.
    told: Told,
    /// The task type to look at first in the next round.
    from: String,
}

impl Pruner {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, told: Told::default(), from: String::new() }
    }

    /// Does a round about once a minute until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    async fn run_once(&mut self) -> Result<(), StoreError> {
        let removed = prune(&self.pool).await;
        let looked = self.look_for_unserved().await;
        self.pool.turnover.add(removed?);
        looked
    }

    async fn look_for_unserved(&mut self) -> Result<(), StoreError> {
        let found = self.pool.store.unserved(&self.from, TYPES_A_ROUND).await?;
        self.told.news(&found).iter().for_each(|line| log::warn!("{line}"));
        self.from = found.next.unwrap_or_default();
        Ok(())
    }
}

/// Removes all rows whose time is over. Returns how many.
pub(crate) async fn prune(pool: &Pool) -> Result<u64, StoreError> {
    let prune = Prune { older_than: pool.config.prune_after, limit: BATCH };
    let mut removed = 0;
    loop {
        let batch = pool.store.prune(&prune).await?;
        removed += batch;
        if batch < u64::from(BATCH) {
            return Ok(removed);
        }
    }
}

impl Part for Pruner {
    const NAME: &str = "pruner";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        let every = PRUNE_EVERY.min(self.pool.config.lease.dead_after.saturating_mul(2));
        loop {
            let pause = self.pool.sleep(every.mul_f64(0.5 + fastrand::f64()));
            first_of([Box::pin(self.pool.phase.reached(Phase::Draining)), pause]).await;
            if self.pool.phase.get() > Phase::Running {
                return;
            }
            if let Err(error) = self.run_once().await {
                log::debug!(
                    "old rows could not be removed, or task types not be looked at; the next round tries again: {error}"
                );
            }
        }
    }
}
