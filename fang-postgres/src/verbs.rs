//! The verbs of the store, each an async function over the connections of a driver.

pub(crate) mod admin;
mod control;
mod crons;
mod insert;
mod lists;
pub(crate) mod migrate;
mod notify;
mod prune;
mod tasks;
mod workers;

use crate::lock_claims::PostgresLockClaims;
use crate::row::instant;
use crate::session::{Connections, NeverBlocks};
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::notify::Listeners;
use fang_core::store::{
    Beat, Cancellation, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Depth, Feature, Filter, Finish,
    Heard, Inserted, LockClaims, NewCron, NonBlocking, Offers, Prune, Removal, Rescue, Rescued,
    RetriedFailed, RetryFailed, SavedCron, Store, Tables, Tick, Unserved, WorkerId,
};
use fang_core::{NewTask, Priority, StoreError, Task};
use std::time::Duration;
use uuid::Uuid;

impl<C: Connections> PostgresStore<C> {
    /// Applies the missing migrations. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when a migration fails; the ones before it stay applied.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        migrate::migrate(self).await
    }
}

impl<C: NeverBlocks> NonBlocking for PostgresStore<C> {}

#[async_trait]
impl<C: Connections> Store for PostgresStore<C> {
    fn offers(&self) -> Offers {
        match self.db.connections.can_lock() {
            true => Offers::all(),
            false => Offers::all().without(Feature::Locks),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        migrate::check(self).await
    }

    async fn schema_version(&self) -> Result<Option<i32>, StoreError> {
        migrate::saved_version(&self.db).await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        let row = self.db.query_one(Role::Calls, Statement::rows(&self.db.sql.now, &[])?).await?;
        instant(&row, 0)
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        insert::insert(self, tasks).await
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        tasks::claim(&self.db, claim).await
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        tasks::finish(self, worker, results).await
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        workers::register(&self.db, info).await
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::disown(self, Role::Engine, worker, known).await
    }

    async fn disown_by_heart(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::disown(self, Role::Heart, worker, known).await
    }

    async fn unlist_unknown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::unlist_unknown(&self.db, worker, known).await
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        workers::suspect(&self.db, worker, id, lease).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        workers::heartbeat(&self.db, worker, lease).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        workers::retire(&self.db, worker).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        workers::rescue(self, rescue).await
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        prune::prune(self, prune).await
    }

    async fn unserved(&self, from: &str, limit: u32) -> Result<Unserved, StoreError> {
        workers::unserved(&self.db, from, limit).await
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        crons::sync(self, cron).await
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        crons::due(&self.db).await
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        crons::fire(&self.db, tick).await
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        crons::list(&self.db).await
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::pause(&self.db, name).await
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::resume(self, name).await
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        crons::run(self, name, id).await
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        crons::remove(&self.db, removal).await
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        admin::find(&self.db, id).await
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        admin::list(&self.db, filter).await
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        admin::count(&self.db).await
    }

    async fn depths(&self, task_type: Option<&str>) -> Result<Vec<Depth>, StoreError> {
        admin::depths(&self.db, task_type).await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        admin::remove(&self.db, removal).await
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        control::retry(self, id).await
    }

    async fn retry_failed(&self, batch: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        control::retry_failed(self, batch).await
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        control::reschedule(self, id, due).await
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        control::set_priority(self, id, priority).await
    }

    async fn cancel(&self, id: Uuid) -> Result<Cancellation, StoreError> {
        control::cancel(self, id).await
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        control::cancellations(&self.db, worker).await
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        control::pause(&self.db, task_type).await
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        control::resume(self, task_type).await
    }

    async fn turn(&self, by: Duration) -> Result<(), StoreError> {
        control::turn(self, by).await
    }

    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        self.db.connections.listen().await
    }

    fn tables(&self) -> Option<Tables> {
        Some(Tables::new(self.db.sql.clone()))
    }

    fn lock_claims(&self, slot: i16) -> Option<Box<dyn LockClaims>> {
        // Not behind a pooler: the open transaction would block one of its connections.
        self.db.connections.can_lock().then(|| Box::new(PostgresLockClaims::new(self.db.clone(), slot)) as _)
    }

    fn listeners(&self) -> &Listeners {
        self.db.connections.listeners()
    }
}
