//! A database to make ill.

use fang_asynk::{AsyncBackend, AsyncQueue, NoTls};
use fang_core::store::Finding;
use fang_test_support::TestDatabase;
use tokio_postgres::Client;

/// The servers of tests are not safe from crashes.
const OF_TEST_SERVERS: &str = "not-crash-safe";

/// A database with tables, and the doctor.
pub(crate) struct Ward {
    pub(crate) database: TestDatabase,
    pub(crate) client: Client,
    pub(crate) queue: AsyncQueue<NoTls>,
}

impl Ward {
    pub(crate) async fn open() -> Self {
        let ward = Self::empty(TestDatabase::create().await.unwrap()).await;
        ward.queue.migrate().await.unwrap();
        ward
    }

    /// A database without tables.
    pub(crate) async fn empty(database: TestDatabase) -> Self {
        Self { client: database.client().await.unwrap(), queue: queue(database.uri()), database }
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// What the doctor finds.
    pub(crate) async fn findings(&self) -> Vec<Finding> {
        findings(&self.queue).await
    }

    /// The codes of what it finds.
    pub(crate) async fn codes(&self) -> Vec<&'static str> {
        self.findings().await.into_iter().map(|finding| finding.code).collect()
    }

    /// The only finding, which has this code.
    pub(crate) async fn only(&self, code: &str) -> Finding {
        let found = self.findings().await;
        assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [code], "{found:#?}");
        found.into_iter().next().unwrap()
    }

    /// A role with these grants, that connects without a password.
    pub(crate) async fn role(&self, name: &str, sql: impl Fn(&str) -> String) -> Role {
        let role = format!("{}_{name}", self.database.name());
        self.run(&format!("CREATE ROLE {role} LOGIN; {}", sql(&role))).await;
        let (scheme, rest) = self.database.uri().split_once("://").unwrap();
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        Role { uri: format!("{scheme}://{role}@{rest}"), name: role }
    }

    /// Drops a role whose connections may still be closing.
    pub(crate) async fn drop_role(&self, role: Role) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename";
        self.run(&format!("{end} = '{0}'; DROP OWNED BY {0}; DROP ROLE {0}", role.name)).await;
    }
}

/// A role of a test.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) uri: String,
}

pub(crate) fn queue(uri: &str) -> AsyncQueue<NoTls> {
    AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build()
}

/// What the doctor finds through this queue.
pub(crate) async fn findings(queue: &AsyncQueue<NoTls>) -> Vec<Finding> {
    let mut found = queue.admin().unwrap().examine().await.unwrap();
    found.retain(|finding| finding.code != OF_TEST_SERVERS);
    found
}
