//! A drain and a run of a test that are not awaited, or not run.
#![deny(unused_must_use)]

use fang::testing::{drain, perform};
use fang::{MemoryQueue, blocking};

#[fang::task]
async fn welcome() {}

async fn forgets(queue: MemoryQueue, threads: blocking::MemoryQueue) {
    drain(&queue);
    perform(welcome());
    drain(&threads).limit(1);
}

fn main() {}
