//! The contract of the stores, kept by the one over Postgres, through PgBouncer as well.

// A panic is how a test reports, in its rig as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::async_trait;
use fang_core::contract::{self, Rig, Scenario};
use fang_core::store::Store;
use fang_test_support::{ODD_SETTINGS, PgBouncer, TestDatabase};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::Client;
use uuid::Uuid;

/// A store in a fresh database with unsuitable defaults, whose instants can be moved into the past.
struct Postgres {
    store: Arc<dyn Store>,
    client: Client,
    database: TestDatabase,
    _bouncer: Option<PgBouncer>,
}

/// No silence is trusted on a server that has been up for less than a lease, and the one of the tests
/// is that young; so here it claims to be old.
const OLD_SERVER: &str = "CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz
    LANGUAGE sql STABLE AS $$ SELECT '-infinity'::timestamptz $$";

impl Postgres {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let queue = AsyncQueue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        Self::over(queue, database, None).await
    }

    async fn through_pgbouncer() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
        let queue = AsyncQueue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        Self::over(queue, database, Some(bouncer)).await
    }

    async fn over(queue: AsyncQueue<NoTls>, database: TestDatabase, bouncer: Option<PgBouncer>) -> Self {
        let client = database.client().await.unwrap();
        client.batch_execute(OLD_SERVER).await.unwrap();
        let path = format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name());
        client.batch_execute(&path).await.unwrap();
        client.batch_execute(ODD_SETTINGS).await.unwrap();
        queue.migrate().await.unwrap();
        Self { store: queue.engine().unwrap(), client, database, _bouncer: bouncer }
    }
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
        let insert =
            "INSERT INTO fang_tasks (id, metadata, task_type, mode) VALUES ($1, $2::text::jsonb, $3, 1)";
        self.client.execute(insert, &[&id, &metadata, &task_type]).await.unwrap();
    }
}

contract::tests!(directly);

fn directly(scenario: Scenario) {
    runtime().block_on(async {
        let postgres = Postgres::new().await;
        scenario.run(&postgres).await;
        postgres.database.drop().await.unwrap();
    });
}

mod through_pgbouncer {
    super::contract::tests!(super::through_pgbouncer);
}

fn through_pgbouncer(scenario: Scenario) {
    runtime().block_on(async { scenario.run(&Postgres::through_pgbouncer().await).await });
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
