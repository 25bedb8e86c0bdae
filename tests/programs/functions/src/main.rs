//! Runs the tasks of another crate, which it names only where it builds a pool. They are registered all the same.

use fang::{AsyncQueueable, AsyncWorkerPool, FangError, MemoryQueue, Mode, NewTask, WorkerPool, blocking};
use std::sync::mpsc::channel;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// A task, as another program saved it.
fn saved(json: &str, mode: Mode) -> NewTask {
    NewTask::new(json.to_owned(), "jobs".to_owned(), mode)
}

#[tokio::main]
async fn main() -> Result<(), FangError> {
    let (told, heard) = channel::<String>();

    let queue = MemoryQueue::new();
    queue.insert(saved(r#"{"type":"welcome","user":7}"#, Mode::Asynk)).await?;
    let pool = || AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).task_type("jobs");
    let refused = pool().register::<jobs::welcome>().build().start().await.unwrap_err().to_string();
    assert!(refused.contains("\"welcome\"") && refused.contains("add `.state(value)`"), "{refused}");
    let mut pool = pool().state(told.clone()).build();
    pool.start().await?;
    assert_eq!(heard.recv_timeout(PATIENCE).as_deref(), Ok("welcome 7"));
    pool.shutdown(PATIENCE).await;
    // The task that it inserted is for the other mode.
    assert_eq!(queue.count_tasks().await?.len(), 1);

    let queue = blocking::MemoryQueue::new();
    queue.insert(saved(r#"{"type":"resize","picture":"7.png"}"#, Mode::Blocking))?;
    let mut pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue).task_type("jobs").state(told).build();
    pool.start()?;
    assert_eq!(heard.recv_timeout(PATIENCE).as_deref(), Ok("resize 7.png"));
    pool.shutdown(PATIENCE);

    println!("the tasks of the other crate ran");
    Ok(())
}
