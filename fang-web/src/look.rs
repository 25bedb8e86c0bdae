//! What the live pages show. One look serves all viewers.

use chrono::{DateTime, Utc};
use fang_core::operator::offered;
use fang_core::store::{By, Filter, Matching, Overview, RunningPage, TypeInfo, WorkerInfo, WorkerState};
use fang_core::{FangTaskState, QueueError};
use fang_engine::handle::Admin;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a look is told again: live pages change as often.
pub(crate) const FRESH_FOR: Duration = Duration::from_secs(2);
/// How rarely failed tasks are counted, which may look at 100,000 tasks.
const FAILED_FRESH_FOR: Duration = Duration::from_secs(30);
/// How many running tasks the first page of them has.
pub(crate) const RUNNING: u32 = 50;

/// What the store told.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) now: DateTime<Utc>,
    pub(crate) types: Vec<TypeInfo>,
    pub(crate) workers: Vec<WorkerInfo>,
    pub(crate) running: RunningPage,
    pub(crate) overview: Overview,
    failed: (Instant, Matching),
}

impl Look {
    pub(crate) async fn read(admin: Admin, before: Option<Arc<Self>>) -> Result<Self, QueueError> {
        let types: Vec<TypeInfo> = offered(admin.task_types()).await?;
        let workers: Vec<WorkerInfo> = offered(admin.workers()).await?;
        let running: RunningPage = offered(admin.running(None, RUNNING)).await?;
        let failed = match before.map(|before| before.failed) {
            Some(failed) if failed.0.elapsed() < FAILED_FRESH_FOR => failed,
            _ => (Instant::now(), admin.count_matching(&Filter::in_state(FangTaskState::Failed)).await?),
        };
        let overview = Overview::of_types(&types, failed.1);
        Ok(Self { now: admin.now().await?, types, workers, running, overview, failed })
    }

    /// How many task types there are, or how many kinds the workers have counted.
    pub(crate) fn names(&self, by: By) -> usize {
        let counted = self.workers.iter().flat_map(|worker| worker.counts.by(by).map(|(name, _)| name));
        match by {
            By::TaskType => self.types.len(),
            By::Kind => counted.collect::<BTreeSet<_>>().len(),
        }
    }

    /// The workers that are not dead.
    pub(crate) fn alive(&self) -> impl Iterator<Item = &WorkerInfo> {
        self.workers.iter().filter(|worker| worker.state != WorkerState::Dead)
    }
}
