//! Tasks and queues of the other mode.

use fang::{
    AsyncQueue, AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, MemoryQueue, Queue, Queueable,
    Runnable, WorkerPool, async_trait, blocking, typetag,
};

#[derive(serde::Serialize, serde::Deserialize)]
struct Greet;

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Greet {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Resize;

#[typetag::serde]
impl Runnable for Resize {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }
}

#[fang::task]
async fn welcome(_user: i64) {}

async fn insert(queue: MemoryQueue, run: &dyn AsyncQueueable) -> Result<(), FangError> {
    queue.insert_task(&Resize).await?;
    queue.light(&Resize).insert().await?;
    run.insert_task(&Resize as &dyn AsyncRunnable).await?;
    queue.insert_task(&welcome(7)).await?;
    Ok(())
}

fn insert_blocking(queue: blocking::MemoryQueue) -> Result<(), FangError> {
    queue.insert_task(&Greet)?;
    queue.heavy(&Greet).insert()?;
    Ok(())
}

struct Pools {
    asynk: AsyncWorkerPool<Queue>,
    blocking: WorkerPool<AsyncQueue>,
}

fn main() {}
