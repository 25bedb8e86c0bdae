//! The Postgres store: the statements of fang-core over tokio-postgres.

mod admin;
mod announce;
mod batch;
mod connect;
mod control;
mod convert;
mod copy;
mod crons;
mod error;
mod hold;
mod lists;
mod migrate;
mod param;
mod run;
#[cfg(feature = "sqlx")]
mod sqlx;
mod tasks;
mod within;
mod workers;

pub use connect::TlsConnector;
pub(crate) use connect::{Address, Options};
pub(crate) use error::store_error;
pub(crate) use migrate::migrate;
pub(crate) use tasks::finish_in;
pub(crate) use within::{Within, insert_in};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use connect::{Channel, Role};
use fang_core::announce::Announcer;
use fang_core::new_task::Due;
use fang_core::sql::{Schema, Statements, migrations};
use fang_core::store::{
    Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Feature, Filter, Finish, Holder, Inserted,
    NewCron, NonBlocking, Offers, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron,
    Store, Tick, WorkerId,
};
use fang_core::wake::Wakes;
use fang_core::{NewTask, Priority, StoreError, Task};
use lists::Lists;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The store over one database. Its channels connect when they are first used.
pub(crate) struct PostgresStore {
    pub(crate) statements: Arc<Statements>,
    schema: Schema,
    /// What the application and its tasks use: insert, find, remove, schedule.
    calls: Channel,
    /// What a worker pool uses: claim, finish, crons, prune.
    engine: Channel,
    /// What its heart uses, which also listens.
    heart: Channel,
    /// What a pool that holds short tasks uses besides.
    holds: Channel,
    lists: Arc<Lists>,
    wakes: Wakes,
    announcer: Arc<Announcer>,
    epoch: Instant,
    address: Arc<Address>,
}

impl PostgresStore {
    pub(crate) fn new(address: Address, schema: Schema, notifies: bool) -> Result<Self, StoreError> {
        let address = Arc::new(address);
        let wakes = Wakes::default();
        let statements = Arc::new(Statements::new(&schema));
        let engine = address.channel(Role::Engine, &wakes)?;
        Ok(Self {
            lists: Lists::new(&engine, &statements),
            statements,
            schema,
            calls: address.channel(Role::Calls, &wakes)?,
            engine,
            heart: address.channel(Role::Heart, &wakes)?,
            holds: address.channel(Role::Holds, &wakes)?,
            wakes,
            announcer: Arc::new(Announcer::new(notifies)),
            epoch: Instant::now(),
            address,
        })
    }

    /// The same store, with engine connections of its own: one for each worker pool.
    pub(crate) fn with_own_engine(&self) -> Result<Self, StoreError> {
        let engine = self.address.channel(Role::Engine, &self.wakes)?;
        Ok(Self {
            lists: Lists::new(&engine, &self.statements),
            statements: self.statements.clone(),
            schema: self.schema.clone(),
            calls: self.calls.clone(),
            engine,
            heart: self.address.channel(Role::Heart, &self.wakes)?,
            holds: self.address.channel(Role::Holds, &self.wakes)?,
            wakes: self.wakes.clone(),
            announcer: self.announcer.clone(),
            epoch: self.epoch,
            address: self.address.clone(),
        })
    }

    fn calls(&self) -> &Channel {
        &self.calls
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    async fn check_version(&self) -> Result<(), StoreError> {
        let rows = run::query(&self.calls, &self.statements.version, &[]).await?;
        migrations::check(rows.first().map_or(0, |row| row.get(0)))
    }
}

impl NonBlocking for PostgresStore {}

#[async_trait]
impl Store for PostgresStore {
    fn offers(&self) -> Offers {
        match self.holder(0) {
            Some(_) => Offers::all(),
            None => Offers::all().without(Feature::Locks),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.check_version().await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        let row = run::query_one(&self.calls, &self.statements.now, &[]).await?;
        convert::instant(&row, 0)
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        tasks::insert(self, tasks).await
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        tasks::claim(self, claim).await
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        tasks::finish(self, worker, results).await
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        workers::register(self, info).await
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::disown(self, worker, known).await
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        workers::suspect(self, worker, id, lease).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        workers::heartbeat(self, worker, lease).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        run::execute(&self.heart, &self.statements.retire, &[&worker.0]).await.map(|_| ())
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        workers::rescue(self, rescue).await
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        workers::prune(self, prune).await
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        crons::sync(self, cron).await
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        crons::due(self).await
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        crons::fire(self, tick).await
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        crons::list(self).await
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::pause(self, name).await
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::resume(self, name).await
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        crons::run(self, name, id).await
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        crons::remove(self, removal).await
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        admin::find(self, id).await
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        admin::list(self, filter).await
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        admin::count(self).await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        admin::remove(self, removal).await
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        control::retry(self, id).await
    }

    async fn retry_failed(&self, bite: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        control::retry_failed(self, bite).await
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        control::reschedule(self, id, due).await
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        control::set_priority(self, id, priority).await
    }

    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError> {
        control::cancel(self, id).await
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        control::cancellations(self, worker).await
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        control::pause(self, task_type).await
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        control::resume(self, task_type).await
    }

    fn extras(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(self.statements.clone())
    }

    fn holder(&self, slot: i16) -> Option<Box<dyn Holder>> {
        let holder = hold::PostgresHolder::new(self, slot)?;
        Some(Box::new(holder))
    }

    fn wakes(&self) -> &Wakes {
        &self.wakes
    }
}
