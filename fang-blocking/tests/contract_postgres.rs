//! The contract of the stores, kept by the one over diesel on a plain thread, through PgBouncer as well.

// A panic is how a test reports, in its rig as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use fang_blocking::{Backend, Queue};
use fang_core::async_trait;
use fang_core::contract::{self, Rig, Scenario};
use fang_core::store::Store;
use fang_test_support::{ODD_SETTINGS, PgBouncer, Template, TestDatabase};
use futures_util::FutureExt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A store in a fresh database with unsuitable defaults, whose instants can be moved into the past.
struct Postgres {
    store: Arc<dyn Store>,
    database: TestDatabase,
    _bouncer: Option<PgBouncer>,
}

/// No silence is trusted on a server that has been up for less than a lease, and the one of the tests
/// is that young; so here it claims to be old.
const OLD_SERVER: &str = "CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT '-infinity'::timestamptz $$";

impl Postgres {
    fn new() -> Self {
        static ODD: Template = Template::new();
        let migrated = async |original: &TestDatabase| {
            migrate(original);
            Ok(())
        };
        let database = runtime().block_on(ODD.copy(migrated)).unwrap();
        let queue = Queue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        Self::over(&queue, database, None)
    }

    fn through_pgbouncer() -> Self {
        static USUAL: Template = Template::new();
        let migrated = async |original: &TestDatabase| {
            migrate(original);
            only_set_path(original);
            Ok(())
        };
        let database = runtime().block_on(USUAL.copy(migrated)).unwrap();
        let bouncer = runtime().block_on(PgBouncer::start(database.uri(), 3)).unwrap();
        let queue = Queue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        // Not for the sessions of the pooler, which stay.
        run(&database, &[ODD_SETTINGS]);
        Self::over(&queue, database, Some(bouncer))
    }

    fn over(queue: &Queue, database: TestDatabase, bouncer: Option<PgBouncer>) -> Self {
        Self { store: queue.engine().unwrap(), database, _bouncer: bouncer }
    }
}

/// Makes the tables under unsuitable defaults, in a database that claims to be of an old server.
fn migrate(original: &TestDatabase) {
    run(original, &[OLD_SERVER]);
    only_set_path(original);
    run(original, &[ODD_SETTINGS]);
    Queue::builder().uri(original.uri()).max_pool_size(1_u32).build().migrate().unwrap();
}

/// Lets later sessions find the server old, without any other setting.
fn only_set_path(database: &TestDatabase) {
    let name = database.name();
    let path = format!("ALTER DATABASE {name} SET search_path = public, pg_catalog");
    run(database, &[&format!("ALTER DATABASE {name} RESET ALL"), &path]);
}

fn run(database: &TestDatabase, statements: &[&str]) {
    let mut connection = PgConnection::establish(database.uri()).unwrap();
    for statement in statements {
        sql_query(*statement).execute(&mut connection).unwrap();
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
        let mut connection = PgConnection::establish(&self.database.uri_without_limits()).unwrap();
        query.bind::<Text, _>(task_type).execute(&mut connection).unwrap();
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
