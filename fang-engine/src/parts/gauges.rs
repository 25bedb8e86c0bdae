//! The gauges of waiting tasks, with the feature `metrics`.

use crate::events::{FirstNames, waits};
use crate::part::{Part, run_to_end};
use crate::phase::Phase;
use crate::signal::first_of;
use crate::state::Pool;
use fang_core::StoreError;
use fang_core::store::Depth;
use std::sync::Arc;
use std::time::Duration;

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// The most task types whose tasks are counted. A count of 10,000 tasks may take the server some 10 ms.
const MAX_TYPES: usize = 20;

/// Looks how many tasks wait, for the task types of the pool.
pub(crate) struct Gauges {
    pool: Arc<Pool>,
    /// The task types that have gauges while the pool runs, if it serves many. A recorder keeps each name that it was told.
    named: FirstNames<()>,
    /// Those whose gauges were set at the last look.
    known: Vec<Arc<str>>,
}

impl Gauges {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool, named: FirstNames::default(), known: Vec::new() }
    }

    /// Looks until the pool drains.
    pub(crate) async fn run(mut self) {
        run_to_end(&mut self).await;
    }

    /// Sets the gauges to zero, so that what this process last saw does not stay for the truth.
    fn reset(&self) {
        self.known.iter().for_each(|name| waits(name, None));
    }

    async fn look(&mut self) {
        let has_many = self.pool.state.served.are_many();
        let outcome = if has_many { self.look_at_many().await } else { self.look_at_each().await };
        if let Err(error) = outcome {
            log::debug!("waiting tasks could not be counted; the next look tries again: {error}");
        }
    }

    async fn look_at_each(&mut self) -> Result<(), StoreError> {
        self.known = self.pool.state.served.names().cloned().collect();
        for name in &self.known {
            let depths = self.pool.store.depths(Some(name)).await?;
            waits(name, depths.first());
        }
        Ok(())
    }

    /// One statement, however many types there are. Tells of the first ones that have waiting tasks.
    async fn look_at_many(&mut self) -> Result<(), StoreError> {
        let all = self.pool.store.depths(None).await?;
        let served = &self.pool.state.served;
        let of_ours = |depth: &Depth| served.share(&depth.task_type).map(|share| share.task_type);
        let ours = all.iter().filter_map(|depth| Some((of_ours(depth)?, depth)));
        let is_named = |name: &str| self.named.own(name, |_| ()).is_some();
        let found: Vec<_> = ours.filter(|(name, _)| is_named(name)).take(MAX_TYPES).collect();
        let has = |name: &Arc<str>| found.iter().any(|(found, _)| found == name);
        self.known.iter().filter(|name| !has(name)).for_each(|name| waits(name, None));
        found.iter().for_each(|(name, depth)| waits(name, Some(depth)));
        self.known = found.into_iter().map(|(name, _)| name).collect();
        Ok(())
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
        self.reset();
    }
}
