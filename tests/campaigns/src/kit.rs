//! What the tests of the crash kit have in common with their worker.

use crate::Failure;
use crate::options::Modes;
use fang::{
    AsyncQueue, AsyncWorkerPool, FangError, Lease, Middleware, MiddlewareBlocking, Next, NextBlocking, NoTls,
    Pools, Queue, QueueError, Run, WorkerPool,
};
use fang_faults::{Campaign, Ledger};
use std::str::FromStr;
use std::time::Duration;

/// The environment variable that names the database.
pub const DATABASE: &str = "KIT_DATABASE";
/// The environment variable that names the modes of the worker.
const MODES: &str = "KIT_MODES";
/// The environment variable that makes the worker forget tasks.
const FORGETS: &str = "KIT_FORGETS";
/// The shortest lease whose end a kill does not wait for: others take the tasks of a killed worker after 3 s.
pub const LEASE: Duration = Duration::from_secs(6);

/// A light task that takes some milliseconds.
#[fang::task]
pub async fn light(number: u64, millis: u64) {
    let _ = number;
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

/// A heavy task that takes some milliseconds.
#[fang::task]
pub fn heavy(number: u64, millis: u64) {
    let _ = number;
    std::thread::sleep(Duration::from_millis(millis));
}

/// A crash test of `kit-worker` with pools of these modes.
pub fn campaign(worker: &str, modes: Modes, uri: &str) -> Campaign {
    Campaign::new(worker).env(MODES, modes.name()).env(DATABASE, uri).stops_within(Duration::from_secs(20))
}

/// A crash test of a worker that runs four tasks of five, and says that it ran all.
pub fn forgetful(worker: &str, uri: &str) -> Campaign {
    campaign(worker, Modes::Both, uri).env(FORGETS, "yes")
}

/// Middleware that forgets one task in five. The ledger within it sees nothing of these.
struct Forgetful(bool);

impl Forgetful {
    fn forgets(&self, run: &Run) -> bool {
        self.0 && run.id().as_bytes().last().is_some_and(|byte| byte % 5 == 0)
    }
}

impl Middleware for Forgetful {
    async fn call(&self, run: &Run, next: Next<'_>) -> Result<(), FangError> {
        if self.forgets(run) { Ok(()) } else { next.run().await }
    }
}

impl MiddlewareBlocking for Forgetful {
    fn call(&self, run: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
        if self.forgets(run) { Ok(()) } else { next.run() }
    }
}

/// The worker: runs pools until a SIGTERM.
///
/// # Errors
/// When they cannot be started.
pub fn work() -> Result<(), Failure> {
    let (uri, modes) = (std::env::var(DATABASE)?, Modes::from_str(&std::env::var(MODES)?)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let _context = runtime.enter();
    let pools = match modes {
        Modes::Asynk => Pools::new().with(asynk(&uri)),
        Modes::Blocking => Pools::new().with(blocking(&uri)),
        Modes::Both => Pools::new().with(asynk(&uri)).with(blocking(&uri)),
    };
    let stopped: Result<_, QueueError> = pools.run_until_signal_blocking();
    stopped?;
    Ok(())
}

fn asynk(uri: &str) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
    AsyncWorkerPool::builder()
        .number_of_workers(10)
        .queue(AsyncQueue::builder().uri(uri).max_pool_size(2).build())
        .lease(Lease::new(LEASE))
        .middleware(Forgetful(std::env::var_os(FORGETS).is_some()))
        .middleware(Ledger::from_env())
        .build()
}

fn blocking(uri: &str) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(5)
        .queue(Queue::builder().uri(uri).max_pool_size(2).build())
        .lease(Lease::new(LEASE))
        .middleware(Forgetful(std::env::var_os(FORGETS).is_some()))
        .middleware(Ledger::from_env())
        .build()
}
