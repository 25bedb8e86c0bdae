//! Removes what is no longer needed.

use crate::engine::Engine;
use crate::supervisor::panicked;
use fang_core::StoreError;
use fang_core::pool::Phase;
use fang_core::store::Prune;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// How many tasks one statement removes.
const BITE: u32 = 1000;

pub(crate) struct Pruner {
    pub(crate) engine: Arc<Engine>,
    pub(crate) older_than: Option<Duration>,
}

impl Pruner {
    /// Prunes now and then until the pool drains.
    pub(crate) async fn run(self) {
        while AssertUnwindSafe(self.work()).catch_unwind().await.is_err() {
            panicked("pruner").await;
        }
    }

    async fn work(&self) {
        let mut phase = self.engine.phase.subscribe();
        loop {
            let pause = PRUNE_EVERY.mul_f64(0.5 + fastrand::f64());
            let draining = phase.wait_for(|phase| *phase > Phase::Running);
            if tokio::time::timeout(pause, draining).await.is_ok() {
                return;
            }
            if let Err(error) = self.run_once().await {
                log::debug!("nothing could be pruned: {error}");
            }
        }
    }

    async fn run_once(&self) -> Result<(), StoreError> {
        let prune = Prune { older_than: self.older_than, limit: BITE };
        while self.engine.store.prune(&prune).await? >= u64::from(BITE) {}
        Ok(())
    }
}
