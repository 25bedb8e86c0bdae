//! underway.

use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Postgres, Transaction};
use std::ops::Range;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use underway::{Queue, Task, Worker};

struct Noop;

impl Task for Noop {
    type Input = Payload;
    type Output = ();

    async fn execute(&self, _: Transaction<'_, Postgres>, input: Payload) -> underway::task::Result<()> {
        ran(input.number);
        Ok(())
    }
}

struct Underway {
    pool: PgPool,
    queue: Arc<Queue<Noop>>,
    workers: usize,
    end: CancellationToken,
}

impl Peer for Underway {
    const NAME: &'static str = "underway";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "defaults",
            text: "one worker, its concurrency the number of cores; 10 connections",
            tasks: 1_000,
            measures: &MEASURES,
        },
        Setting {
            name: "best",
            text: "10 workers of set_concurrency_limit(10), 40 connections",
            tasks: 5_000,
            measures: &MEASURES,
        },
    ];
    const IS_DONE: &'static str =
        "NOT EXISTS (SELECT FROM underway.task WHERE state IN ('pending', 'in_progress'))";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let is_best = setting.name == "best";
        let pool = PgPoolOptions::new().max_connections(if is_best { 40 } else { 10 }).connect(uri).await?;
        underway::run_migrations(&pool).await?;
        let queue = Arc::new(Queue::builder().name("noop").pool(pool.clone()).build().await?);
        Ok(Self { pool, queue, workers: if is_best { 10 } else { 1 }, end: CancellationToken::new() })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        self.queue.enqueue(&self.pool, &Noop, &Payload::new(number)).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        let payloads: Vec<Payload> = numbers.map(Payload::new).collect();
        self.queue.enqueue_multi(&self.pool, &Noop, &payloads).await?;
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        for _ in 0..self.workers {
            let mut worker = Worker::new(self.queue.clone(), Noop);
            worker.set_shutdown_token(self.end.clone());
            if self.workers > 1 {
                worker.set_concurrency_limit(10);
            }
            tokio::spawn(async move { worker.run().await.map_err(|error| eprintln!("{error}")) });
        }
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        self.end.cancel();
        self.pool.close().await;
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Underway>()
}
