//! This version of fang in both modes, with default settings except for the number of workers.

use fang::asynk::async_queue::AsyncQueue;
use fang::{
    AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, NewTask, NoTls, Queue, Queueable, Runnable,
    WorkerPool, async_trait, typetag,
};
use harness::{Error, MEASURES, Payload, Peer, Setting, ran};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Mutex;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(5);

#[derive(Serialize, Deserialize)]
struct Light(Payload);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Light {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
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
    light: AsyncQueue<NoTls>,
    heavy: Queue,
    is_async: bool,
    workers: u32,
    async_pool: Mutex<Option<AsyncWorkerPool<AsyncQueue<NoTls>>>>,
    pool: Mutex<Option<WorkerPool<Queue>>>,
}

const fn setting(name: &'static str, text: &'static str, measures: &'static [&'static str]) -> Setting {
    Setting { name, text, tasks: 20_000, measures }
}

impl Peer for Fang {
    const NAME: &'static str = "fang";
    const SETTINGS: &'static [Setting] = &[
        setting("async", "defaults, 10 workers", &MEASURES),
        setting("blocking", "defaults, 10 threads", &MEASURES),
        setting("async, 100 workers", "defaults, 100 workers", &["drain", "long-drain"]),
    ];
    const IS_DONE: &'static str = "NOT EXISTS (SELECT FROM fang_tasks)";

    async fn new(uri: &str, setting: &Setting) -> Result<Self, Error> {
        let light = AsyncQueue::builder().uri(uri).build();
        light.migrate().await?;
        Ok(Self {
            light,
            heavy: Queue::builder().uri(uri).build(),
            is_async: setting.name.starts_with("async"),
            workers: if setting.name.ends_with("100 workers") { 100 } else { 10 },
            async_pool: Mutex::default(),
            pool: Mutex::default(),
        })
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

    async fn insert_many(&self, numbers: Range<u64>) -> Result<bool, Error> {
        if self.is_async {
            let tasks = numbers.map(|number| NewTask::asynk(&Light(Payload::new(number))));
            self.light.insert_tasks(tasks.collect::<Result<_, _>>()?).await?;
        } else {
            let tasks = numbers.map(|number| NewTask::blocking(&Heavy(Payload::new(number))));
            self.heavy.insert_tasks(tasks.collect::<Result<_, _>>()?)?;
        }
        Ok(true)
    }

    async fn start(&self) -> Result<(), Error> {
        if self.is_async {
            let builder = AsyncWorkerPool::builder().number_of_workers(self.workers);
            let mut pool = builder.queue(self.light.clone()).build();
            pool.start().await?;
            *self.async_pool.lock().map_err(|_| "poisoned")? = Some(pool);
        } else {
            let builder = WorkerPool::builder().number_of_workers(self.workers);
            let mut pool = builder.queue(self.heavy.clone()).build();
            pool.start()?;
            *self.pool.lock().map_err(|_| "poisoned")? = Some(pool);
        }
        Ok(())
    }

    async fn stop(&self) -> Result<(), Error> {
        let light = self.async_pool.lock().map_err(|_| "poisoned")?.take();
        if let Some(mut pool) = light {
            pool.shutdown(DEADLINE).await;
        }
        if let Some(mut pool) = self.pool.lock().map_err(|_| "poisoned")?.take() {
            pool.shutdown(DEADLINE);
        }
        Ok(())
    }
}

fn main() -> Result<(), Error> {
    harness::main::<Fang>()
}
