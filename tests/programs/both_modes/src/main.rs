
//! Runs a task in each mode, in memory, and makes the queues in Postgres.

use fang::{
    AsyncQueue, AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, MemoryQueue, NoTls, Queue, Queueable,
    Runnable, ToFangError, WorkerPool, async_trait, blocking, typetag,
};
use fang_faults::Ledger;
use serde::{Deserialize, Serialize};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

#[derive(Debug, ToFangError)]
struct Gone;

#[derive(Serialize, Deserialize)]
struct Light;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Light {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        queue.context().require_state::<Sender<&str>>()?.send("async").map_err(|_| Gone)?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Heavy;

#[typetag::serde]
impl Runnable for Heavy {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        queue.context().require_state::<Sender<&str>>()?.send("blocking").map_err(|_| Gone)?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), FangError> {
    let uri = "postgres://app@localhost/app";
    let _: AsyncQueue<NoTls> = AsyncQueue::builder().uri(uri).build();
    let _: Queue = Queue::builder().uri(uri).build();

    let (sender, ran) = channel();
    let queue = MemoryQueue::new();
    queue.insert_task(&Light).await?;
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).state(sender.clone()).middleware(Ledger::from_env()).build();
    pool.start().await?;

    let ran = tokio::task::spawn_blocking(move || {
        let queue = blocking::MemoryQueue::new();
        queue.insert_task(&Heavy)?;
        let mut pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue).state(sender).middleware(Ledger::from_env()).build();
        pool.start()?;
        let patience = Duration::from_secs(30);
        let ran = [ran.recv_timeout(patience).ok(), ran.recv_timeout(patience).ok()];
        pool.shutdown(Duration::from_secs(5));
        Ok::<_, FangError>(ran)
    });
    let mut ran = ran.await.map_err(FangError::from_error)??;
    pool.shutdown(Duration::from_secs(5)).await;
    ran.sort();
    assert_eq!(ran, [Some("async"), Some("blocking")]);
    Ok(())
}
