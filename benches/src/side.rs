//! Queue and pool of either mode behind one type.

use crate::tasks::{Failing, Long, SMALL, Ticking, heavies, heavy, light, lights};
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, AsyncWorkerPool, NewTask, NoTls, Queue, Queueable, WorkerPool};
use fang_bench_kit::Error;
use std::ops::Range;
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The ending of a name that turns lock-claims off: all claims are written.
const WRITING: &str = ", writing";

/// How long a pool may take to stop.
const DEADLINE: Duration = Duration::from_secs(10);

/// The task types of a pool.
#[derive(Clone, Copy)]
pub(crate) enum Served {
    /// So many, named `type 0` and so on.
    Types(usize),
    /// All that there are.
    All,
}

impl Served {
    /// One of them for each number.
    pub(crate) fn task_type(self, number: usize) -> String {
        match self {
            Self::Types(types) => named(number % types),
            Self::All => named(number),
        }
    }

    fn names(self) -> Vec<(String, u32)> {
        match self {
            Self::Types(types) => (0..types).map(|number| (named(number), 1)).collect(),
            Self::All => Vec::new(),
        }
    }
}

impl std::fmt::Display for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Types(types) => write!(f, "a pool of {types}"),
            Self::All => f.write_str("a pool of all"),
        }
    }
}

impl std::str::FromStr for Served {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" { Ok(Self::All) } else { text.parse().map(Self::Types) }
    }
}

fn named(number: usize) -> String {
    format!("type {number}")
}

/// A queue of one mode, and whether its pools use lock-claims.
#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) queue: Mode,
    pub(crate) holds: bool,
    /// Whether its pools vacuum.
    pub(crate) vacuums: bool,
}

#[derive(Clone)]
pub(crate) enum Mode {
    Async(AsyncQueue<NoTls>),
    Blocking(Queue),
}

/// A running pool.
pub(crate) enum Pool {
    Async(AsyncWorkerPool<AsyncQueue<NoTls>>),
    Blocking(WorkerPool<Queue>),
}

pub(crate) async fn migrate(uri: &str) -> Result<(), Error> {
    AsyncQueue::<NoTls>::builder().uri(uri).max_pool_size(1_u32).build().migrate().await?;
    Ok(())
}

impl Side {
    pub(crate) const NAMES: [&str; 2] = ["async", "blocking"];

    /// All names: each mode with and without lock-claims.
    pub(crate) const ALL_NAMES: [&str; 4] = ["async", "async, writing", "blocking", "blocking, writing"];

    /// Makes the side with this name, one of [`ALL_NAMES`](Self::ALL_NAMES), with this many connections.
    pub(crate) fn new(name: &str, uri: &str, connections: u32) -> Self {
        let mode = name.trim_end_matches(WRITING);
        let queue = match mode {
            "async" => Mode::Async(AsyncQueue::builder().uri(uri).max_pool_size(connections).build()),
            _ => Mode::Blocking(Queue::builder().uri(uri).max_pool_size(connections).build()),
        };
        Self { queue, holds: mode == name, vacuums: true }
    }

    /// The same, of queues that notify nobody.
    pub(crate) fn silent(name: &str, uri: &str, connections: u32) -> Self {
        let queue = match name {
            "async" => {
                Mode::Async(AsyncQueue::builder().uri(uri).max_pool_size(connections).notify(false).build())
            }
            _ => Mode::Blocking(Queue::builder().uri(uri).max_pool_size(connections).notify(false).build()),
        };
        Self { queue, holds: true, vacuums: true }
    }

    /// The side of a queue.
    #[cfg(feature = "observed")]
    pub(crate) fn of(queue: Mode) -> Self {
        Self { queue, holds: true, vacuums: true }
    }

