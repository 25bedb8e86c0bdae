//! A pool does not start if two kinds have the same name.
#![cfg(all(feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used)]

use fang::{AsyncQueueable, AsyncRunnable, FangError, Queueable, Runnable, async_trait, typetag};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Mail;

#[derive(Serialize, Deserialize)]
struct OtherMail;

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Mail {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[async_trait]
#[typetag::serde(name = "Mail")]
impl AsyncRunnable for OtherMail {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[typetag::serde]
impl Runnable for Mail {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[typetag::serde(name = "Mail")]
impl Runnable for OtherMail {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[tokio::test]
async fn no_async_pool_starts_with_two_kinds_of_one_name() {
    let queue = fang::asynk::MemoryQueue::new();
    let mut pool = fang::AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let refused = pool.start().await.unwrap_err().to_string();
    assert!(refused.contains("\"Mail\""), "{refused}");
}

#[test]
fn no_blocking_pool_starts_with_two_kinds_of_one_name() {
    let queue = fang::blocking::MemoryQueue::new();
    let mut pool = fang::WorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let refused = pool.start().unwrap_err().to_string();
    assert!(refused.contains("\"Mail\""), "{refused}");
}
