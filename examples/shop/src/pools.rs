//! The pools that run the tasks. `Ledger::from_env()` does nothing, unless a crash test has started the process.

use crate::config::Config;
use crate::request_id::WithRequestId;
use crate::shop::Shop;
use diesel::r2d2::{ConnectionManager, Pool};
use fang::blocking::PgPool;
use fang::{AsyncQueue, AsyncWorkerPool, Queue, WorkerPool};
use fang_faults::Ledger;

/// How many async tasks run at the same time.
const TOKIO_TASKS: u32 = 20;
/// How many thumbnails are made at the same time.
const THREADS: u32 = 2;

/// The pool of tokio tasks. Mails and webhooks have the weight 3 and reports have the weight 1. While all three wait, each
/// report is started after three mails and three webhooks.
pub fn light(shop: &Shop) -> AsyncWorkerPool<AsyncQueue> {
    AsyncWorkerPool::builder()
        .number_of_workers(TOKIO_TASKS)
        .queue(shop.queue.clone())
        .task_types([("mail", 3), ("webhooks", 3), ("reports", 1)])
        .state(shop.clone())
        .middleware(Ledger::from_env())
        .middleware(WithRequestId)
        .build()
}

/// The pool of OS threads.
pub fn heavy(config: &Config) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(THREADS)
        .queue(Queue::builder().uri(&config.database_url).build())
        .task_type("pictures")
        .state(connections(config))
        .middleware(Ledger::from_env())
        .build()
}

/// The connections of the threads, one for each. They are opened by their first use.
pub fn connections(config: &Config) -> PgPool {
    // By default r2d2 opens all of them at once.
    let pool = Pool::builder().max_size(THREADS).min_idle(Some(0));
    pool.build_unchecked(ConnectionManager::new(&config.database_url))
}
