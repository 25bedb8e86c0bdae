//! Pools that are given a queue of the other mode.

use fang::{AsyncWorkerPool, WorkerPool, asynk, blocking};

fn main() {
    drop(AsyncWorkerPool::builder().number_of_workers(1).queue(blocking::MemoryQueue::new()).build());
    drop(WorkerPool::builder().number_of_workers(1).queue(asynk::MemoryQueue::new()).build());
}
