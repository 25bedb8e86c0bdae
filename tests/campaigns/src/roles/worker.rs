//! A process that runs tasks until it gets a SIGTERM, like an application.

use super::{logger, wait_for_parent};
use crate::Failure;
use crate::options::Runtime;
use crate::shutdowns;
use crate::world::ledger;
use fang::asynk::async_queue::AsyncQueue;
use fang::{
    AsyncWorkerPool, Lease, NoTls, Queue, QueueError, RetentionMode, Shutdown, SleepParams, WorkerPool,
};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long a process tries to start. The campaign may have made the database unreachable.
const START_WITHIN: Duration = Duration::from_secs(120);

/// The default task type.
pub const COMMON: &str = "common";

/// The settings of one process.
#[derive(clap::Args, Clone, Debug)]
pub struct WorkerSettings {
    /// The database.
    #[arg(long)]
    pub uri: String,
    /// The folder of the ledger.
    #[arg(long)]
    pub folder: PathBuf,
    /// Tokio tasks or threads.
    #[arg(long, value_enum)]
    pub runtime: Runtime,
    /// How many tasks run at the same time.
    #[arg(long, default_value_t = 10)]
    pub workers: u32,
    /// The lease, in milliseconds.
    #[arg(long)]
    pub lease: u64,
    /// The task type of the tasks.
    #[arg(long, default_value = COMMON)]
    pub task_type: String,
    /// Whether finished tasks stay in the table.
    #[arg(long)]
    pub keep: bool,
    /// Whether it polls and does not listen.
    #[arg(long)]
    pub deaf: bool,
}

impl WorkerSettings {
    /// The same settings as command line arguments.
    pub fn arguments(&self) -> Vec<String> {
        let folder = self.folder.display().to_string();
        let (workers, lease) = (self.workers.to_string(), self.lease.to_string());
        let words = ["--uri", &self.uri, "--folder", &folder, "--runtime", self.runtime.name()];
        let numbers = ["--workers", &workers, "--lease", &lease, "--task-type", &self.task_type];
        let flags = [("--keep", self.keep), ("--deaf", self.deaf)];
        let set = flags.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| *flag);
        words.into_iter().chain(numbers).chain(set).map(str::to_owned).collect()
    }

    fn lease(&self) -> Lease {
        Lease::new(Duration::from_millis(self.lease))
    }

    fn retention(&self) -> RetentionMode {
        if self.keep { RetentionMode::KeepAll } else { RetentionMode::default() }
    }
}

/// Runs tasks until a SIGTERM, and reports the shutdown in the ledger.
///
/// # Errors
/// When the pool cannot be started, or runs could not be stopped.
pub fn run(settings: &WorkerSettings) -> Result<(), Failure> {
    logger::start();
    std::thread::spawn(|| {
        wait_for_parent();
        // The campaign is over, or was killed.
        std::process::exit(3);
    });
    let shutdown = match settings.runtime {
        Runtime::Asynk => light(settings)?,
        Runtime::Blocking => heavy(settings)?,
    };
    shutdowns::add(&settings.folder, shutdown)?;
    // `exit` does not wait for a run that cannot be stopped.
    std::process::exit(0)
}

fn light(settings: &WorkerSettings) -> Result<Shutdown, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut signal = terminate()?;
        let queue: AsyncQueue<NoTls> =
            AsyncQueue::builder().uri(&settings.uri).max_pool_size(2_u32).listen(!settings.deaf).build();
        let mut pool = AsyncWorkerPool::builder()
            .number_of_workers(settings.workers)
            .queue(queue)
            .retention_mode(settings.retention())
            .lease(settings.lease())
            .task_type(&settings.task_type)
            .sleep_params(SleepParams::default())
            .middleware(ledger(&settings.folder)?)
            .build();
        let began = Instant::now();
        while let Err(error) = pool.start().await {
            tokio::time::sleep(again(began, error)?).await;
        }
        Ok(pool.run_until(signal.recv()).await?)
    })
}

fn heavy(settings: &WorkerSettings) -> Result<Shutdown, Failure> {
    // Only the signal needs a runtime.
    let signals = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signal = signals.block_on(async { terminate() })?;
    let queue = Queue::builder().uri(&settings.uri).max_pool_size(2_u32).listen(!settings.deaf).build();
    let mut pool = WorkerPool::builder()
        .number_of_workers(settings.workers)
        .queue(queue)
        .retention_mode(settings.retention())
        .lease(settings.lease())
        .task_type(&settings.task_type)
        .middleware(ledger(&settings.folder)?)
        .build();
    let began = Instant::now();
    while let Err(error) = pool.start() {
        std::thread::sleep(again(began, error)?);
    }
    Ok(pool.run_until(|| signals.block_on(signal.recv()))?)
}

fn terminate() -> std::io::Result<Signal> {
    signal(SignalKind::terminate())
}

/// How long to wait before the next try to start. Returns the error once [`START_WITHIN`] is over.
fn again(began: Instant, error: QueueError) -> Result<Duration, QueueError> {
    log::warn!("the pool cannot start, and tries again: {error}");
    if began.elapsed() > START_WITHIN { Err(error) } else { Ok(Duration::from_millis(200)) }
}
