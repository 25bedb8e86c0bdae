//! The helpers of the scenarios: tasks to insert, and calls of the store that must succeed.

use super::{LEASE, Rig};
use crate::new_task::NewTask;
use crate::scan::{self, ScanRanges, Start};
use crate::store::{
    Beat, Change, Claim, Claimed, Filter, Finish, Inserted, Pause, Report, Rescue, Rescued, ScanRange,
    Verdict, WorkerId,
};
use crate::task::{DEFAULT_TASK_TYPE, FangTaskState, Mode, Task};
use crate::unique::Unique;
use chrono::{DateTime, Utc};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use uuid::Uuid;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// The rescue of all scenarios.
pub(super) const RESCUE: Rescue = Rescue { by: None, lease: LEASE, max_crashes: 3 };

/// What became of workers and their tasks in a rescue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fates {
    pub(super) buried: u64,
    pub(super) retried: u64,
    pub(super) failed: u64,
}

impl From<&Rescued> for Fates {
    fn from(rescued: &Rescued) -> Self {
        Self { buried: rescued.buried, retried: rescued.retried(), failed: rescued.failed() }
    }
}

/// How long a scenario may take on a store whose clock runs: shorter than every delay in a scenario.
const SLACK: Duration = Duration::from_secs(25);

pub(super) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Task number `n`, due now, for tokio workers.
pub(super) fn task(n: u128) -> NewTask {
    let metadata = format!(r#"{{"type":"Contract","n":{n}}}"#);
    NewTask { id: id(n), ..NewTask::new(metadata, DEFAULT_TASK_TYPE.to_owned(), Mode::Asynk) }
}

/// Task number `n` with this payload, unique by its payload.
pub(super) fn unique(n: u128, payload: &str) -> NewTask {
    let metadata = format!(r#"{{"type":"Contract","payload":"{payload}"}}"#);
    NewTask { metadata, ..task(n) }.unique().unwrap()
}

/// Task number `n`, unique in this way.
pub(super) fn unique_by(n: u128, unique: Unique) -> NewTask {
    task(n).unique_by(unique).hashed().unwrap()
}

/// The numbers of claimed tasks.
pub(super) fn numbers(claimed: &[Claimed]) -> Vec<u128> {
    claimed.iter().map(|task| task.id.as_u128()).collect()
}

/// Asserts that a span is about as long as expected: the clocks of some stores run.
#[track_caller]
pub(super) fn assert_about(span: Option<Duration>, expected: Duration) {
    let is_near = span.is_some_and(|span| span.abs_diff(expected) < SLACK);
    assert!(is_near, "expected about {expected:?}, got {span:?}");
}

/// Runs two futures at the same time.
pub(super) async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> [T; 2] {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        first = first.take().or_else(|| ready(one.as_mut().poll(context)));
        second = second.take().or_else(|| ready(other.as_mut().poll(context)));
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    [first.unwrap(), second.unwrap()]
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

impl dyn Rig + '_ {
    pub(super) async fn now(&self) -> DateTime<Utc> {
        self.store().now().await.unwrap()
    }

    pub(super) async fn insert(&self, tasks: &[NewTask]) -> Vec<Inserted> {
        self.store().insert(tasks).await.unwrap()
    }

    pub(super) async fn worker(&self) -> WorkerId {
        self.store().register(r#"{"host":"contract"}"#).await.unwrap()
    }

    /// Claims async tasks of the default task type, and returns them in the order in which they would run.
    pub(super) async fn claim(&self, worker: WorkerId, limit: usize) -> Vec<Claimed> {
        self.claim_of(worker, DEFAULT_TASK_TYPE, Mode::Asynk, limit).await
    }

    pub(super) async fn claim_of(
        &self,
        worker: WorkerId,
        task_type: &str,
        mode: Mode,
        limit: usize,
    ) -> Vec<Claimed> {
        let ranges = ScanRanges::new(mode).in_order(false, Start::Beginning);
        let mut claimed = self.claim_from(worker, task_type, &ranges, limit).await;
        scan::sort(&mut claimed, false);
        claimed
    }

    pub(super) async fn claim_from(
        &self,
        worker: WorkerId,
        task_type: &str,
        ranges: &[ScanRange],
        limit: usize,
    ) -> Vec<Claimed> {
        self.store().claim(&Claim::new(worker, task_type, limit, ranges)).await.unwrap().tasks
    }

    /// Claims from the beginning of each scan range, and tells in how long the next task becomes due.
    pub(super) async fn claim_and_look_ahead(
        &self,
        worker: WorkerId,
        limit: usize,
        within: Duration,
    ) -> (Vec<u128>, Option<Duration>) {
        let ranges = ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning);
        let claim = Claim { within, ..Claim::new(worker, DEFAULT_TASK_TYPE, limit, &ranges) };
        let claimed = self.store().claim(&claim).await.unwrap();
        (numbers(&claimed.tasks), claimed.next_in)
    }

    /// Claims the only task that is due.
    pub(super) async fn claim_one(&self, worker: WorkerId) -> Claimed {
        let mut claimed = self.claim(worker, 10).await;
        assert_eq!(
            claimed.len(),
            1,
            "exactly one task should be due, but these are: {:?}",
            numbers(&claimed)
        );
        claimed.remove(0)
    }

    /// Saves one result; returns whether it was accepted.
    pub(super) async fn finish(&self, worker: WorkerId, task: &Claimed, verdict: Verdict) -> bool {
        self.finish_and_keep(worker, task, verdict, None).await
    }

    /// Saves one result of a task whose kind says how long it is kept; returns whether it was accepted.
    pub(super) async fn finish_and_keep(
        &self,
        worker: WorkerId,
        task: &Claimed,
        verdict: Verdict,
        keep: Option<Duration>,
    ) -> bool {
        let result = Finish { id: task.id, lease: task.lease, verdict, keep };
        let saved = self.finish_all(worker, &[result]).await;
        assert!(saved <= 1, "one result was counted as {saved}");
        saved == 1
    }

    pub(super) async fn finish_all(&self, worker: WorkerId, results: &[Finish]) -> u64 {
        self.store().finish(worker, results).await.unwrap()
    }

    /// Inserts a task, claims it and finishes it with this verdict.
    pub(super) async fn run(&self, task: NewTask, verdict: Verdict) {
        let worker = self.worker().await;
        self.insert(&[task]).await;
        let claimed = self.claim_one(worker).await;
        assert!(self.finish(worker, &claimed, verdict).await, "the result was refused");
    }

    pub(super) async fn beat(&self, worker: WorkerId) -> Beat {
        self.store().heartbeat(worker, LEASE, &Report::default()).await.unwrap().beat
    }

    pub(super) async fn suspect(&self, worker: WorkerId, task: &Claimed) -> bool {
        self.store().suspect(worker, task.id, task.lease).await.unwrap()
    }

    pub(super) async fn retire(&self, worker: WorkerId) {
        self.store().retire(worker, &Report::default()).await.unwrap();
    }

    pub(super) async fn rescue(&self) -> Fates {
        (&self.store().rescue(&RESCUE).await.unwrap()).into()
    }

    /// Changes task number `n`. Returns whether it was changed or is asked to end.
    pub(super) async fn change(&self, n: u128, change: Change) -> bool {
        self.store().change(id(n), change).await.unwrap().is_hit()
    }

    /// Begins or ends the pause of a task type. Returns whether that changed anything.
    pub(super) async fn pause(&self, task_type: &str, pause: Pause) -> bool {
        self.store().pause(task_type, pause).await.unwrap()
    }

    /// Task number `n`, which must exist.
    pub(super) async fn find(&self, n: u128) -> Task {
        let found = self.store().find(id(n)).await.unwrap();
        found.unwrap_or_else(|| panic!("task {n} should exist, and was not found"))
    }

    /// How many minutes ago each new task was due, the earliest first.
    pub(super) async fn waiting_minutes(&self) -> Vec<i64> {
        let filter = Filter { state: Some(FangTaskState::New), limit: 10_000, ..Filter::default() };
        let now = self.now().await;
        let tasks = self.store().list(&filter).await.unwrap();
        let mut ago: Vec<_> = tasks.iter().map(|task| now - task.scheduled_at).collect();
        ago.sort_unstable_by(|one, other| other.cmp(one));
        ago.iter().map(|ago| (ago.num_seconds() as f64 / 60.0).round() as i64).collect()
    }

    pub(super) async fn state(&self, n: u128) -> FangTaskState {
        self.find(n).await.state
    }

    /// The numbers of the tasks that match the filter, the newest first.
    pub(super) async fn list(&self, filter: Filter) -> Vec<u128> {
        let tasks = self.store().list(&filter).await.unwrap();
        tasks.iter().map(|task| task.id.as_u128()).collect()
    }

    /// The numbers of all tasks, the newest first.
    pub(super) async fn all(&self) -> Vec<u128> {
        self.list(Filter { limit: 10_000, ..Filter::default() }).await
    }
}
