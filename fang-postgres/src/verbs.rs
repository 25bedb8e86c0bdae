//! The verbs of the store, each an async function over the connections of a driver.

mod admin;
mod change;
pub(crate) mod claim;
mod control;
mod crons;
pub(crate) mod finish;
mod insert;
mod lists;
mod looks;
pub(crate) mod migrate;
pub(crate) mod notify;
pub(crate) mod page;
mod prune;
mod ready_types;
mod reports;
mod vacuum;
mod workers;

use crate::doctor;
use crate::lock_claims::PostgresLockClaims;
use crate::row::instant;
use crate::session::{Connections, NeverBlocks};
use crate::settings::Role;
use crate::statement::Statement;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fang_core::notify::Listeners;
use fang_core::store::{
    Asked, Change, ChangeMany, ChangeOutcome, Changed, Claim, ClaimedTasks, Count, CronInfo, CronRemoval,
    Crons, Depth, Disown, ErrorGroups, Feature, Finding, Finish, Heard, Inserted, LockClaims, Minute,
    Minutes, NewCron, NonBlocking, Offers, PageRequest, Pause, PausedType, Prune, ReadyLook, ReadyTypes,
    Removal, Report, ReportedBeat, Rescue, Rescued, RunningPage, SavedCron, SavedPayload, Store, TableSize,
    Tables, TaskPage, Tick, Unserved, Vacuum, Vacuumed, WorkerId, WorkerInfo,
};
use fang_core::{NewTask, StoreError, Task};
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
        let row = self.db.query_one(Role::Calls, Statement::look(&self.db.sql.now, &[])?).await?;
        instant(&row, 0)
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        insert::insert(self, tasks).await
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<ClaimedTasks, StoreError> {
        claim::claim(&self.db, claim).await
    }

    async fn ready_types(&self, look: &ReadyLook) -> Result<ReadyTypes, StoreError> {
        ready_types::ready_types(&self.db, look).await
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        finish::finish(self, worker, results).await
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        workers::register(&self.db, info).await
    }

    async fn disown(&self, disown: &Disown<'_>) -> Result<u64, StoreError> {
        workers::disown(self, disown).await
    }

    async fn unlist_unknown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::unlist_unknown(&self.db, worker, known).await
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        workers::suspect(&self.db, worker, id, lease).await
    }

    async fn heartbeat(
        &self,
        worker: WorkerId,
        lease: Duration,
        report: &Report,
    ) -> Result<ReportedBeat, StoreError> {
        workers::heartbeat(&self.db, worker, lease, report).await
    }

    async fn retire(&self, worker: WorkerId, report: &Report) -> Result<(), StoreError> {
        workers::retire(&self.db, worker, report).await
    }

    async fn gather(&self) -> Result<bool, StoreError> {
        reports::gather(&self.db).await
    }

    async fn workers(&self, after: Option<WorkerId>, limit: u32) -> Result<Vec<WorkerInfo>, StoreError> {
        reports::workers(&self.db, after, limit).await
    }

    async fn minutes(&self, page: &Minutes<'_>) -> Result<Vec<Minute>, StoreError> {
        reports::minutes(&self.db, page).await
    }

    async fn paused_types(&self) -> Result<Vec<PausedType>, StoreError> {
        reports::paused_types(&self.db).await
    }

    async fn ask_worker(&self, worker: WorkerId, asked: Asked) -> Result<bool, StoreError> {
        reports::ask_worker(self, worker, asked).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        workers::rescue(self, rescue).await
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        prune::prune(self, prune).await
    }

    async fn vacuum(&self, vacuum: &Vacuum) -> Result<Vacuumed, StoreError> {
        vacuum::vacuum(&self.db, vacuum).await
    }

    fn rests(&self) {
        self.db.connections.close_idle();
    }

    async fn unserved(&self, from: &str, limit: u32) -> Result<Unserved, StoreError> {
        workers::unserved(&self.db, from, limit).await
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        crons::sync(self, cron).await
    }

    async fn rename_cron(&self, from: &str, cron: &NewCron) -> Result<bool, StoreError> {
        crons::rename(self, from, cron).await
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        crons::due(&self.db).await
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        crons::fire(self, tick).await
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        crons::list(&self.db).await
    }

    async fn pause_cron(&self, name: &str, pause: Pause) -> Result<bool, StoreError> {
        crons::pause(self, name, pause).await
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

    async fn page(&self, request: &PageRequest<'_>) -> Result<TaskPage, StoreError> {
        page::page(&mut &*self.db, &self.db.sql, request).await
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

    async fn running(&self, after: Option<Uuid>, limit: u32) -> Result<RunningPage, StoreError> {
        looks::running(&self.db, after, limit).await
    }

    async fn errors(&self) -> Result<ErrorGroups, StoreError> {
        looks::errors(&self.db).await
    }

    async fn change(&self, id: Uuid, change: Change) -> Result<ChangeOutcome, StoreError> {
        control::change(self, id, change).await
    }

    async fn change_many(&self, batch: &ChangeMany<'_>) -> Result<Changed, StoreError> {
        change::change_many(self, batch).await
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        control::cancellations(&self.db, worker).await
    }

    async fn pause(&self, task_type: &str, pause: Pause) -> Result<bool, StoreError> {
        control::pause(self, task_type, pause).await
    }

    async fn turn(&self, by: Duration) -> Result<(), StoreError> {
        control::turn(self, by).await
    }

    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        doctor::examine(self).await
    }

    async fn table_sizes(&self) -> Result<Vec<TableSize>, StoreError> {
        doctor::table_sizes(self).await
    }

    async fn payloads(&self, before: Option<Uuid>, limit: u32) -> Result<Vec<SavedPayload>, StoreError> {
        doctor::payloads(&self.db, before, limit).await
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
