//! The contract of the stores, kept by the one over Postgres, through PgBouncer as well.

// A panic is how a test reports, in its rig as well.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::async_trait;
use fang_core::contract::{self, Rig, Scenario};
use fang_core::store::Store;
use fang_test_support::{ODD_SETTINGS, PgBouncer, SupportError, Template, TestDatabase};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::connect;
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
    async fn new() -> Self {
        static ODD: Template = Template::new();
        let database = ODD.copy(migrate).await.unwrap();
        let queue = AsyncQueue::builder().uri(database.uri()).max_pool_size(3_u32).listen(false).build();
        Self::over(&queue, database, None)
    }

    async fn through_pgbouncer() -> Self {
        static USUAL: Template = Template::new();
        let migrated = async |original: &TestDatabase| {
            migrate(original).await?;
            only_set_path(original).await
        };
        let database = USUAL.copy(migrated).await.unwrap();
        let bouncer = PgBouncer::start(database.uri(), 3).await.unwrap();
        let queue = AsyncQueue::builder().uri(bouncer.uri()).max_pool_size(3_u32).pgbouncer(true).build();
        // Not for the sessions of the pooler, which stay.
        database.client().await.unwrap().batch_execute(ODD_SETTINGS).await.unwrap();
        Self::over(&queue, database, Some(bouncer))
    }

    fn over(queue: &AsyncQueue<NoTls>, database: TestDatabase, bouncer: Option<PgBouncer>) -> Self {
        Self { store: queue.engine().unwrap(), database, _bouncer: bouncer }
    }
}

/// Makes the tables under unsuitable defaults, in a database that claims to be of an old server.
async fn migrate(original: &TestDatabase) -> Result<(), SupportError> {
    let client = original.client().await?;
    client.batch_execute(OLD_SERVER).await?;
    only_set_path(original).await?;
    client.batch_execute(ODD_SETTINGS).await?;
    let queue: AsyncQueue<NoTls> = AsyncQueue::builder().uri(original.uri()).max_pool_size(1_u32).build();
    queue.migrate().await.unwrap();
    Ok(())
}

/// Lets later sessions find the server old, without any other setting.
async fn only_set_path(database: &TestDatabase) -> Result<(), SupportError> {
    let client = database.client().await?;
    client.batch_execute(&format!("ALTER DATABASE {} RESET ALL", database.name())).await?;
    let path = format!("ALTER DATABASE {} SET search_path = public, pg_catalog", database.name());
    Ok(client.batch_execute(&path).await?)
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
        let (client, connection) = connect(&self.database.uri_without_limits(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.execute(insert, &[&id, &metadata, &task_type]).await.unwrap();
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
