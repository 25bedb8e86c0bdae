//! sqlxmq.

use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlxmq::{CurrentJob, JobRegistry, JobRunnerHandle, job};
use std::path::Path;
use std::sync::Mutex;

#[job]
async fn noop(mut job: CurrentJob) -> Result<(), Error> {
    let payload: Payload = job.json()?.ok_or("a job without a payload")?;
    ran(payload.number);
    job.complete().await?;
    Ok(())
}

struct Sqlxmq {
    pool: PgPool,
    is_best: bool,
    running: Mutex<Option<JobRunnerHandle>>,
}

impl Peer for Sqlxmq {
    const NAME: &'static str = "sqlxmq";
    const SETTINGS: &'static [Setting] = &[
        Setting {
            name: "defaults",
            text: "concurrency 16 to 32, 10 connections",
            tasks: 2_000,
            measures: &MEASURES,
        },
        Setting {
            name: "best",
            text: "set_concurrency(50, 200), set_keep_alive(false), 20 connections",
            tasks: 5_000,
            measures: &MEASURES,
        },
    ];
    const IS_DONE: &'static str =
        "NOT EXISTS (SELECT FROM mq_msgs WHERE id <> '00000000-0000-0000-0000-000000000000')";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let is_best = setting.name == "best";
        let pool = PgPoolOptions::new().max_connections(if is_best { 20 } else { 10 }).connect(uri).await?;
        Migrator::new(Path::new(env!("SQLXMQ_MIGRATIONS"))).await?.run(&pool).await?;
        Ok(Self { pool, is_best, running: Mutex::default() })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        noop.builder().set_json(&Payload::new(number))?.spawn(&self.pool).await?;
        Ok(())
    }

    async fn start(&self) -> Result<(), Error> {
        let mut runner = JobRegistry::new(&[noop]).runner(&self.pool);
        if self.is_best {
            runner.set_concurrency(50, 200).set_keep_alive(false);
        }
        let running = runner.run().await?;
        *self.running.lock().map_err(|_| "poisoned")? = Some(running);
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        let running = self.running.lock().map_err(|_| "poisoned")?.take();
        if let Some(mut running) = running {
            running.stop().await;
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Sqlxmq>()
}
