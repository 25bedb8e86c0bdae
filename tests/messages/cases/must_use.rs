//! What has no effect until something is done with it.

#![deny(unused_must_use)]

use fang::{AsyncQueue, AsyncWorkerPool, Backoff, MemoryQueue, Pools, Unique};
use std::time::Duration;

#[fang::task]
async fn greet() {}

fn main() {
    greet();
    AsyncQueue::no_tls();
    AsyncQueue::no_tls().uri("postgres://localhost/app").build();
    AsyncWorkerPool::builder();
    AsyncWorkerPool::builder().number_of_workers(1).queue(MemoryQueue::new()).build();
    Pools::new();
    Unique::payload();
    Backoff::constant(Duration::ZERO);
}
