//! A store in memory, without a server, with the same rules as other stores. For tests, examples and small
//! tools. Its tasks are lost when the process ends.

mod admin;
mod change;
mod control;
mod crons;
mod looks;
mod ready_types;
mod reports;
mod tables;
mod tasks;
mod turn;
mod unique;
mod unserved;
mod workers;

use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::notify::{Listeners, Notice, Topic};
use crate::store::{
    Asked, Change, ChangeMany, ChangeOutcome, Changed, Claim, ClaimedTasks, Count, CronInfo, CronRemoval,
    Crons, Depth, Disown, ErrorGroups, Feature, Finish, Inserted, Minute, Minutes, NewCron, NonBlocking,
    Offers, PageRequest, Pause, PausedType, Prune, ReadyLook, ReadyTypes, Removal, Report, ReportedBeat,
    Rescue, Rescued, RunningPage, SavedCron, Store, TaskPage, Tick, Unserved, WorkerId, WorkerInfo,
};
use crate::task::Task;
use async_trait::async_trait;
use change::Told;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tables::Tables;
use uuid::Uuid;

type Clock = Box<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// A store in memory, without a server. It fits pools of both modes and has every [`Feature`] except `Locks`.
/// Its tasks are lost when the process ends. `MemoryQueue` is a queue over it.
///
/// ```
/// use fang_core::memory::MemoryStore;
/// use fang_core::store::Store;
/// use futures_util::FutureExt;
/// let store = MemoryStore::new(|| chrono::DateTime::UNIX_EPOCH);
/// // It answers at once, without waiting.
/// let now = store.now().now_or_never();
/// assert_eq!(now.transpose()?, Some(chrono::DateTime::UNIX_EPOCH));
/// # Ok::<(), fang_core::StoreError>(())
/// ```
pub struct MemoryStore {
    tables: Mutex<Tables>,
    clock: Clock,
    listeners: Listeners,
}

impl MemoryStore {
    /// Creates an empty store that reads the time from `clock`: `Utc::now`, or a clock of a test.
    pub fn new(clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { tables: Mutex::default(), clock: Box::new(clock), listeners: Listeners::default() }
    }

    /// Ignores the poison of a lock: no verb leaves the tables half-written.
    fn with<T>(&self, act: impl FnOnce(&mut Tables, DateTime<Utc>) -> T) -> Result<T, StoreError> {
        let now = (self.clock)();
        Ok(act(&mut self.tables.lock().unwrap_or_else(PoisonError::into_inner), now))
    }

    /// Notifies claimers of tasks that came back to their places.
    fn call_back(&self, have_come_back: bool) {
        if have_come_back {
            self.notify(&Topic::CameBack);
        }
    }

