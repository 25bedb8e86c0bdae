//! The floor: the best rate that the table and the statements of fang allow. It runs plain SQL over tokio-postgres,
//! without workers, channels and decoding.

use crate::Error;
use fang_core::Mode;
use fang_core::scan::{ScanRanges, Start};
use fang_postgres::{Schema, Statements, migrations};
use futures_util::pin_mut;
use serde_json::value::RawValue;
use std::time::{Duration, Instant, SystemTime};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{Json, Timestamp, ToSql, Type};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

/// The number of rows that one claim takes and one finish removes.
const BATCH: i64 = 100;

/// The first list of locked tasks to read. The floor makes no lock-claims, so there are no lists.
const NOTHING_LISTED: i64 = 0;

/// A database with the tables of fang.
#[derive(Debug)]
pub struct Floor {
    uri: String,
    statements: Statements,
}

impl Floor {
    /// Creates the tables, if they do not exist.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn new(uri: &str) -> Result<Self, Error> {
        let floor = Self { uri: uri.to_owned(), statements: Statements::new(&Schema::default()) };
        let client = connect(uri).await?;
        let exists = "SELECT to_regclass('fang_meta') IS NOT NULL";
        if !client.query_one(exists, &[]).await?.get::<_, bool>(0) {
            for step in migrations::pending(0) {
                client.batch_execute(step.up).await?;
            }
        }
        Ok(floor)
    }

    /// Claims and removes all rows over this many connections, which are opened before the clock starts. Returns
    /// the number of rows and the time it took.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn drain(&self, connections: usize) -> Result<(usize, Duration), Error> {
        let mut drainers = Vec::new();
        for _ in 0..connections {
            drainers.push(Drainer::new(&self.uri, &self.statements).await?);
        }
        let started = Instant::now();
        let running: Vec<_> = drainers.into_iter().map(|drainer| tokio::spawn(drainer.run())).collect();
        let mut rows = 0;
        for drainer in running {
            rows += drainer.await??;
        }
        Ok((rows, started.elapsed()))
    }
}

struct Drainer {
    client: Client,
    worker: i64,
    claim: Statement,
    remove: Statement,
}

impl Drainer {
    async fn new(uri: &str, sql: &Statements) -> Result<Self, Error> {
        let client = connect(uri).await?;
        let worker = client.query_one(&sql.register, &[&"{}", &false]).await?.get(0);
        let claim = client.prepare(&sql.claim).await?;
        let remove = client.prepare(&sql.finish_remove).await?;
        Ok(Self { client, worker, claim, remove })
    }

    async fn run(self) -> Result<usize, Error> {
        let ranges = ScanRanges::new(Mode::Asynk).in_order(false, Start::Beginning);
        let modes: Vec<i16> = ranges.iter().map(|range| range.mode as i16).collect();
        let priorities: Vec<i16> = ranges.iter().map(|range| range.priority as i16).collect();
        let floors = vec![Timestamp::<SystemTime>::NegInfinity; ranges.len()];
        let left_out: Vec<Uuid> = Vec::new();
        let mut rows = 0;
        loop {
            let claim: [&(dyn ToSql + Sync); 8] =
                [&self.worker, &"common", &modes, &priorities, &floors, &BATCH, &NOTHING_LISTED, &left_out];
            let claimed = self.client.query(&self.claim, &claim).await?;
            if claimed.is_empty() {
                return Ok(rows);
            }
            rows += claimed.len();
            let (ids, leases): (Vec<Uuid>, Vec<i32>) =
                claimed.iter().map(|row| (row.get::<_, Uuid>(0), row.get::<_, i32>(1))).unzip();
            self.client.execute(&self.remove, &[&self.worker, &ids, &leases]).await?;
        }
    }
}

/// Inserts rows by `COPY`, the fastest way to insert. The payloads are JSON. Returns the time it took.
///
/// # Errors
/// When a statement fails.
pub async fn copy_floor(client: &Client, payloads: Vec<String>) -> Result<Duration, Error> {
    let payloads: Vec<Box<RawValue>> =
        payloads.into_iter().map(RawValue::from_string).collect::<Result<_, _>>()?;
    let started = Instant::now();
    let copy = "COPY fang_tasks (id, metadata, task_type, mode, priority) FROM STDIN (FORMAT binary)";
    let types = [Type::UUID, Type::JSONB, Type::TEXT, Type::INT2, Type::INT2];
    let writer = BinaryCopyInWriter::new(client.copy_in(copy).await?, &types);
    pin_mut!(writer);
    for payload in &payloads {
        let row: [&(dyn ToSql + Sync); 5] = [&Uuid::now_v7(), &Json(payload), &"common", &1_i16, &2_i16];
        writer.as_mut().write(&row).await?;
    }
    writer.finish().await?;
    Ok(started.elapsed())
}

async fn connect(uri: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    // The client reports the errors of the connection.
    tokio::spawn(connection);
    Ok(client)
}