    /// Inserts one task. In the blocking mode this blocks the calling thread.
    pub(crate) async fn insert(&self, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert_task(&light(number)).await?),
            Mode::Blocking(queue) => drop(queue.insert_task(&heavy(number))?),
        }
        Ok(())
    }

    /// Inserts one task that takes a second.
    pub(crate) async fn insert_long(&self, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert(NewTask::asynk(&Long(number))?).await?),
            Mode::Blocking(queue) => drop(queue.insert(NewTask::blocking(&Long(number))?)?),
        }
        Ok(())
    }

    /// Runs a caller: in the async mode as a task of the runtime, in the blocking mode on a thread, which its inserts block.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        caller: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = Handle::current();
        match &self.queue {
            Mode::Async(_) => runtime.spawn(caller),
            Mode::Blocking(_) => tokio::task::spawn_blocking(move || runtime.block_on(caller)),
        }
    }

    /// Inserts one task that becomes due after this delay. Returns when that is.
    pub(crate) async fn insert_later(&self, number: u64, delay: Duration) -> Result<Instant, Error> {
        let saved = match &self.queue {
            Mode::Async(queue) => queue.insert(NewTask::asynk(&light(number))?.delay(delay)).await?,
            Mode::Blocking(queue) => queue.insert(NewTask::blocking(&heavy(number))?.delay(delay))?,
        };
        let left = SystemTime::from(saved.scheduled_at).duration_since(SystemTime::now());
        Ok(Instant::now() + left.unwrap_or_default())
    }

    /// Inserts one task that fails once, and runs again after `backoff`.
    pub(crate) async fn insert_failing(&self, number: u64, backoff: Duration) -> Result<(), Error> {
        let failing = Failing { number, backoff };
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert(NewTask::asynk(&failing)?).await?),
            Mode::Blocking(queue) => drop(queue.insert(NewTask::blocking(&failing)?)?),
        }
        Ok(())
    }

    /// Saves a cron that ticks at every full second.
    pub(crate) async fn schedule_every_second(&self, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.schedule_task(&Ticking(number)).await?),
            Mode::Blocking(queue) => drop(queue.schedule_task(&Ticking(number))?),
        }
        Ok(())
    }

    /// Inserts many tasks in one call.
    pub(crate) async fn fill(&self, numbers: Range<u64>) -> Result<(), Error> {
        self.fill_with(numbers, SMALL).await
    }

    pub(crate) async fn fill_with(&self, numbers: Range<u64>, bytes: usize) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert_tasks(lights(numbers, bytes)?).await?),
            Mode::Blocking(queue) => drop(queue.insert_tasks(heavies(numbers, bytes)?)?),
        }
        Ok(())
    }

    /// Inserts one task of a task type.
    pub(crate) async fn fill_type(&self, task_type: &str, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => {
                let tasks =
                    lights(number..number + 1, SMALL)?.into_iter().map(|task| task.task_type(task_type));
                drop(queue.insert_tasks(tasks.collect()).await?);
            }
            Mode::Blocking(queue) => {
                let tasks =
                    heavies(number..number + 1, SMALL)?.into_iter().map(|task| task.task_type(task_type));
                drop(queue.insert_tasks(tasks.collect())?);
            }
        }
        Ok(())
    }

    /// Inserts one task of a task type, as an application does.
    pub(crate) async fn insert_of_type(&self, task_type: &str, number: u64) -> Result<(), Error> {
        match &self.queue {
            Mode::Async(queue) => {
                drop(queue.insert(NewTask::asynk(&light(number))?.task_type(task_type)).await?);
            }
            Mode::Blocking(queue) => {
                drop(queue.insert(NewTask::blocking(&heavy(number))?.task_type(task_type))?);
            }
        }
        Ok(())
    }

    /// Inserts tasks that are spread over so many task types, one after the other.
    pub(crate) async fn fill_types(&self, tasks: u64, types: usize) -> Result<(), Error> {
        let spread = |tasks: Vec<NewTask>| {
            let numbered = tasks.into_iter().enumerate();
            numbered.map(|(number, task)| task.task_type(named(number % types))).collect()
        };
        match &self.queue {
            Mode::Async(queue) => drop(queue.insert_tasks(spread(lights(0..tasks, SMALL)?)).await?),
            Mode::Blocking(queue) => drop(queue.insert_tasks(spread(heavies(0..tasks, SMALL)?))?),
        }
        Ok(())
    }

    /// Starts a pool for these task types.
    pub(crate) async fn start_serving(&self, workers: u32, served: Served) -> Result<Pool, Error> {
        macro_rules! started {
            ($builder:expr, $queue:expr, $started:ident) => {{
                let builder = $builder.number_of_workers(workers).queue($queue.clone());
                let builder = builder.lock_claims(self.holds).vacuum(self.vacuums).task_types(served.names());
                match served {
                    Served::All => $started!(builder.all_task_types().build()),
                    Served::Types(_) => $started!(builder.build()),
                }
            }};
        }
        macro_rules! asynk {
            ($pool:expr) => {{
                let mut pool = $pool;
                pool.start().await?;
                Pool::Async(pool)
            }};
        }
        macro_rules! blocking {
            ($pool:expr) => {{
                let mut pool = $pool;
                pool.start()?;
                Pool::Blocking(pool)
            }};
        }
        Ok(match &self.queue {
            Mode::Async(queue) => started!(AsyncWorkerPool::builder(), queue, asynk),
            Mode::Blocking(queue) => started!(WorkerPool::builder(), queue, blocking),
        })
    }

    /// Starts a pool with this many workers.
    pub(crate) async fn start(&self, workers: u32) -> Result<Pool, Error> {
        self.start_with(workers, "common").await
    }

    /// Starts a pool with one worker for a task type.
    pub(crate) async fn start_type(&self, task_type: &str) -> Result<Pool, Error> {
        self.start_with(1, task_type).await
    }

    async fn start_with(&self, workers: u32, task_type: &str) -> Result<Pool, Error> {
        Ok(match &self.queue {
            Mode::Async(queue) => {
                let builder = AsyncWorkerPool::builder().number_of_workers(workers).queue(queue.clone());
                let mut pool =
                    builder.task_type(task_type).lock_claims(self.holds).vacuum(self.vacuums).build();
                pool.start().await?;
                Pool::Async(pool)
            }
            Mode::Blocking(queue) => {
                let builder = WorkerPool::builder().number_of_workers(workers).queue(queue.clone());
                let mut pool =
                    builder.task_type(task_type).lock_claims(self.holds).vacuum(self.vacuums).build();
                pool.start()?;
                Pool::Blocking(pool)
            }
        })
    }
}

impl Pool {
    /// Stops the pool. Returns once all results are saved.
    pub(crate) async fn stop(self) {
        match self {
            Self::Async(mut pool) => drop(pool.shutdown(DEADLINE).await),
            Self::Blocking(mut pool) => drop(pool.shutdown(DEADLINE)),
        }
    }
}
