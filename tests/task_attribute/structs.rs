//! Structs and enums of `#[derive(fang::Task)]`.

use crate::{PATIENCE, Told, telephone};
use fang::{
    AsyncQueueable, AsyncRunnable, AsyncWorkerPool, Declared, Mode, NewTask, Perform, PerformBlocking,
    Priority, Run, Runnable, WorkerPool,
};
use fang::{FangTaskState, QueueError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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

/// Version 1 had one field, `user`.
fn upgrade_address(version: u32, mut saved: Value) -> Value {
    if version < 2
        && let Some((name, city)) = saved["user"].as_str().and_then(|user| user.split_once('@'))
    {
        saved = json!({ "name": name, "home-town": city });
    }
    saved["by"] = version.into();
    saved
}

/// A value of the pool.
struct Post(&'static str);

/// A task with a version. It needs no `serde::Serialize` and no `serde::Deserialize`.
#[derive(Clone, Debug, PartialEq, fang::Task)]
#[task(task_type = "addresses", version = 3, upgrade = upgrade_address, aliases = ["Place"], needs(Told, Post))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Address {
    name: String,
    home_town: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<u32>,
}

impl Perform for Address {
    type Error = String;

    async fn perform(&self, run: &Run) -> Result<(), String> {
        let (told, post) = (run.state::<Told>().unwrap(), run.state::<Post>().unwrap());
        told.tell(format!("{} {} to {} by {:?}", post.0, self.name, self.home_town, self.by));
        Ok(())
    }
}

/// A unit struct with a version, of the other mode.
#[derive(fang::Task)]
#[task(blocking, version = 2, upgrade = |_, saved| saved)]
struct Tidy;

impl PerformBlocking for Tidy {
    type Error = String;

    fn perform(&self, _: &Run) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_struct_with_a_version_is_saved_with_it() {
    let address = Address { name: "Ada".to_owned(), home_town: "London".to_owned(), by: None };
    let json = serde_json::to_value(&address).unwrap();
    assert_eq!(json, json!({ "name": "Ada", "home-town": "London", "version": 3 }));
    assert_eq!(serde_json::from_value::<Address>(json).unwrap(), address);
    let task = NewTask::from(Tidy);
    assert_eq!(task.row().metadata, r#"{"type":"Tidy","version":2}"#);
    task.check(100).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn older_structs_are_upgraded_and_newer_ones_wait() {
    let queue = &fang::MemoryQueue::new();
    let (told, mut heard) = telephone();
    let builder = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone());
    let mut pool = builder.task_type("addresses").state(told).state(Post("letter")).build();
    pool.start().await.unwrap();
    let insert = async |json: &str| {
        let task = NewTask::new(json.to_owned(), "addresses".to_owned(), Mode::Asynk);
        AsyncQueueable::insert(queue, task).await.unwrap()
    };
    insert(r#"{"type":"Address","user":"Ada@London"}"#).await;
    assert_eq!(heard.next().await, "letter Ada to London by Some(1)");
    insert(r#"{"type":"Place","name":"Bob","home-town":"Rome","version":2}"#).await;
    assert_eq!(heard.next().await, "letter Bob to Rome by Some(2)");
    let newer = insert(r#"{"type":"Address","name":"Eve","home-town":"Oslo","version":4}"#).await;
    queue
        .insert(Address { name: "Joe".to_owned(), home_town: "Bonn".to_owned(), by: None }.into())
        .await
        .unwrap();
    assert_eq!(heard.next().await, "letter Joe to Bonn by None");
    // Its result is saved by then.
    pool.shutdown(PATIENCE).await;
    let row = queue.find_task_by_id(newer.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.retries), (FangTaskState::New, 0));
}

#[tokio::test]
async fn a_pool_that_lacks_a_value_of_a_struct_is_refused() {
    let builder = || AsyncWorkerPool::builder().number_of_workers(1_u32).queue(fang::MemoryQueue::new());
    let (told, _heard) = telephone();
    let error = builder().task_type("addresses").state(told).build().start().await.unwrap_err();
    let QueueError::NoState { kind, task_type, state } = &error else { panic!("{error}") };
    assert_eq!((*kind, *task_type, *state), ("Address", "addresses", std::any::type_name::<Post>()));
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
    let other = Greet { name: "Eve".to_owned(), number: 1 };
    let tasks = [NewTask::asynk(&other).unwrap(), NewTask::from(&other)];
    assert_eq!(tasks.map(|task| task.row().priority), [Priority::High; 2]);
    let later = queue.light(&other).delay(Duration::from_secs(3600)).insert().await.unwrap();
    let later = queue.find_task_by_id(later.id).await.unwrap().unwrap();
    assert_eq!(later.priority, Priority::High);
    queue.remove_task(later.id).await.unwrap();
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
