//! awa, over its queue storage.

use awa::{
    Client, InsertOpts, InsertParams, JobArgs, JobResult, QueueConfig, QueueStorage, QueueStorageConfig,
};
use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::ops::Range;
use std::time::Duration;

#[derive(Serialize, Deserialize, JobArgs)]
struct Noop {
    payload: Payload,
}

fn noop(number: u64) -> Noop {
    Noop { payload: Payload::new(number) }
}

struct Awa {
    pool: PgPool,
    client: Client,
}

fn client(pool: &PgPool, is_best: bool) -> Result<Client, Error> {
    let config = match is_best {
        true => QueueConfig {
            max_workers: 500,
            claimers: 2,
            poll_interval: Duration::from_millis(50),
            deadline_duration: Duration::ZERO,
            ..QueueConfig::default()
        },
        false => QueueConfig::default(),
    };
    let builder = Client::builder(pool.clone()).queue("default", config);
    Ok(builder
        .register::<Noop, _, _>(|noop, _| async move {
            ran(noop.payload.number);
            Ok(JobResult::Completed)
        })
        .build()?)
}

impl Peer for Awa {
    const NAME: &'static str = "awa";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "defaults",
            text: "QueueConfig::default(): 50 workers; 10 connections",
            tasks: 20_000,
            measures: &MEASURES,
        },
        Setting {
            name: "best",
            text: "500 workers, 2 claimers, no deadline (its short path), poll_interval 50 ms, 20 connections",
            tasks: 20_000,
            measures: &MEASURES,
        },
    ];
    /// A query of its view of jobs takes minutes after a drain, so the clock stops when the last task has run.
    const IS_DONE: &'static str = "true";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let is_best = setting.name == "best";
        let pool = PgPoolOptions::new().max_connections(if is_best { 20 } else { 10 }).connect(uri).await?;
        awa::migrations::run(&pool).await?;
        // The first client in an empty database enables its queue storage.
        let first = client(&pool, is_best)?;
        first.start().await?;
        first.shutdown(Duration::from_secs(5)).await;
        Ok(Self { client: client(&pool, is_best)?, pool })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        awa::insert_with(&self.pool, &noop(number), InsertOpts::default()).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        let jobs = numbers.map(|number| awa::model::insert::params(&noop(number)));
        let jobs: Vec<InsertParams> = jobs.collect::<Result<_, _>>()?;
        QueueStorage::new(QueueStorageConfig::default())?.enqueue_params_copy(&self.pool, &jobs).await?;
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        Ok(self.client.start().await?)
    }

    async fn stop(&self) -> Result<(), Error> {
        self.client.shutdown(Duration::from_secs(5)).await;
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Awa>()
}
