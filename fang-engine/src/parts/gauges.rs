//! The gauges of waiting tasks, with the feature `metrics`.

use crate::events::waits;
use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::signal::first_of;
use crate::state::Pool;
use std::sync::Arc;
use std::time::Duration;

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The most task types that a pool looks at. A count of 10,000 tasks may take the server some 10 ms.
const MAX_TYPES: usize = 20;

/// Looks how many tasks wait, for the task types of the pool.
pub(crate) struct Gauges {
    pub(crate) pool: Arc<Pool>,
}

impl Gauges {
    /// Looks until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    async fn look(&self) {
        for share in self.pool.state.served.shares().iter().take(MAX_TYPES) {
            match self.pool.store.depths(Some(&share.task_type)).await {
                Ok(depths) => waits(&share.task_type, depths.first()),
                Err(error) => {
                    log::debug!("waiting tasks could not be counted; the next look tries again: {error}");
                    return;
                }
            }
        }
    }
}

impl Part for Gauges {
    const NAME: &str = "gauges";

    fn pool(&self) -> &Pool {
        &self.pool
    }

    async fn work(&mut self) {
        while self.pool.phase.get() == Phase::Running {
            self.look().await;
            let pause = self.pool.sleep(LOOK_EVERY.mul_f64(0.5 + fastrand::f64()));
            first_of([Box::pin(self.pool.phase.reached(Phase::Draining)), pause]).await;
        }
    }
}
