//! The stores, with two operations that are not among their verbs: let time pass, and empty the store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_blocking::{Backend, Queue};
use fang_core::memory::MemoryStore;
use fang_core::store::Store;
use fang_test_support::TestDatabase;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[async_trait(?Send)]
pub trait Rig {
    /// The store as workers use it.
    fn engine(&self) -> Arc<dyn Store>;
    /// The store as applications use it.
    fn admin(&self) -> Arc<dyn Store>;
    /// Makes the store believe that time has passed.
    async fn advance(&self, seconds: u64);
    /// Empties the store.
    async fn clear(&self);
}

pub struct Memory {
    store: Mutex<Arc<MemoryStore>>,
    clock: Arc<AtomicU64>,
}

impl Memory {
    pub fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(0));
        Self { store: Mutex::new(Self::fresh(clock.clone())), clock }
    }

    fn fresh(clock: Arc<AtomicU64>) -> Arc<MemoryStore> {
        let beginning: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
        let now = move || beginning + std::time::Duration::from_secs(clock.load(Ordering::SeqCst));
        Arc::new(MemoryStore::new(now))
    }
}

#[async_trait(?Send)]
impl Rig for Memory {
    fn engine(&self) -> Arc<dyn Store> {
        self.store.lock().unwrap().clone()
    }

    fn admin(&self) -> Arc<dyn Store> {
        self.engine()
    }

    async fn advance(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn clear(&self) {
        *self.store.lock().unwrap() = Self::fresh(self.clock.clone());
    }
}

pub struct Postgres {
    engine: Arc<dyn Store>,
    admin: Arc<dyn Store>,
    database: TestDatabase,
}

/// Makes the server pretend to be old. The server of the tests has been up for less than a lease, and then no worker is
/// declared dead.
const OLD_SERVER: &str = "CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT '-infinity'::timestamptz $$";

const CLEAR: &str = "DELETE FROM fang_tasks; DELETE FROM fang_workers; DELETE FROM fang_crons;
    DELETE FROM fang_cancellations";

impl Postgres {
    pub async fn asynk() -> Self {
        let database = Self::database().await;
        let queue: AsyncQueue<NoTls> =
            AsyncQueue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        queue.migrate().await.unwrap();
        let engine = queue.engine().unwrap();
        Self { admin: engine.clone(), engine, database }
    }

    pub async fn blocking() -> Self {
        let database = Self::database().await;
        let queue = Queue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        queue.migrate().unwrap();
        let engine = queue.engine().unwrap();
        Self { admin: engine.clone(), engine, database }
    }

    async fn database() -> TestDatabase {
        let database = TestDatabase::create().await.unwrap();
        let path = format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name());
        let client = database.client().await.unwrap();
        client.batch_execute(OLD_SERVER).await.unwrap();
        client.batch_execute(&path).await.unwrap();
        database
    }

    async fn sql(&self, sql: &str) {
        self.database.client().await.unwrap().batch_execute(sql).await.unwrap();
    }

    pub async fn drop(self) {
        self.database.drop().await.unwrap();
    }
}

#[async_trait(?Send)]
impl Rig for Postgres {
    fn engine(&self) -> Arc<dyn Store> {
        self.engine.clone()
    }

    fn admin(&self) -> Arc<dyn Store> {
        self.admin.clone()
    }

    async fn advance(&self, seconds: u64) {
        self.admin.turn(Duration::from_secs(seconds)).await.unwrap();
    }

    async fn clear(&self) {
        self.sql(CLEAR).await;
    }
}
