//! Removes what is no longer needed.

use crate::block_on::block_on;
use crate::engine::Engine;
use crate::supervisor::panicked;
use fang_core::StoreError;
use fang_core::pool::Phase;
use fang_core::store::Prune;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    pub(crate) fn run(self) {
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            panicked("pruner");
        }
    }

    fn work(&self) {
        loop {
            let pause = PRUNE_EVERY.mul_f64(0.5 + fastrand::f64());
            if self.engine.phase.wait_for(Phase::Draining, pause) {
                return;
            }
            if let Err(error) = self.run_once() {
                log::debug!("nothing could be pruned: {error}");
            }
        }
    }

    fn run_once(&self) -> Result<(), StoreError> {
        let prune = Prune { older_than: self.older_than, limit: BITE };
        while block_on(self.engine.store.prune(&prune))? >= u64::from(BITE) {}
        Ok(())
    }
}
