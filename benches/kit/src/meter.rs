//! What the server counted.

use std::time::{Duration, Instant};
use tokio_postgres::{Client, Error};

/// An idle backend reports its commits after 10 s at the latest (pgstat's idle interval).
const REPORTED_AFTER: Duration = Duration::from_millis(10_500);

/// Reads the server's own counters of the database under test.
#[derive(Debug)]
pub struct Meter(Client);

/// The counters at one moment, or between two.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Transactions committed.
    pub commits: f64,
    /// Statements executed, the meter's own not counted.
    pub statements: f64,
    /// Bytes of write-ahead log.
    pub wal_bytes: f64,
}

impl Meter {
    /// Counts in the database that `client` is connected to.
    ///
    /// # Errors
    /// When the server has no `pg_stat_statements`.
    pub async fn new(client: Client) -> Result<Self, Error> {
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await?;
        Ok(Self(client))
    }

    /// The counters once all other connections are closed: a backend reports what it has done at its end.
    /// One that stays open reports after ten seconds.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn read_alone(&self) -> Result<Reading, Error> {
        let end = Instant::now() + REPORTED_AFTER;
        while !self.is_alone().await? && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.read().await
    }

    /// The counters now: commits of connections that are open may be missing.
    ///
    /// # Errors
    /// When the server is gone.
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

    /// Writes back what is dirty, so that no checkpoint falls into the measurement.
    ///
    /// # Errors
    /// When the server is gone.
    pub async fn quiesce(&self) -> Result<(), Error> {
        self.0.batch_execute("CHECKPOINT").await
    }

    /// Waits until `question`, an expression, is true. Returns whether that was in time.
    ///
    /// # Errors
    /// When the server refuses the question.
    pub async fn wait_until(&self, question: &str, at_most: Duration) -> Result<bool, Error> {
        let end = Instant::now() + at_most;
        // The name keeps it from being counted.
        let question = format!("SELECT ({question}) AS pg_stat_answer");
        while Instant::now() < end {
            if self.0.query_one(&question, &[]).await?.get(0) {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(false)
    }

    /// The connection it asks through.
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
    /// The counts for each of so many tasks, named for a table.
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
