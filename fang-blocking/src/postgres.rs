//! The Postgres store: the statements of fang-core over diesel.

mod admin;
mod announce;
mod connect;
mod control;
mod convert;
mod copy;
mod crons;
mod error;
mod hold;
mod lists;
mod migrate;
mod run;
mod tasks;
mod workers;

pub(crate) use connect::Address;
pub use connect::PgPool;
pub(crate) use migrate::migrate;
pub use migrate::run_migrations_postgres;
pub(crate) use tasks::{finish_in, insert_in};

use chrono::{DateTime, Utc};
use connect::{Channel, Role};
use diesel::data_types::PgTimestamp;
use diesel::sql_types::{Integer, Timestamptz};
use fang_core::announce::Announcer;
use fang_core::new_task::Due;
use fang_core::sql::{Schema, Statements, migrations};
use fang_core::store::{
    Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Feature, Filter, Finish, Heard, Holder,
    Inserted, NewCron, Offers, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron, Store,
    Tick, WorkerId,
};
use fang_core::wake::Wakes;
use fang_core::{NewTask, Priority, StoreError, Task, async_trait};
use lists::Lists;
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The store over one database. Its channels connect when they are first used.
pub(crate) struct PostgresStore {
    statements: Arc<Statements>,
    schema: Schema,
    /// What the application and its tasks use: insert, find, remove, crons.
    calls: Arc<Channel>,
    /// What a worker pool uses to claim and to finish, and for its crons.
    engine: Arc<Channel>,
    /// What its heart uses, which also listens.
    heart: Arc<Channel>,
    lists: Arc<Lists>,
    wakes: Wakes,
    announcer: Arc<Announcer>,
    epoch: Instant,
    address: Address,
}

impl PostgresStore {
    pub(crate) fn new(address: Address, schema: Schema, notifies: bool) -> Self {
        let wakes = Wakes::default();
        let calls = Arc::new(address.channel(Role::Calls, &wakes));
        let statements = Arc::new(Statements::new(&schema));
        Self {
            lists: Lists::new(&calls, &statements),
            statements,
            schema,
            engine: calls.clone(),
            heart: calls.clone(),
            calls,
            wakes,
            announcer: Arc::new(Announcer::new(notifies)),
            epoch: Instant::now(),
            address,
        }
    }

    /// The same store, with engine connections: what each worker pool uses.
    pub(crate) fn with_own_engine(&self) -> Self {
        let engine = Arc::new(self.address.channel(Role::Engine, &self.wakes));
        Self {
            lists: Lists::new(&engine, &self.statements),
            statements: self.statements.clone(),
            schema: self.schema.clone(),
            calls: self.calls.clone(),
            engine,
            heart: Arc::new(self.address.channel(Role::Heart, &self.wakes)),
            wakes: self.wakes.clone(),
            announcer: self.announcer.clone(),
            epoch: self.epoch,
            address: self.address.clone(),
        }
    }

    fn check_version(&self) -> Result<(), StoreError> {
        let rows = run::query::<Integer, i32>(&self.calls, &self.statements.version, &[])?;
        migrations::check(rows.first().copied().unwrap_or_default())
    }
}

/// Each verb answers inside its future, and blocks until then.
#[async_trait]
impl Store for PostgresStore {
    fn offers(&self) -> Offers {
        match self.holder(0) {
            Some(_) => Offers::all(),
            None => Offers::all().without(Feature::Locks),
        }
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.check_version()
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        let now = run::query_one::<Timestamptz, PgTimestamp>(&self.calls, &self.statements.now, &[])?;
        Ok(convert::instant(now).to_datetime())
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        tasks::insert(self, tasks)
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        tasks::claim(self, claim)
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        tasks::finish(self, worker, results)
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        workers::register(self, info)
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        workers::disown(self, worker, known)
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        workers::suspect(self, worker, id, lease)
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        workers::heartbeat(self, worker, lease)
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        workers::retire(self, worker)
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        workers::rescue(self, rescue)
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        workers::prune(self, prune)
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        crons::sync(self, cron)
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        crons::due(self)
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        crons::fire(self, tick)
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        crons::list(self)
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::pause(self, name)
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        crons::resume(self, name)
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        crons::run(self, name, id)
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        crons::remove(self, removal)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        admin::find(self, id)
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        admin::list(self, filter)
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        admin::count(self)
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        admin::remove(self, removal)
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        control::retry(self, id)
    }

    async fn retry_failed(&self, bite: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        control::retry_failed(self, bite)
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        control::reschedule(self, id, due)
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        control::set_priority(self, id, priority)
    }

    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError> {
        control::cancel(self, id)
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        control::cancellations(self, worker)
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        control::pause(self, task_type)
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        control::resume(self, task_type)
    }

    fn extras(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(self.statements.clone())
    }

    fn holder(&self, slot: i16) -> Option<Box<dyn Holder>> {
        let holder = hold::PostgresHolder::new(self, slot)?;
        Some(Box::new(holder))
    }

    async fn listen(&self) -> Result<Option<Heard>, StoreError> {
        self.hear()
    }

    fn wakes(&self) -> &Wakes {
        &self.wakes
    }
}
