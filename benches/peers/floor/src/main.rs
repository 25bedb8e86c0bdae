//! The floor: the statements of fang as plain SQL, without workers.

use fang_bench_kit::{Floor, copy_floor};
use harness::{Error, Payload, Peer, Setting, ran};
use std::ops::Range;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

const INSERT: &str =
    "INSERT INTO fang_tasks (id, metadata, task_type, mode, priority) VALUES ($1, $2, 'common', 1, 2)";
const MEASURES: &[&str] = &["drain", "long-drain", "insert", "bulk"];

struct Sql {
    floor: Floor,
    client: Client,
    insert: Statement,
    connections: usize,
}

impl Peer for Sql {
    const NAME: &'static str = "floor (plain SQL)";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "1 connection",
            text: "claim.sql and finish_remove.sql in batches of 100",
            tasks: 20_000,
            measures: MEASURES,
        },
        Setting {
            name: "4 connections",
            text: "the same over four",
            tasks: 20_000,
            measures: &["drain", "long-drain"],
        },
    ];
    const IS_DONE: &'static str = "NOT EXISTS (SELECT FROM fang_tasks)";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let floor = Floor::new(uri).await?;
        let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
        tokio::spawn(connection);
        let insert = client.prepare(INSERT).await?;
        let connections = if setting.name == "1 connection" { 1 } else { 4 };
        Ok(Self { floor, client, insert, connections })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        let payload = Json(Payload::new(number));
        self.client.execute(&self.insert, &[&Uuid::now_v7(), &payload]).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        let payloads = numbers.map(|number| serde_json::to_string(&Payload::new(number)));
        copy_floor(&self.client, payloads.collect::<Result<_, _>>()?).await?;
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        let (rows, _) = self.floor.drain(self.connections).await?;
        (0..rows as u64).for_each(ran);
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Sql>()
}
