//! What all pools and task types do. Looks come every two seconds from each screen that is open, so what changes slowly, or
//! costs much, is read less often.

use super::history::{History, Point};
use super::kept::Kept;
use crate::failure::Failure;
use chrono::{DateTime, TimeDelta, Utc};
use fang_asynk::Admin;
use fang_core::operator::Freshness;
use fang_core::store::{
    By, Counts, Depth, Filter, Matching, Minute, Overview, PausedType, Per, Rate, Tally, TypeInfo, WorkerId,
    WorkerInfo,
};
use fang_core::{FangTaskState, QueueError};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The window of the rates, as `fang types` has it.
const RATES: Duration = Duration::from_secs(5 * 60);

/// The clock of the database is asked so often.
const CLOCK: Duration = Duration::from_secs(30);
/// The row of a pool may have over 30 KB, and there may be a thousand.
const POOLS: Freshness = Freshness::new(Duration::ZERO, Duration::from_secs(60));
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
    workers: Kept<Vec<WorkerInfo>>,
    /// The same, read so that the minutes go with them.
    counts: Kept<Vec<WorkerInfo>>,
    minutes: Option<Minutes>,
    waiting: Kept<(Vec<Depth>, Vec<PausedType>)>,
    failed: Kept<Matching>,
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
            workers: Kept::new(POOLS),
            counts: Kept::new(POOLS),
            minutes: None,
            waiting: Kept::new(WAITING),
            failed: Kept::new(FAILED),
            history: None,
        }
    }

    /// Forgets what may have changed.
    pub(super) fn forget(&mut self) {
        self.workers.forget();
        self.counts.forget();
        self.minutes = None;
        self.waiting.forget();
        self.failed.forget();
    }

    /// The time by the clock of the database.
    pub(super) async fn now(&mut self, admin: &Admin) -> Result<DateTime<Utc>, Failure> {
        let (said, age) = self.clock.get(admin.now()).await?;
        Ok(*said + chrono(age))
    }

    /// The workers.
    pub(super) async fn workers(&mut self, admin: &Admin) -> Result<Vec<WorkerInfo>, Failure> {
        Ok(self.workers.get(admin.workers()).await?.0.clone())
    }

    /// The task types and the workers: the rows of the pools, and now and then some more.
    pub(super) async fn look(&mut self, admin: &Admin) -> Result<SeenFleet, Failure> {
        let now = self.now(admin).await?;
        let Self { counts, minutes, waiting, .. } = self;
        let (workers, age) = counts.get(read_counts(admin, minutes)).await?;
        let rates = rates(minutes.as_ref(), workers, now - chrono(age));
        let ((depths, paused), counted_ago) = waiting.get(read_waiting(admin)).await?;
        let types = TypeInfo::all(depths.clone(), paused.clone(), workers, rates);
        Ok(SeenFleet { types, workers: workers.clone(), counted_ago })
    }

    /// The same, with the minutes of the last hour.
    pub(super) async fn look_back(&mut self, admin: &Admin) -> Result<(SeenFleet, Vec<Point>), Failure> {
        let now = self.now(admin).await?;
        let points = match self.history.take().filter(History::is_fresh) {
            Some(history) => self.history.insert(history).points.clone(),
            None => self.history.insert(History::read(admin, now).await?).points.clone(),
        };
        Ok((self.look(admin).await?, points))
    }

    /// The sums.
    pub(super) async fn overview(&mut self, admin: &Admin, types: &[TypeInfo]) -> Result<Overview, Failure> {
        let failed = Filter::in_state(FangTaskState::Failed);
        let (failed, _) = self.failed.get(admin.count_matching(&failed)).await?;
        Ok(Overview::of_types(types, *failed))
    }
}

/// The workers. If they have handed counts over to the minutes, these are read.
async fn read_counts(admin: &Admin, minutes: &mut Option<Minutes>) -> Result<Vec<WorkerInfo>, QueueError> {
    let workers = admin.workers().await?;
    let gathered = gathered(&workers);
    let is_known = |minutes: &Minutes| minutes.gathered == gathered && minutes.at.elapsed() < MINUTES;
    if minutes.as_ref().is_some_and(is_known) {
        return Ok(workers);
    }
    let recent = admin.minutes(RATES).await?;
    *minutes = Some(Minutes { recent, gathered, at: Instant::now() });
    // After the minutes: what is gathered between the two reads is missing until the next look, and not counted twice.
    admin.workers().await
}

async fn read_waiting(admin: &Admin) -> Result<(Vec<Depth>, Vec<PausedType>), QueueError> {
    Ok((admin.depths().await?, admin.paused_types().await?))
}

/// The rates when the workers were read.
fn rates(minutes: Option<&Minutes>, workers: &[WorkerInfo], at: DateTime<Utc>) -> Vec<Rate> {
    let (from, mut sum) = (Per::Minute.first(at, RATES), Counts::default());
    let recent = minutes.into_iter().flat_map(|minutes| &minutes.recent).filter(|minute| minute.at >= from);
    recent.for_each(|minute| sum.add(&minute.name, &minute.tally));
    Rate::of_sum(By::TaskType, sum, workers, from, at)
}

fn chrono(span: Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or_default()
}

/// How much of the counts of each worker is in minutes. It changes when a pool gathers.
fn gathered(workers: &[WorkerInfo]) -> BTreeMap<WorkerId, u64> {
    let ended = |tally: &Tally| tally.started.wrapping_add(tally.runs.count()).wrapping_add(tally.expired);
    let sum = |counts: &Counts| counts.iter().fold(0, |sum: u64, (_, tally)| sum.wrapping_add(ended(tally)));
    workers
        .iter()
        .map(|worker| (worker.id, sum(&worker.counts).wrapping_sub(sum(&worker.ungathered))))
        .collect()
}
