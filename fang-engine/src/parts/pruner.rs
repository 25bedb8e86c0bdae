//! The pruner: removes old tasks, workers and unique keys.

use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::signal::first_of;
use crate::state::Pool;
use fang_core::StoreError;
use fang_core::store::Prune;
use std::sync::Arc;
use std::time::Duration;

const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// The most tasks that one statement removes.
const BATCH: u32 = 1000;

pub(crate) struct Pruner {
    pub(crate) pool: Arc<Pool>,
}

impl Pruner {
    /// Prunes about once a minute until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    async fn run_once(&self) -> Result<(), StoreError> {
        let prune = Prune { older_than: self.pool.config.prune_after, limit: BATCH };
        while self.pool.store.prune(&prune).await? >= u64::from(BATCH) {}
        Ok(())
    }
}

impl Part for Pruner {
    const NAME: &str = "pruner";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        loop {
            let pause = self.pool.sleep(PRUNE_EVERY.mul_f64(0.5 + fastrand::f64()));
            first_of([Box::pin(self.pool.phase.reached(Phase::Draining)), pause]).await;
            if self.pool.phase.get() > Phase::Running {
                return;
            }
            if let Err(error) = self.run_once().await {
                log::debug!("old rows could not be removed; the next round tries again: {error}");
            }
        }
    }
}
