//! The gauges of waiting tasks, with the feature `metrics`.

use crate::events::waits;
use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::signal::first_of;
use crate::state::Pool;
use std::sync::Arc;
use std::time::Duration;

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(10);

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
        match self.pool.store.depths(None).await {
            Ok(depths) => {
                for share in &self.pool.state.shares {
                    let depth = depths.iter().find(|depth| *depth.task_type == *share.task_type);
                    waits(&share.task_type, depth);
                }
            }
            Err(error) => {
                log::debug!("waiting tasks could not be counted; the next look tries again: {error}");
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
