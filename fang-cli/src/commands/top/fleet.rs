//! What all pools and task types do. Looks come every two seconds from each screen that is open, so what changes slowly, or
//! costs much, is read less often.

use super::history::{History, Point};
use super::kept::Kept;
use crate::failure::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use fang_asynk::Admin;
use fang_core::operator::Freshness;
use fang_core::store::{
    By, Depth, Filter, Matching, Minute, Overview, PausedType, Per, Rate, Tally, TypeInfo, WorkerId,
    WorkerInfo,
};
use fang_core::{FangTaskState, QueueError};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The window of the rates, as `fang types` has it.
const RATES: Duration = Duration::from_secs(5 * 60);

/// The clock of the database is asked so often.
const CLOCK: Duration = Duration::from_secs(30);
/// Each walk through the waiting tasks passes the dead entries of the index, of which a busy queue leaves many.
const WAITING: Freshness = Freshness::new(Duration::ZERO, Duration::from_secs(10)).share(1_000);
/// No beat of a pool tells how many tasks have failed, and they may be among many that finished.
const FAILED: Freshness = Freshness::new(Duration::ZERO, Duration::from_secs(60)).share(5_000);
/// Minutes that no worker has added to may still have been removed.
const MINUTES: Duration = Duration::from_secs(60);

/// What was seen of it.
pub(super) struct SeenFleet {
    pub(super) types: Vec<TypeInfo>,
    pub(super) workers: Vec<WorkerInfo>,
    /// How long ago the waiting tasks were counted.
    pub(super) counted_ago: Duration,
}

/// What is known of it.
pub(super) struct Fleet {
    clock: Kept<DateTime<Utc>>,
    waiting: Kept<(Vec<Depth>, Vec<PausedType>)>,
    failed: Kept<Matching>,
    minutes: Option<Minutes>,
    history: Option<History>,
}

/// The minutes of the rates.
struct Minutes {
    recent: Vec<Minute>,
    /// How much of the counts of each worker is in minutes.
    gathered: BTreeMap<WorkerId, u64>,
    at: Instant,
}

impl Fleet {
    pub(super) fn new() -> Self {
        Self {
            clock: Kept::new(Freshness::new(CLOCK, CLOCK)),
            waiting: Kept::new(WAITING),
            failed: Kept::new(FAILED),
            minutes: None,
            history: None,
        }
    }

    /// Forgets what may have changed.
    pub(super) fn forget(&mut self) {
        self.waiting.forget();
        self.failed.forget();
        self.minutes = None;
    }

    /// The time by the clock of the database.
    pub(super) async fn now(&mut self, admin: &Admin) -> Result<DateTime<Utc>, Failure> {
        let (said, age) = self.clock.get(admin.now()).await?;
        Ok(*said + TimeDelta::from_std(age).unwrap_or_default())
    }

    /// The task types and the workers: one statement, and now and then some more.
    pub(super) async fn look(&mut self, admin: &Admin) -> Result<SeenFleet, Failure> {
        let (now, workers) = (self.now(admin).await?, self.workers(admin, RATES).await?);
        self.seen(admin, now, workers).await
    }

    /// The same, with the minutes of the last hour.
    pub(super) async fn look_back(&mut self, admin: &Admin) -> Result<(SeenFleet, Vec<Point>), Failure> {
        let now = self.now(admin).await?;
        let workers = match self.history.as_ref().is_some_and(History::is_fresh) {
            true => self.workers(admin, RATES).await?,
            false => self.read_history(admin, now).await?,
        };
        let points = self.history.as_ref().map(|history| history.points.clone()).unwrap_or_default();
        Ok((self.seen(admin, now, workers).await?, points))
    }

    /// The sums.
    pub(super) async fn overview(&mut self, admin: &Admin, types: &[TypeInfo]) -> Result<Overview, Failure> {
        let failed = Filter::in_state(FangTaskState::Failed);
        let (failed, _) = self.failed.get(admin.count_matching(&failed)).await?;
        Ok(Overview::of_types(types, *failed))
    }

    async fn seen(
        &mut self,
        admin: &Admin,
        now: DateTime<Utc>,
        workers: Vec<WorkerInfo>,
    ) -> Result<SeenFleet, Failure> {
        let from = Per::Minute.first(now, RATES);
        let recent = self.minutes.iter().flat_map(|minutes| &minutes.recent);
        let recent: Vec<_> = recent.filter(|minute| minute.at >= from).cloned().collect();
        let ((depths, paused), counted_ago) = self.waiting.get(waiting(admin)).await?;
        let rates = Rate::all(By::TaskType, &recent, &workers, from, now);
        let types = TypeInfo::all(depths.clone(), paused.clone(), &workers, rates);
        Ok(SeenFleet { types, workers, counted_ago })
    }

    /// The workers. If they have handed counts over to the minutes, these are read, at least as far back as `since`.
    async fn workers(&mut self, admin: &Admin, since: Duration) -> Result<Vec<WorkerInfo>, Failure> {
        let workers = admin.workers().await?;
        let gathered = gathered(&workers);
        let is_known = |minutes: &Minutes| minutes.gathered == gathered && minutes.at.elapsed() < MINUTES;
        if self.minutes.as_ref().is_some_and(is_known) {
            return Ok(workers);
        }
        let recent = admin.minutes(since).await?;
        self.minutes = Some(Minutes { recent, gathered, at: Instant::now() });
        // After the minutes: what is gathered between the two reads is missing until the next look, and not counted twice.
        Ok(admin.workers().await?)
    }

    async fn read_history(&mut self, admin: &Admin, now: DateTime<Utc>) -> Result<Vec<WorkerInfo>, Failure> {
        let began = Instant::now();
        self.minutes = None;
        let workers = self.workers(admin, super::history::SPAN).await?;
        if let Some(minutes) = &mut self.minutes {
            self.history = Some(History::of(&minutes.recent, now, began.elapsed()));
            let from = Per::Minute.first(now, RATES);
            minutes.recent.retain(|minute| minute.at >= from);
        }
        Ok(workers)
    }
}

async fn waiting(admin: &Admin) -> Result<(Vec<Depth>, Vec<PausedType>), QueueError> {
    Ok((admin.depths().await?, admin.paused_types().await?))
}

/// How much of the counts of each worker is in minutes. It changes when a pool gathers.
fn gathered(workers: &[WorkerInfo]) -> BTreeMap<WorkerId, u64> {
    let ended = |tally: &Tally| tally.started.wrapping_add(tally.runs.count()).wrapping_add(tally.expired);
    let sum = |counts: &fang_core::store::Counts| {
        counts.iter().fold(0, |sum: u64, (_, tally)| sum.wrapping_add(ended(tally)))
    };
    workers
        .iter()
        .map(|worker| (worker.id, sum(&worker.counts).wrapping_sub(sum(&worker.ungathered))))
        .collect()
}
