//! The processes that the tests start: each is a test of this program that does nothing without its environment.

use fang::{
    AsyncQueue, AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, NoTls, Pools, Queue, Queueable,
    Runnable, WorkerPool, async_trait, blocking, typetag,
};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::time::Duration;

/// The environment variable of a started process. It says how its task reacts to a shutdown.
pub const ROLE: &str = "FANG_TEST_SIGNALS";

/// The database of a started process.
pub const URI: &str = "FANG_TEST_SIGNALS_URI";

/// By when a process whose tasks block has to end.
pub const DEADLINE: Duration = Duration::from_secs(6);

/// Prints the log.
struct Printed;

impl log::Log for Printed {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        println!("{}", record.args());
    }

    fn flush(&self) {}
}

/// Blocks its thread for ever.
#[derive(Serialize, Deserialize)]
pub struct Block;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Block {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        println!("running");
        loop {
            std::thread::park();
        }
    }
}

/// Prints that it runs and that it was told to end. Then it ends, or runs for ever.
#[derive(Serialize, Deserialize)]
pub struct Listen {
    pub ends: bool,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Listen {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        println!("running");
        while !queue.context().is_cancelled() {
            tokio::task::yield_now().await;
        }
        println!("told");
        if self.ends { Ok(()) } else { std::future::pending().await }
    }
}

#[typetag::serde]
impl Runnable for Listen {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        println!("running");
        while !queue.context().is_cancelled() {
            std::thread::yield_now();
        }
        println!("told");
        if self.ends {
            return Ok(());
        }
        loop {
            std::thread::park();
        }
    }
}

/// Holds the lock of the output, which the log needs, for ever.
#[derive(Serialize, Deserialize)]
struct Hold;

#[typetag::serde]
impl Runnable for Hold {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        let mut output = std::io::stdout().lock();
        writeln!(output, "running").unwrap();
        loop {
            std::thread::park();
        }
    }
}

/// The role and the database of this process, if it is one.
fn role() -> Option<(String, String)> {
    let role = std::env::var(ROLE).ok()?;
    log::set_logger(&Printed).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    Some((role, std::env::var(URI).unwrap_or_default()))
}

/// Not a test, but a process with a pool of tokio tasks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_tokio_tasks() {
    let Some((role, _)) = role() else { return };
    let queue = fang::asynk::MemoryQueue::new();
    queue.insert_task(&Listen { ends: role == "ends" }).await.unwrap();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let report = pool.run_until_signal().await.unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
}

/// Not a test, but a process with a pool of threads.
#[test]
fn be_a_process_of_threads() {
    let Some((role, _)) = role() else { return };
    let queue = blocking::MemoryQueue::new();
    queue.insert_task(&Listen { ends: role == "ends" }).unwrap();
    let mut pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let report = pool.run_until_signal().unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
}

/// A pool whose tasks are saved in Postgres, with more workers than threads.
fn of_tokio_tasks(uri: String) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
    AsyncWorkerPool::builder().number_of_workers(3_u32).queue(AsyncQueue::builder().uri(uri).build()).build()
}

fn of_threads(uri: String) -> WorkerPool<Queue> {
    WorkerPool::builder().number_of_workers(1_u32).queue(Queue::builder().uri(uri).build()).build()
}

/// Not a test, but a process whose only thread for tasks is blocked by one.
#[tokio::test(flavor = "current_thread")]
async fn be_a_process_whose_runtime_is_blocked() {
    let Some((_, uri)) = role() else { return };
    Pools::new().with(of_tokio_tasks(uri)).deadline(DEADLINE).run_until_signal().await.unwrap();
}

/// Not a test, but a process whose threads for tasks may all be blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_whose_two_threads_are_blocked() {
    let Some((_, uri)) = role() else { return };
    Pools::new().with(of_tokio_tasks(uri)).deadline(DEADLINE).run_until_signal().await.unwrap();
}

