//! Inserts rows by SQL, past the checks of a queue.

use super::rows::Row;
use crate::Failure;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

/// One array for each column. Values without a Rust type are cast from text.
const INSERT: &str =
    "INSERT INTO fang_tasks (id, metadata, state, task_type, retries, scheduled_at, created_at,
    updated_at, mode, priority, lease, crashes, locked_by, unknown_since)
SELECT id, metadata::jsonb, state::fang_task_state, task_type, retries, scheduled_at::timestamptz,
    created_at::timestamptz, updated_at::timestamptz, mode, priority, lease, crashes, locked_by,
    unknown_since::timestamptz
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[],
    $9::smallint[], $10::smallint[], $11::int[], $12::smallint[], $13::bigint[], $14::text[])
AS row (id, metadata, state, task_type, retries, scheduled_at, created_at, updated_at, mode, priority, lease,
    crashes, locked_by, unknown_since)";

/// A connection that writes rows.
pub(super) struct Table {
    runtime: Runtime,
    client: Client,
}

impl Table {
    pub(super) fn open(uri: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (client, connection) = runtime.block_on(tokio_postgres::connect(uri, NoTls))?;
        // The client reports its errors.
        runtime.spawn(connection);
        Ok(Self { runtime, client })
    }

    pub(super) fn insert(&self, rows: &[Row]) -> Result<(), Failure> {
        fn column<T>(rows: &[Row], value: impl Fn(&Row) -> T) -> Vec<T> {
            rows.iter().map(value).collect()
        }
        let metadata: Vec<&str> = rows.iter().map(|row| row.metadata.as_str()).collect();
        let task_types: Vec<&str> = rows.iter().map(|row| row.task_type.as_str()).collect();
        let inserted = self.runtime.block_on(async {
            let columns: [&(dyn ToSql + Sync); 14] = [
                &column(rows, |row| row.id),
                &metadata,
                &column(rows, |row| row.state),
                &task_types,
                &column(rows, |row| row.retries),
                &column(rows, |row| row.scheduled_at),
                &column(rows, |row| row.created_at),
                &column(rows, |row| row.updated_at),
                &column(rows, |row| row.mode),
                &column(rows, |row| row.priority),
                &column(rows, |row| row.lease),
                &column(rows, |row| row.crashes),
                &column(rows, |row| row.locked_by),
                &column(rows, |row| row.unknown_since),
            ];
            self.client.execute(INSERT, &columns).await
        });
        let inserted = inserted.map_err(|error| match error.as_db_error() {
            Some(reason) => format!("Postgres refused the fuzzed rows: {reason}").into(),
            None => Failure::from(error),
        })?;
        if inserted == rows.len() as u64 { Ok(()) } else { Err("not all fuzzed rows were inserted".into()) }
    }
}
