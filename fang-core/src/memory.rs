//! A store in memory, without a server, with the same rules as other stores. For tests, examples and small
//! tools. Its tasks are lost when the process ends.

mod admin;
mod control;
mod crons;
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
    Beat, Cancellation, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Depth, Feature, Filter, Finish,
    Inserted, NewCron, NonBlocking, Offers, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed,
    SavedCron, Store, Tick, Unserved, WorkerId,
};
use crate::task::{Priority, Task};
use async_trait::async_trait;
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

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        Ok((self.clock)())
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        let inserted = self.with(|tables, now| tables.insert(tasks, now))??;
        let due = tasks.iter().filter(|task| task.due.may_be_now());
        due.for_each(|task| self.listeners.notify(&Topic::task_type(&task.task_type), task.due.notice()));
        Ok(inserted)
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        self.with(|tables, now| tables.claim(claim, now))
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let saved = self.with(|tables, now| tables.finish(worker, results, now))?;
        self.call_back(results.iter().any(|result| result.verdict.keeps_its_place()));
        Ok(saved)
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        let given_back = self.with(|tables, now| tables.disown(worker, known, now))?;
        self.call_back(given_back > 0);
        Ok(given_back)
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        self.with(|tables, _| tables.suspect(worker, id, lease))
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        self.with(|tables, now| tables.register(info, now))
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        self.with(|tables, now| tables.heartbeat(worker, lease, now))
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.with(|tables, now| tables.retire(worker, now))
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
        let saved = self.with(|tables, now| tables.sync_cron(cron, now))?;
        self.notify(&Topic::Crons);
        Ok(saved)
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        self.with(|tables, now| tables.crons(now))
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        self.with(|tables, now| tables.fire(tick, now))
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        self.with(|tables, _| tables.list_crons())
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        self.with(|tables, now| tables.pause_cron(name, now))
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        let resumed = self.with(|tables, _| tables.resume_cron(name))?;
        self.notify(&Topic::Crons);
        Ok(resumed)
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

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        self.with(|tables, _| tables.list(filter))
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

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        let task_type = self.with(|tables, now| tables.retry(id, now))?;
        self.are_due(&task_type);
        Ok(task_type.is_some())
    }

    async fn retry_failed(&self, batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        let (retried, task_types) = self.with(|tables, now| tables.retry_failed(batch, now))?;
        self.are_due(&task_types);
        Ok(retried)
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        let task_type = self.with(|tables, now| tables.reschedule(id, due, now))?;
        if let Some(task_type) = task_type.as_deref().filter(|_| due.may_be_now()) {
            self.call_back(true);
            self.listeners.notify(&Topic::task_type(task_type), due.notice());
        }
        Ok(task_type.is_some())
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        let is_set = self.with(|tables, now| tables.set_priority(id, priority, now))?;
        self.call_back(is_set);
        Ok(is_set)
    }

    async fn cancel(&self, id: Uuid) -> Result<Cancellation, StoreError> {
        let (outcome, claimed_by) = self.with(|tables, now| tables.cancel(id, now))?;
        claimed_by.iter().for_each(|worker| self.notify(&Topic::Cancelled(*worker)));
        Ok(outcome)
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        self.with(|tables, now| tables.cancellations(worker, now))
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        self.with(|tables, _| tables.paused.insert(task_type.to_owned()))
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        let was_paused = self.with(|tables, _| tables.paused.remove(task_type))?;
        self.notify(&Topic::task_type(task_type));
        Ok(was_paused)
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
