//! Reads the counters of the server.

use std::time::{Duration, Instant};
use tokio_postgres::{Client, Error};

/// After this time an idle backend has reported its commits (the idle interval of pgstat is 10 s).
const REPORTED_AFTER: Duration = Duration::from_millis(10_500);

/// Reads the counters that the server keeps for the database under test.
#[derive(Debug)]
pub struct Meter(Client);

/// The counters at one moment, or their difference between two moments.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Transactions committed.
    pub commits: f64,
    /// Executed statements, without those of the meter.
    pub statements: f64,
    /// Bytes of write-ahead log.
    pub wal_bytes: f64,
}

impl Meter {
    /// Creates a meter for the database of this connection.
    ///
    /// # Errors
    /// When the server has no `pg_stat_statements`.
    pub async fn new(client: Client) -> Result<Self, Error> {
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await?;
        Ok(Self(client))
    }

    /// Reads the counters after all other connections are closed, because a backend reports its commits when it
    /// ends. If connections stay open, waits until their backends have reported, which takes ten seconds.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn read_alone(&self) -> Result<Reading, Error> {
        let end = Instant::now() + REPORTED_AFTER;
        while !self.is_alone().await? && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.read().await
    }

    /// Reads the counters now. Commits of open connections may be missing.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn read(&self) -> Result<Reading, Error> {
        let row = self
            .0
            .query_one(
                "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())::float8,
                    (SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s
                     JOIN pg_database d ON d.oid = s.dbid
                     WHERE d.datname = current_database() AND s.query NOT LIKE '%pg_stat_%'
                       AND s.query <> 'CHECKPOINT')::float8,
                    (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8",
                &[],
            )
            .await?;
        Ok(Reading { commits: row.get(0), statements: row.get(1), wal_bytes: row.get(2) })
    }

    /// Runs a checkpoint now, so that none runs during the measurement.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn quiesce(&self) -> Result<(), Error> {
        self.0.batch_execute("CHECKPOINT").await
    }

    /// Waits until the SQL expression `question` is true. Returns `false` if that takes longer than `at_most`.
    ///
    /// # Errors
    /// When the query fails.
    pub async fn wait_until(&self, question: &str, at_most: Duration) -> Result<bool, Error> {
        let end = Instant::now() + at_most;
        // The counter leaves out statements with this name in their text.
        let question = format!("SELECT ({question}) AS pg_stat_answer");
        while Instant::now() < end {
            if self.0.query_one(&question, &[]).await?.get(0) {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(false)
    }

    /// The connection of the meter.
    pub fn client(&self) -> &Client {
        &self.0
    }

    async fn is_alone(&self) -> Result<bool, Error> {
        let others = "SELECT count(*) = 0 FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        Ok(self.0.query_one(others, &[]).await?.get(0))
    }
}

impl Reading {
    /// Divides the counts by this number of tasks. Returns them with their names in the tables.
    pub fn per_task(self, tasks: f64) -> [(&'static str, f64); 3] {
        [
            ("statements/task", self.statements / tasks),
            ("commits/task", self.commits / tasks),
            ("WAL B/task", self.wal_bytes / tasks),
        ]
    }
}

impl std::ops::Sub for Reading {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            commits: self.commits - before.commits,
            statements: self.statements - before.statements,
            wal_bytes: self.wal_bytes - before.wal_bytes,
        }
    }
}
