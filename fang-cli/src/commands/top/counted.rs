//! How many tasks have failed, as last counted.

use crate::failure::Failure;
use fang_asynk::Admin;
use fang_core::FangTaskState;
use fang_core::store::{Filter, Matching};
use std::time::{Duration, Instant};

/// The failed tasks are counted for a thousandth of the time at most, or once a minute if that is more often, since no
/// beat of a pool tells how many there are.
const SHARE_OF_COUNTS: u32 = 1_000;
const COUNTS_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// The last count.
#[derive(Default)]
pub(super) struct Failed(Option<Count>);

struct Count {
    tasks: Matching,
    at: Instant,
    took: Duration,
}

impl Failed {
    /// The number, which is counted if the last count is old.
    pub(super) async fn tasks(&mut self, admin: &Admin) -> Result<Matching, Failure> {
        // What is known outlives a look that is cut short.
        match &self.0 {
            Some(counted) if counted.is_fresh() => Ok(counted.tasks),
            _ => Ok(self.0.insert(Count::make(admin).await?).tasks),
        }
    }
}

impl Count {
    async fn make(admin: &Admin) -> Result<Self, Failure> {
        let at = Instant::now();
        let tasks = admin.count_matching(&Filter::in_state(FangTaskState::Failed)).await?;
        Ok(Self { tasks, at, took: at.elapsed() })
    }

    fn is_fresh(&self) -> bool {
        self.at.elapsed() < (self.took * SHARE_OF_COUNTS).min(COUNTS_AT_LEAST_EVERY)
    }
}
