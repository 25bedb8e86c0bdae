//! apalis with its Postgres storage.

use apalis::prelude::*;
use apalis_postgres::{Config, PgPool, PostgresStorage};
use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use sqlx::postgres::PgPoolOptions;
use std::ops::Range;
use tokio::runtime::Handle;

struct Apalis {
    pool: PgPool,
    storage: PostgresStorage<Payload>,
    is_best: bool,
}

async fn work(payload: Payload) -> Result<(), BoxDynError> {
    ran(payload.number);
    Ok(())
}

impl Peer for Apalis {
    const NAME: &'static str = "apalis-postgres";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "defaults",
            text: "one worker as in its README, batch_size 10, 10 connections",
            tasks: 2_000,
            measures: &MEASURES,
        },
        Setting {
            name: "best",
            text: "batch_size 1,000, lock_tasks(false), with_pubsub(), parallelize(tokio::spawn), 20 connections",
            tasks: 20_000,
            measures: &MEASURES,
        },
    ];
    const IS_DONE: &'static str =
        "NOT EXISTS (SELECT FROM apalis.jobs WHERE status IN ('Pending', 'Queued', 'Running'))";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let is_best = setting.name == "best";
        let pool = PgPoolOptions::new().max_connections(if is_best { 20 } else { 10 }).connect(uri).await?;
        PostgresStorage::setup(&pool).await?;
        let config = Config::default().queue("noop");
        let config = if is_best { config.batch_size(1_000).lock_tasks(false) } else { config };
        Ok(Self { storage: PostgresStorage::new(&pool).with_config(config), pool, is_best })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        self.storage.clone().push(Payload::new(number)).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        self.storage.clone().push_bulk(numbers.map(Payload::new).collect()).await?;
        Ok(true)
    }

    /// Runs the worker on a thread of its own, like `main` in the examples of apalis. Its tasks are spawned on the
    /// shared runtime.
    async fn start(&self) -> Result<(), Error> {
        let (storage, is_best, runtime) = (self.storage.clone(), self.is_best, Handle::current());
        std::thread::spawn(move || {
            let builder = WorkerBuilder::new("noop-worker");
            let outcome = match is_best {
                true => runtime.block_on(
                    builder.backend(storage.with_pubsub()).parallelize(tokio::spawn).build(work).run(),
                ),
                false => runtime.block_on(builder.backend(storage).build(work).run()),
            };
            outcome.map_err(|error| eprintln!("{error}"))
        });
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        self.pool.close().await;
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Apalis>()
}
