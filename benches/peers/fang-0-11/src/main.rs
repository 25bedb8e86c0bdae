//! fang 0.11, the last release before the rewrite, in both modes.

use async_trait::async_trait;
use diesel::Connection;
use diesel::r2d2::{ConnectionManager, Pool};
use fang_0_11::asynk::async_queue::{AsyncQueue, AsyncQueueable};
use fang_0_11::asynk::async_worker_pool::AsyncWorkerPool;
use fang_0_11::{
    AsyncRunnable, FangError, PgConnection, Queue, Queueable, Runnable, SleepParams, WorkerPool,
    run_migrations_postgres,
};
use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Light(Payload);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Light {
    async fn run(&self, _: &dyn AsyncQueueable) -> Result<(), FangError> {
        ran(self.0.number);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Heavy(Payload);

#[typetag::serde]
impl Runnable for Heavy {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        ran(self.0.number);
        Ok(())
    }
}

struct Fang {
    light: AsyncQueue,
    heavy: Queue,
    is_async: bool,
    sleep: SleepParams,
}

const fn setting(name: &'static str, text: &'static str) -> Setting {
    Setting { name, text, tasks: 20_000, measures: &MEASURES }
}

impl Peer for Fang {
    const NAME: &'static str = "fang 0.11";
    const SETTINGS: &'static [Setting] = &[
        setting("async, defaults", "10 workers, 10 connections"),
        setting("async, best", "10 workers, 20 connections, sleep_params from 5 ms to 100 ms"),
        setting("blocking, defaults", "10 threads, 10 connections"),
        setting("blocking, best", "10 threads, 20 connections, sleep_params from 5 ms to 100 ms"),
    ];
    const IS_DONE: &'static str = "NOT EXISTS (SELECT FROM fang_tasks)";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        run_migrations_postgres(&mut PgConnection::establish(uri)?)?;
        let is_best = setting.name.ends_with("best");
        let connections = if is_best { 20 } else { 10 };
        let mut light = AsyncQueue::builder().uri(uri).max_pool_size(connections).build();
        let is_async = setting.name.starts_with("async");
        if is_async {
            light.connect().await?;
        }
        let manager = ConnectionManager::<PgConnection>::new(uri);
        let pool = Pool::builder().max_size(connections).min_idle(Some(1)).build(manager)?;
        let ms = Duration::from_millis;
        let eager = SleepParams {
            sleep_period: ms(5),
            min_sleep_period: ms(5),
            max_sleep_period: ms(100),
            sleep_step: ms(5),
        };
        let sleep = if is_best { eager } else { SleepParams::default() };
        Ok(Self { light, heavy: Queue::builder().connection_pool(pool).build(), is_async, sleep })
    }

    async fn insert(&self, number: u64) -> Result<(), Error> {
        if self.is_async {
            self.light.insert_task(&Light(Payload::new(number))).await?;
        } else {
            let queue = self.heavy.clone();
            tokio::task::spawn_blocking(move || queue.insert_task(&Heavy(Payload::new(number)))).await??;
        }
        Ok(())
    }

    async fn start(&self) -> Result<(), Error> {
        if self.is_async {
            let builder =
                AsyncWorkerPool::<AsyncQueue>::builder().number_of_workers(10_u32).queue(self.light.clone());
            builder.sleep_params(self.sleep.clone()).build().start().await;
        } else {
            let builder = WorkerPool::<Queue>::builder().number_of_workers(10_u32).queue(self.heavy.clone());
            let mut pool = builder.sleep_params(self.sleep.clone()).build();
            pool.start().map_err(|error| error.description)?;
        }
        Ok(())
    }

    /// Does nothing: its workers cannot be stopped.
    async fn stop(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Fang>()
}