    /// Notifies claimers that tasks of these types are due.
    fn are_due<'a>(&self, task_types: impl IntoIterator<Item = &'a String>) {
        task_types.into_iter().for_each(|task_type| self.notify(&Topic::task_type(task_type)));
    }

    /// Notifies claimers of a task of this type that is due then.
    fn will_be_due(&self, task_type: &str, due: Due, now: DateTime<Utc>) {
        self.listeners.notify(&Topic::task_type(task_type), tasks::notice(due, now));
    }

    /// Notifies pools of changed tasks.
    fn tell(&self, told: &Told) {
        told.workers.iter().for_each(|worker| self.notify(&Topic::Cancelled(*worker)));
        self.call_back(told.came_back);
        for (task_type, notice) in &told.due {
            self.listeners.notify(&Topic::task_type(task_type), *notice);
        }
    }

    fn notify(&self, topic: &Topic<'_>) {
        self.listeners.notify(topic, Notice::Single);
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn offers(&self) -> Offers {
        Offers::all().without(Feature::Locks)
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok((self.clock)())
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        let (inserted, now) = self.with(|tables, now| tables.insert(tasks, now).map(|new| (new, now)))??;
        tasks.iter().for_each(|task| self.will_be_due(&task.task_type, task.due, now));
        Ok(inserted)
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError> {
        self.with(|tables, now| tables.claim(claim, now))
    }

    async fn ready_types(&self, look: &ReadyLook) -> Result<ReadyTypes, StoreError> {
        self.with(|tables, now| tables.ready_types(look, now))
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let saved = self.with(|tables, now| tables.finish(worker, results, now))?;
        self.call_back(results.iter().any(|result| result.verdict.keeps_its_place()));
        Ok(saved)
    }

    async fn disown(&self, disown: &Disown<'_>) -> Result<u64, StoreError> {
        let given_back = self.with(|tables, now| tables.disown(disown, now))?;
        self.call_back(given_back > 0);
        Ok(given_back)
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        self.with(|tables, _| tables.suspect(worker, id, lease))
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        self.with(|tables, now| tables.register(info, now))
    }

    async fn heartbeat(
        &self,
        worker: WorkerId,
        lease: Duration,
        report: &Report,
    ) -> Result<ReportedBeat, StoreError> {
        self.with(|tables, now| tables.heartbeat(worker, lease, report, now))
    }

    async fn retire(&self, worker: WorkerId, report: &Report) -> Result<(), StoreError> {
        self.with(|tables, now| tables.retire(worker, report, now))
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        let rescued = self.with(|tables, now| tables.rescue(rescue, now))?;
        self.call_back(rescued.retried() > 0);
        Ok(rescued)
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        self.with(|tables, now| tables.prune(prune, now))
    }

    async fn unserved(&self, from: &str, limit: u32) -> Result<Unserved, StoreError> {
        self.with(|tables, now| tables.unserved(from, limit, now))
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        let (saved, now) = self.with(|tables, now| (tables.sync_cron(cron, now), now))?;
        self.notify(&Topic::Crons);
        self.will_be_due(&cron.task.task_type, Due::At(saved.last_tick), now);
        Ok(saved)
    }

    async fn rename_cron(&self, from: &str, cron: &NewCron) -> Result<bool, StoreError> {
        self.with(|tables, _| tables.rename_cron(from, cron))
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        self.with(|tables, now| tables.crons(now))
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        let (task_type, now) = self.with(|tables, now| (tables.fire(tick, now), now))?;
        if let (Some(task_type), Some(next)) = (&task_type, tick.next) {
            self.will_be_due(task_type, Due::At(next), now);
        }
        Ok(task_type.is_some())
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        self.with(|tables, _| tables.list_crons())
    }

    async fn pause_cron(&self, name: &str, pause: Pause) -> Result<bool, StoreError> {
        let is_changed = self.with(|tables, now| tables.pause_cron(name, pause, now))?;
        if pause == Pause::End {
            self.notify(&Topic::Crons);
        }
        Ok(is_changed)
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        let task_type = self.with(|tables, now| tables.run_cron(name, id, now))?;
        self.are_due(&task_type);
        Ok(task_type.is_some())
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        self.with(|tables, _| tables.remove_crons(removal))
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        self.with(|tables, _| tables.find(id))
    }

    async fn page(&self, request: &PageRequest<'_>) -> Result<TaskPage, StoreError> {
        self.with(|tables, now| tables.page(request, now))
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        self.with(|tables, _| tables.count())
    }

    async fn depths(&self, task_type: Option<&str>) -> Result<Vec<Depth>, StoreError> {
        self.with(|tables, now| tables.depths(task_type, now))
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.with(|tables, now| tables.remove(removal, now))
    }

    async fn running(&self, after: Option<Uuid>, limit: u32) -> Result<RunningPage, StoreError> {
        self.with(|tables, _| tables.running(after, limit))
    }

    async fn errors(&self) -> Result<ErrorGroups, StoreError> {
        self.with(|tables, _| tables.errors())
    }

    async fn change(&self, id: Uuid, change: Change) -> Result<ChangeOutcome, StoreError> {
        let (outcome, told) = self.with(|tables, now| tables.change_one(id, change, now))?;
        self.tell(&told);
        Ok(outcome)
    }

    async fn change_many(&self, batch: &ChangeMany<'_>) -> Result<Changed, StoreError> {
        let (changed, told) = self.with(|tables, now| tables.change_many(batch, now))?;
        self.tell(&told);
        Ok(changed)
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        self.with(|tables, now| tables.cancellations(worker, now))
    }

    async fn pause(&self, task_type: &str, pause: Pause) -> Result<bool, StoreError> {
        let is_changed = self.with(|tables, now| tables.pause(task_type, pause, now))?;
        if pause == Pause::End {
            self.notify(&Topic::task_type(task_type));
        }
        Ok(is_changed)
    }

    async fn gather(&self) -> Result<bool, StoreError> {
        self.with(|tables, now| tables.gather(now))
    }

    async fn workers(&self, after: Option<WorkerId>, limit: u32) -> Result<Vec<WorkerInfo>, StoreError> {
        self.with(|tables, now| tables.list_workers(after, limit, now))
    }

    async fn minutes(&self, page: &Minutes<'_>) -> Result<Vec<Minute>, StoreError> {
        self.with(|tables, now| tables.minutes(page, now))
    }

    async fn paused_types(&self) -> Result<Vec<PausedType>, StoreError> {
        self.with(|tables, _| tables.paused_types())
    }

    async fn ask_worker(&self, worker: WorkerId, asked: Asked) -> Result<bool, StoreError> {
        let is_asked = self.with(|tables, _| tables.ask(worker, asked))?;
        self.notify(&Topic::Asked(worker));
        Ok(is_asked)
    }

    async fn turn(&self, by: Duration) -> Result<(), StoreError> {
        let waiting = self.with(|tables, _| tables.turn(by))?;
        self.call_back(true);
        self.notify(&Topic::Crons);
        self.are_due(&waiting);
        Ok(())
    }

    fn listeners(&self) -> &Listeners {
        &self.listeners
    }
}

/// Each verb locks a mutex for a short time and waits for nothing else.
impl NonBlocking for MemoryStore {}
