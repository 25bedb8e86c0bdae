//! Pools that never start, and tasks that are never inserted.

#![deny(unused_must_use)]

use fang::{AsyncWorkerPool, MemoryQueue, Pools, WorkerPool, blocking};

#[fang::task]
async fn welcome(_user: i64) {}

fn main() {
    welcome(7);
    AsyncWorkerPool::builder().number_of_workers(1).queue(MemoryQueue::new()).build();
    WorkerPool::builder().number_of_workers(1).queue(blocking::MemoryQueue::new()).build();
    Pools::new();
}
