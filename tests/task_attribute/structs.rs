//! Structs and enums of `#[derive(fang::Task)]`.

use crate::{PATIENCE, Told, telephone};
use fang::{
    AsyncQueueable, AsyncRunnable, AsyncWorkerPool, Declared, Mode, NewTask, Perform, PerformBlocking,
    Priority, Queueable, Run, Runnable, WorkerPool,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An async task.
#[derive(Serialize, Deserialize, fang::Task)]
#[task(task_type = "structs", max_retries = 5, priority = "high", unique(fields(name)), aliases = ["Hello"])]
struct Greet {
    name: String,
    #[serde(default)]
    number: u8,
}

impl Perform for Greet {
    type Error = String;

    async fn perform(&self, run: &Run) -> Result<(), String> {
        run.state::<Told>().unwrap().tell(format!("{} {} {}", self.name, self.number, run.attempt()));
        if run.attempt() == 0 { Err("outside".to_owned()) } else { Ok(()) }
    }
}

/// A blocking task.
#[derive(Serialize, Deserialize, fang::Task)]
#[task(blocking, kind = "picture", task_type = "structs", timeout = "1s")]
enum Picture {
    Resize { name: String },
    Remove,
}

impl PerformBlocking for Picture {
    type Error = anyhow::Error;

    fn perform(&self, run: &Run) -> anyhow::Result<()> {
        let told = run.state::<Told>().unwrap();
        match self {
            Self::Resize { name } => {
                told.tell(format!("resize {name}"));
                run.blocking_insert(Self::Remove.into())?;
            }
            Self::Remove => told.tell("remove"),
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_struct_is_an_async_task() {
    let task: &dyn AsyncRunnable = &Greet { name: "Ada".to_owned(), number: 1 };
    assert_eq!((task.task_type(), task.max_retries()), ("structs".to_owned(), 5));
    let world = crate::Postgres::new().await;
    let queue = &world.asynk;
    let row = queue.insert(Greet { name: "Ada".to_owned(), number: 1 }.into()).await.unwrap();
    assert_eq!((row.kind(), row.priority), (Some(Greet::KIND), Priority::High));
    assert_eq!(queue.insert_task(task).await.unwrap().id, row.id, "it is unique by name");
    let before =
        NewTask::new(r#"{"type":"Hello","name":"Bob"}"#.to_owned(), "structs".to_owned(), Mode::Asynk);
    queue.insert(before).await.unwrap();
    let (told, mut heard) = telephone();
    let builder = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
    let mut pool = builder.task_type("structs").state(told).build();
    pool.start().await.unwrap();
    let mut all = [heard.next().await, heard.next().await];
    all.sort();
    assert_eq!(all, ["Ada 1 1", "Bob 0 1"]);
    pool.shutdown(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enum_is_a_blocking_task() {
    let task: &dyn Runnable = &Picture::Remove;
    assert_eq!(task.timeout(), Some(Duration::from_secs(1)));
    let world = crate::Postgres::new().await;
    let queue = &world.blocking;
    let row = queue.insert((&Picture::Resize { name: "cat".to_owned() }).into()).unwrap();
    assert_eq!(row.kind(), Some("picture"));
    let (told, mut heard) = telephone();
    let builder = WorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
    let mut pool = builder.task_type("structs").state(told).build();
    pool.start().unwrap();
    assert_eq!([heard.next().await, heard.next().await], ["resize cat", "remove"]);
    pool.shutdown(PATIENCE);
}
