//! graphile_worker: Graphile Worker for Rust.

use graphile_worker::{
    IntoTaskHandlerResult, JobSpec, LocalQueueConfig, TaskHandler, Worker, WorkerContext, WorkerOptions,
    WorkerUtils,
};
use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Deserialize, Serialize)]
struct Noop {
    payload: Payload,
}

impl TaskHandler for Noop {
    const IDENTIFIER: &'static str = "noop";

    async fn run(self, _: WorkerContext) -> impl IntoTaskHandlerResult {
        ran(self.payload.number);
        Ok::<(), String>(())
    }
}

fn noop(number: u64) -> Noop {
    Noop { payload: Payload::new(number) }
}

struct Graphile {
    worker: Arc<Worker>,
    utils: WorkerUtils,
}

impl Peer for Graphile {
    const NAME: &'static str = "graphile_worker";
    const SETTINGS: &'static [Setting] = &[
        Setting { name: "defaults", text: "concurrency 10, 20 connections", tasks: 500, measures: &MEASURES },
        Setting {
            name: "best",
            text: "as its own benchmark: concurrency 500, local_queue of 5,000, complete_job_batch_delay and \
                   poll_interval 5 ms, 20 connections",
            tasks: 20_000,
            measures: &MEASURES,
        },
    ];
    const IS_DONE: &'static str = "NOT EXISTS (SELECT FROM graphile_worker._private_jobs)";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let pool = PgPoolOptions::new().max_connections(20).connect(uri).await?;
        let options = WorkerOptions::default().pg_pool(pool).schema("graphile_worker").define_job::<Noop>();
        let options = match setting.name {
            "best" => options
                .concurrency(500)
                .local_queue(LocalQueueConfig::default().with_size(5_000))
                .complete_job_batch_delay(Duration::from_millis(5))
                .poll_interval(Duration::from_millis(5)),
            _ => options.concurrency(10),
        };
        let worker = options.listen_os_shutdown_signals(false).init().await?;
        Ok(Self { utils: worker.create_utils(), worker: Arc::new(worker) })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        self.utils.add_job(noop(number), JobSpec::default()).await?;
        Ok(())
    }

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        let spec = JobSpec::default();
        let jobs: Vec<_> = numbers.map(|number| (noop(number), &spec)).collect();
        self.utils.add_jobs::<Noop>(&jobs).await?;
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        let worker = self.worker.clone();
        tokio::spawn(async move { worker.run().await.map_err(|error| eprintln!("{error}")) });
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        self.worker.request_shutdown();
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Graphile>()
}