/// Not a test, but a process whose task keeps it from writing its log.
#[test]
fn be_a_process_that_cannot_log() {
    let Some(_) = role() else { return };
    let queue = blocking::MemoryQueue::new();
    queue.insert_task(&Hold).unwrap();
    WorkerPool::builder().number_of_workers(1_u32).queue(queue).build().run_until_signal().unwrap();
}

/// Not a test, but a process with a pool of threads that has to end soon.
#[test]
fn be_a_process_of_threads_with_a_deadline() {
    let Some((_, uri)) = role() else { return };
    Pools::new().with(of_threads(uri)).deadline(DEADLINE).run_until_signal_blocking().unwrap();
}

/// Not a test, but a process with a pool of tokio tasks that starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_tokio_tasks_that_starts() {
    let Some((_, uri)) = role() else { return };
    of_tokio_tasks(uri).run_until_signal().await.unwrap();
}

/// Not a test, but a process with a pool of threads that starts.
#[test]
fn be_a_process_of_threads_that_starts() {
    let Some((_, uri)) = role() else { return };
    of_threads(uri).run_until_signal().unwrap();
}

/// Not a test, but a process with a pool that runs, and one before it that starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_with_a_pool_that_runs_already() {
    let Some((_, uri)) = role() else { return };
    let queue = fang::MemoryQueue::new();
    queue.insert_task(&Listen { ends: true }).await.unwrap();
    let mut runs = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    runs.start().await.unwrap();
    Pools::new().with(of_tokio_tasks(uri)).with(runs).run_until_signal().await.unwrap();
}

/// Not a test, but a process whose pools have stopped, and which then handles signals itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_that_goes_on_without_pools() {
    let Some(_) = role() else { return };
    let queue = fang::asynk::MemoryQueue::new();
    queue.insert_task(&Listen { ends: true }).await.unwrap();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    pool.run_until_signal().await.unwrap();
    let mut own = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    println!("goes on");
    own.recv().await;
    std::future::pending().await
}

/// Not a test, but a process that starts one pool by `start`, and waits for a signal to another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_with_a_pool_of_its_own() {
    let Some(_) = role() else { return };
    let pool = async |queue: &fang::MemoryQueue| {
        queue.insert_task(&Listen { ends: true }).await.unwrap();
        AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build()
    };
    let (its_own, other) = (fang::MemoryQueue::new(), fang::MemoryQueue::new());
    let mut own_pool = pool(&its_own).await;
    own_pool.start().await.unwrap();
    pool(&other).await.run_until_signal().await.unwrap();
    println!("one has stopped");
    println!("told {}", own_pool.shutdown(DEADLINE).await.still_running);
}

/// Not a test, but a process with a pool of each mode.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_both_modes() {
    let Some((role, _)) = role() else { return };
    let (light, heavy) = (fang::MemoryQueue::new(), blocking::MemoryQueue::new());
    light.insert_task(&Listen { ends: role == "ends" }).await.unwrap();
    heavy.insert_task(&Listen { ends: role == "ends" }).unwrap();
    let light = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(light).build();
    let heavy = WorkerPool::builder().number_of_workers(1_u32).queue(heavy).build();
    let reports = Pools::new().with(light).with(heavy).deadline(DEADLINE).run_until_signal().await.unwrap();
    for report in reports {
        println!("{} and {}", report.handed_back, report.still_running);
    }
    println!("reported");
}

/// Not a test, but a process with a pool of each mode over one database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_both_modes_over_a_database() {
    let Some((_, uri)) = role() else { return };
    Pools::new().with(of_tokio_tasks(uri.clone())).with(of_threads(uri)).run_until_signal().await.unwrap();
}

/// Not a test, but a process with two pools of threads, without tokio.
#[test]
fn be_a_process_of_two_pools_of_threads() {
    let Some((role, _)) = role() else { return };
    let pool = || {
        let queue = blocking::MemoryQueue::new();
        queue.insert_task(&Listen { ends: role == "ends" }).unwrap();
        WorkerPool::builder().number_of_workers(1_u32).queue(queue).build()
    };
    let reports = Pools::new().with(pool()).with(pool()).run_until_signal_blocking().unwrap();
    assert_eq!(reports.len(), 2);
    println!("reported");
}
