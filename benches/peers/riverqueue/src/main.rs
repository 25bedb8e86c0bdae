//! riverqueue: River for Rust.

use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use riverqueue::migrate::PostgresMigrator;
use riverqueue::sqlx::PgPool;
use riverqueue::sqlx::postgres::PgPoolOptions;
use riverqueue::{BoxError, Client, Job, JobArgs, QueueConfig, RunHandle, WorkContext, WorkOutcome, Workers};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, JobArgs, Serialize)]
#[river(kind = "noop")]
struct Noop {
    payload: Payload,
}

async fn work(_: WorkContext, job: Job<Noop>) -> Result<WorkOutcome, BoxError> {
    ran(job.args.payload.number);
    Ok(WorkOutcome::Complete)
}

fn noop(number: u64) -> Noop {
    Noop { payload: Payload::new(number) }
}

struct River {
    client: Client,
    running: Mutex<Option<RunHandle>>,
}

impl Peer for River {
    const NAME: &'static str = "riverqueue";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "defaults",
            text: "QueueConfig::new(10), a pool of 10 connections; fetch_cooldown 100 ms, so fewer tasks",
            tasks: 1_000,
            measures: &MEASURES,
        },
        Setting {
            name: "best",
            text: "max_workers 1,000, fetch_cooldown 1 ms, fetch_poll_interval 100 ms, 20 connections",
            tasks: 20_000,
            measures: &MEASURES,
        },
    ];
    const IS_DONE: &'static str = "NOT EXISTS (SELECT FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled'))";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let is_best = setting.name == "best";
        let options = PgPoolOptions::new().max_connections(if is_best { 20 } else { 10 });
        let pool: PgPool = options.connect(uri).await?;
        PostgresMigrator::new(pool.clone()).migrate_up().await?;
        let mut workers = Workers::new();
        workers.add_fn(work)?;
        let ms = Duration::from_millis;
        let (queue, cooldown) = match is_best {
            true => (QueueConfig::new(1_000).with_fetch_poll_interval(ms(100)), ms(1)),
            false => (QueueConfig::new(10), riverqueue::FETCH_COOLDOWN_DEFAULT),
        };
        let builder = Client::builder(pool).workers(workers).queue("default", queue);
        Ok(Self { client: builder.fetch_cooldown(cooldown).build()?, running: Mutex::default() })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        self.client.insert(noop(number)).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        self.client.insert_many(numbers.map(noop)).await?;
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        *self.running.lock().map_err(|_| "poisoned")? = Some(self.client.start()?);
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        let running = self.running.lock().map_err(|_| "poisoned")?.take();
        if let Some(mut running) = running {
            running.stop().await?;
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<River>()
}
