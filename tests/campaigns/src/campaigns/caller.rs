//! An application that inserts, and repeats inserts that fail.

use crate::Failure;
use crate::options::Runtime;
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, NewTask, NoTls, Queue, QueueError, Queueable};
use std::time::{Duration, Instant};

/// How long an insert is repeated.
const PATIENCE: Duration = Duration::from_secs(120);

/// A queue of either mode.
pub(super) enum Caller {
    Light(tokio::runtime::Runtime, AsyncQueue<NoTls>),
    Heavy(Queue),
}

impl Caller {
    pub(super) fn new(runtime: Runtime, uri: &str) -> Result<Self, Failure> {
        Ok(match runtime {
            Runtime::Asynk => {
                let threads =
                    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
                Self::Light(threads, AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build())
            }
            Runtime::Blocking => Self::Heavy(Queue::builder().uri(uri).max_pool_size(1_u32).build()),
        })
    }

    /// A queue that takes payloads of this many bytes.
    pub(super) fn roomy(runtime: Runtime, uri: &str, bytes: usize) -> Result<Self, Failure> {
        Ok(match Self::new(runtime, uri)? {
            Self::Light(threads, _) => {
                let queue = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).max_payload_bytes(bytes);
                Self::Light(threads, queue.build())
            }
            Self::Heavy(_) => {
                let queue = Queue::builder().uri(uri).max_pool_size(1_u32).max_payload_bytes(bytes);
                Self::Heavy(queue.build())
            }
        })
    }

    pub(super) fn insert(&self, tasks: Vec<NewTask>) -> Result<(), QueueError> {
        match self {
            Self::Light(runtime, queue) => runtime.block_on(queue.insert_tasks(tasks)).map(drop),
            Self::Heavy(queue) => queue.insert_tasks(tasks).map(drop),
        }
    }

    /// Inserts the same tasks again until they are acknowledged. Returns how many calls failed.
    pub(super) fn insist(&self, tasks: &[NewTask]) -> Result<u32, Failure> {
        let began = Instant::now();
        let mut failures = 0;
        while let Err(error) = self.insert(tasks.to_vec()) {
            failures += 1;
            if began.elapsed() > PATIENCE {
                return Err(format!("an insert failed for {PATIENCE:?}; the last error: {error}").into());
            }
        }
        Ok(failures)
    }
}
