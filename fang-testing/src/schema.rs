mod keeper;
mod search_path;

use fang_core::Redacted;
use keeper::Keeper;
use search_path::with_search_path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

/// The most connections of a queue of a test.
const CONNECTIONS: u32 = 4;

/// A Postgres schema of its own for one test, with the tables of fang. Dropping the value drops the schema, also when
/// the test panics. If a transaction of the test is still open then, the drop waits for it for 2 s, and leaves the schema to a
/// later test.
///
#[cfg_attr(feature = "asynk", doc = "```no_run")]
#[cfg_attr(not(feature = "asynk"), doc = "```text")]
/// use fang_testing::{TestSchema, drain};
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let db = TestSchema::new().await; // in the database of DATABASE_URL
/// let queue = db.queue();
/// assert_eq!(drain(&queue).await.finished, 0);
/// # }
/// ```
///
/// Tests with schemas of their own may run at the same time, as threads and as processes. A test that is killed leaves
/// its schema. The next test with a schema drops it, once nothing uses it any more. The names begin with `fang_test_`.
///
/// The drop waits up to 2 s for transactions that still use the schema. If one takes longer, a later test drops the
/// schema.
///
/// The connection has no TLS, and must not go through a pooler. Its user needs the right to create schemas in the
/// database. For a queue with other options, build one: `AsyncQueue::builder().uri(db.uri()).schema(db.name())`.
#[derive(Debug)]
pub struct TestSchema {
    uri: Redacted<String>,
    name: String,
    #[cfg(feature = "asynk")]
    queue: fang_asynk::AsyncQueue,
    #[cfg(feature = "blocking")]
    queue_blocking: fang_blocking::Queue,
    /// Dropped last: the queues of the test have no connection open then, unless the test keeps them.
    _keeper: Keeper,
}

impl TestSchema {
    /// Makes a schema in the database of `DATABASE_URL`.
    ///
    /// # Panics
    /// Panics if `DATABASE_URL` is not set, and as [`at`](Self::at).
    pub async fn new() -> Self {
        Self::at(database_url()).await
    }

    /// Makes a schema in this database: `postgres://user:password@host:port/database`.
    ///
    /// # Panics
    /// Panics if the database cannot be reached or refuses to make the schema.
    pub async fn at(uri: impl Into<String>) -> Self {
        let (uri, name) = (uri.into(), unique_name());
        let keeper = Keeper::start(&uri, &name).made().await;
        Self::with(uri, name, keeper)
    }

    /// The same as [`new`](Self::new) for a test without tokio. It blocks.
    ///
    /// # Panics
    /// Panics if `DATABASE_URL` is not set, and as [`at`](Self::at).
    pub fn new_blocking() -> Self {
        Self::at_blocking(database_url())
    }

    /// The same as [`at`](Self::at) for a test without tokio. It blocks.
    ///
    /// # Panics
    /// As [`at`](Self::at).
    pub fn at_blocking(uri: impl Into<String>) -> Self {
        let (uri, name) = (uri.into(), unique_name());
        let keeper = Keeper::start(&uri, &name).made_blocking();
        Self::with(uri, name, keeper)
    }

    fn with(uri: String, name: String, keeper: Keeper) -> Self {
        Self {
            #[cfg(feature = "asynk")]
            queue: fang_asynk::AsyncQueue::builder()
                .uri(uri.clone())
                .schema(name.clone())
                .max_pool_size(CONNECTIONS)
                .build(),
            #[cfg(feature = "blocking")]
            queue_blocking: fang_blocking::Queue::builder()
                .uri(uri.clone())
                .schema(name.clone())
                .max_pool_size(CONNECTIONS)
                .build(),
            uri: uri.into(),
            name,
            _keeper: keeper,
        }
    }

    /// A queue of the async mode over the schema. All calls return clones of one queue, which opens up to four
    /// connections.
    #[cfg(feature = "asynk")]
    pub fn queue(&self) -> fang_asynk::AsyncQueue {
        self.queue.clone()
    }

    /// A queue of the blocking mode over the schema. All calls return clones of one queue, which opens up to four
    /// connections.
    #[cfg(feature = "blocking")]
    pub fn queue_blocking(&self) -> fang_blocking::Queue {
        self.queue_blocking.clone()
    }

    /// The name of the schema.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the database.
    pub fn uri(&self) -> &str {
        self.uri.expose()
    }

    /// The address of the database, with the schema first in the search path of every session. It is for the
    /// application's own connections, and for a process that a test starts. Tables that these make are in the schema,
    /// and are dropped with it. Other settings in the `options` of the address stay.
    ///
    /// `public` comes last in the search path, so that the types and functions of extensions there are found. An
    /// extension belongs to the database, which has it once. If a test creates it in its own schema, other tests do not
    /// find it, and it is dropped with the schema. So install extensions before the tests run:
    /// `CREATE EXTENSION IF NOT EXISTS citext SCHEMA public`.
    ///
    #[cfg_attr(feature = "asynk", doc = "```no_run")]
    #[cfg_attr(not(feature = "asynk"), doc = "```text")]
    /// # use fang_testing::TestSchema;
    /// # async fn example() -> Result<(), tokio_postgres::Error> {
    /// let db = TestSchema::new().await;
    /// let (client, connection) = tokio_postgres::connect(&db.schema_uri(), tokio_postgres::NoTls).await?;
    /// # tokio::spawn(connection);
    /// client.batch_execute("CREATE TABLE users (name TEXT)").await?;
    /// # Ok(()) }
    /// ```
    pub fn schema_uri(&self) -> String {
        with_search_path(self.uri.expose(), &self.name)
    }
}

fn database_url() -> String {
    match env::var("DATABASE_URL") {
        Ok(uri) => uri,
        Err(_) => panic!(
            "DATABASE_URL is not set; set it to the address of a database for tests, or name one by `TestSchema::at`"
        ),
    }
}

/// It needs no quotes. No other process has the same name at the same time: the number of a process, and a time, since
/// numbers come again.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = chrono::Utc::now().timestamp_micros();
    format!("{}{now:x}_{}_{count}", fang_postgres::test_schema::PREFIX, process::id())
}
