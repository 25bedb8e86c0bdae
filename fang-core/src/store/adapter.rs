use super::{
    AsyncHolder, AsyncStore, Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Filter, Finish,
    HeldTask, Holder, Inserted, NewCron, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed,
    SavedCron, Settlement, Store, Tick, WorkerId,
};
use crate::error::StoreError;
use crate::new_task::{Due, NewTask};
use crate::task::{Priority, Task};
use crate::wake::Wakes;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Turns a store whose verbs return at once, like the one in memory, into an async one: it calls
/// them where they are awaited. One that waits for a disk or a network must not be used so.
#[derive(Debug)]
pub struct InlineAdapter<S: ?Sized>(pub Arc<S>);

#[async_trait]
impl<S: Store + ?Sized> AsyncStore for InlineAdapter<S> {
    async fn check(&self) -> Result<(), StoreError> {
        self.0.check()
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.0.now()
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        self.0.insert(tasks)
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        self.0.claim(claim)
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        self.0.finish(worker, results)
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        self.0.disown(worker, known)
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        self.0.suspect(worker, id, lease)
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        self.0.register(info)
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        self.0.heartbeat(worker, lease)
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.0.retire(worker)
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        self.0.rescue(rescue)
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        self.0.prune(prune)
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        self.0.sync_cron(cron)
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        self.0.crons()
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        self.0.fire(tick)
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        self.0.list_crons()
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        self.0.pause_cron(name)
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        self.0.resume_cron(name)
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        self.0.run_cron(name, id)
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        self.0.remove_crons(removal)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        self.0.find(id)
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        self.0.list(filter)
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        self.0.count()
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        self.0.remove(removal)
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        self.0.retry(id)
    }

    async fn retry_failed(&self, bite: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        self.0.retry_failed(bite)
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        self.0.reschedule(id, due)
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        self.0.set_priority(id, priority)
    }

    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError> {
        self.0.cancel(id)
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        self.0.cancellations(worker)
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        self.0.pause(task_type)
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        self.0.resume(task_type)
    }

    fn extras(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.0.extras()
    }

    fn holder(&self, slot: i16) -> Option<Box<dyn AsyncHolder>> {
        let holder = self.0.holder(slot)?;
        Some(Box::new(InlineHolder(holder)))
    }

    fn wakes(&self) -> &Wakes {
        self.0.wakes()
    }
}

struct InlineHolder(Box<dyn Holder>);

#[async_trait]
impl AsyncHolder for InlineHolder {
    async fn hold(&mut self, claim: &Claim<'_>) -> Result<Vec<HeldTask>, StoreError> {
        self.0.hold(claim)
    }

    async fn list(
        &mut self,
        worker: WorkerId,
        task_type: &str,
        tasks: &[(Uuid, i32)],
    ) -> Result<Vec<(Uuid, WorkerId)>, StoreError> {
        self.0.list(worker, task_type, tasks)
    }

    async fn settle(&mut self, settlement: &Settlement) -> Result<(), StoreError> {
        self.0.settle(settlement)
    }

    async fn unlist(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        self.0.unlist(worker)
    }

    async fn lease(&mut self, worker: WorkerId, tasks: &[(Uuid, i32)]) -> Result<(), StoreError> {
        self.0.lease(worker, tasks)
    }
}
