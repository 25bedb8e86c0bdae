//! The contract of the stores, kept by the one over diesel on a plain thread, through PgBouncer as well.

// A panic is how a test reports, in its rig as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use fang_blocking::{Backend, Queue};
use fang_core::async_trait;
use fang_core::contract::{self, Rig, Scenario};
use fang_core::store::Store;
use fang_test_support::{ODD_SETTINGS, PgBouncer, TestDatabase};
use futures_util::FutureExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

/// A store in a fresh database with unsuitable defaults, whose instants can be moved into the past.
struct Postgres {
    store: Arc<dyn Store>,
    connection: Mutex<PgConnection>,
    _database: TestDatabase,
    _bouncer: Option<PgBouncer>,
}

/// No silence is trusted on a server that has been up for less than a lease, and the one of the tests
/// is that young; so here it claims to be old.
const OLD_SERVER: &str = "CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT '-infinity'::timestamptz $$";

impl Postgres {
    fn new() -> Self {
        let database = runtime().block_on(TestDatabase::create()).unwrap();
        let queue = Queue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        Self::over(&queue, database, None)
    }

    fn through_pgbouncer() -> Self {
        let database = runtime().block_on(TestDatabase::create()).unwrap();
        let bouncer = runtime().block_on(PgBouncer::start(database.uri(), 3)).unwrap();
        let queue = Queue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        Self::over(&queue, database, Some(bouncer))
    }

    fn over(queue: &Queue, database: TestDatabase, bouncer: Option<PgBouncer>) -> Self {
        let mut connection = PgConnection::establish(database.uri()).unwrap();
        let path = format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name());
        for sql in [OLD_SERVER, &path, ODD_SETTINGS] {
            sql_query(sql).execute(&mut connection).unwrap();
        }
        queue.migrate().unwrap();
        Self {
            store: queue.engine().unwrap(),
            connection: Mutex::new(connection),
            _database: database,
            _bouncer: bouncer,
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[async_trait]
impl Rig for Postgres {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn advance(&self, by: Duration) {
        self.store.turn(by).await.unwrap();
    }

    async fn insert_raw(&self, id: Uuid, metadata: &str, task_type: &str) {
        let insert = "INSERT INTO fang_tasks (id, metadata, task_type, mode) VALUES ($1, $2::jsonb, $3, 1)";
        let query = sql_query(insert).bind::<SqlUuid, _>(id).bind::<Text, _>(metadata);
        query.bind::<Text, _>(task_type).execute(&mut *self.connection.lock().unwrap()).unwrap();
    }
}

contract::tests!(directly);

fn directly(scenario: Scenario) {
    keeps(scenario, &Postgres::new());
}

mod through_pgbouncer {
    super::contract::tests!(super::through_pgbouncer);
}

fn through_pgbouncer(scenario: Scenario) {
    keeps(scenario, &Postgres::through_pgbouncer());
}

/// Each verb answers inside its future, so nothing is ever pending.
fn keeps(scenario: Scenario, rig: &dyn Rig) {
    scenario.run(rig).now_or_never().expect("it never waits");
}
