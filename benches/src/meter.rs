//! What the server counted.

use std::time::Duration;
use tokio_postgres::{Client, Error};

/// An idle backend reports its commits after 10 s at the latest (pgstat's idle interval).
pub(crate) const REPORTED_AFTER: Duration = Duration::from_millis(10_500);

/// Reads the server's own counters of the database under test.
pub(crate) struct Meter(Client);

/// The counters at one moment, or between two.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) commits: f64,
    pub(crate) statements: f64,
    pub(crate) wal_bytes: f64,
}

impl Meter {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// The counters once all backends have reported theirs.
    pub(crate) async fn read_settled(&self) -> Result<Reading, Error> {
        tokio::time::sleep(REPORTED_AFTER).await;
        self.read().await
    }

    /// The counters now: the commits of the last second may be missing.
    pub(crate) async fn read(&self) -> Result<Reading, Error> {
        self.0.batch_execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").await?;
        let row = self
            .0
            .query_one(
                "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())::float8,
                    (SELECT sum(s.calls) FROM pg_stat_statements s
                     JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database())::float8,
                    (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8",
                &[],
            )
            .await?;
        Ok(Reading { commits: row.get(0), statements: row.get(1), wal_bytes: row.get(2) })
    }

    /// Writes back what is dirty, so that no checkpoint falls into the measurement.
    pub(crate) async fn settle(&self) -> Result<(), Error> {
        self.0.batch_execute("CHECKPOINT").await
    }

    /// Says which statements were called most, for those who look closer.
    pub(crate) async fn top(&self) -> Result<Vec<String>, Error> {
        let rows = self
            .0
            .query(
                "SELECT s.calls || ' x ' || round(s.mean_exec_time::numeric, 3) || ' ms ' ||
                    left(regexp_replace(regexp_replace(s.query, '--[^\n]*\n', '', 'g'), '\\s+', ' ', 'g'), 60)
                 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
                 WHERE d.datname = current_database() ORDER BY s.total_exec_time DESC LIMIT 6",
                &[],
            )
            .await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
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
