//! An application written for fang 0.10 compiles and runs without changes.

#![cfg(feature = "asynk")]
// Tests report by panics. The application is kept as it was written.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, missing_debug_implementations)]

use fang::asynk::async_queue::{AsyncQueue, AsyncQueueError, AsyncQueueable};
use fang::asynk::async_runnable::AsyncRunnable;
use fang::asynk::async_worker_pool::AsyncWorkerPool;
use fang::serde::{Deserialize, Serialize};
use fang::typetag;
use fang::{
    FangError, FangTaskState, NoTls, RetentionMode, Scheduled, SleepParams, Task, ToFangError, async_trait,
};
use fang_test_support::TestDatabase;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static RUNS: AtomicUsize = AtomicUsize::new(0);
static TICKS: AtomicUsize = AtomicUsize::new(0);

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct MyTask {
    pub number: u16,
}

impl MyTask {
    pub fn new(number: u16) -> Self {
        Self { number }
    }
}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for MyTask {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        RUNS.fetch_add(1, Ordering::SeqCst);
        if self.number < 3 {
            let next = MyTask::new(self.number + 1);
            queue.insert_task(&next as &dyn AsyncRunnable).await?;
        }
        Ok(())
    }

    fn task_type(&self) -> String {
        "mail".to_string()
    }

    fn uniq(&self) -> bool {
        true
    }

    fn max_retries(&self) -> i32 {
        5
    }

    fn backoff(&self, attempt: u32) -> u32 {
        u32::pow(2, attempt)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct MyCronTask {}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for MyCronTask {
    async fn run(&self, _queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        TICKS.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0/1 * * * * * *".to_string()))
    }

    fn task_type(&self) -> String {
        "mail".to_string()
    }

    fn uniq(&self) -> bool {
        true
    }
}

#[derive(Debug, ToFangError)]
enum CustomError {
    Queue(#[allow(dead_code)] AsyncQueueError),
}

impl From<AsyncQueueError> for CustomError {
    fn from(error: AsyncQueueError) -> Self {
        Self::Queue(error)
    }
}

fn converts_errors() -> Result<(), FangError> {
    let error = FangError { description: "an own error".to_string() };
    let _: fn(tokio_postgres::Error) -> FangError = FangError::from;
    let _: fn(std::io::Error) -> FangError = FangError::from;
    let _: fn(AsyncQueueError) -> CustomError = CustomError::from;
    let _: fn(CustomError) -> FangError = FangError::from;
    Err(error)
}

/// Waits until it holds. Fails at once with the error of a run that failed.
async fn until(database: &TestDatabase, holds: impl Fn() -> bool) {
    let client = database.client().await.unwrap();
    let failed =
        "SELECT metadata->>'type' || ': ' || error_message FROM fang_tasks WHERE error_message IS NOT NULL";
    let held = async {
        while !holds() {
            let errors = client.query(failed, &[]).await.unwrap();
            let errors: Vec<String> = errors.iter().map(|row| row.get(0)).collect();
            assert!(errors.is_empty(), "runs failed: {errors:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), held).await.expect("the condition should become true");
}

#[tokio::test]
async fn an_application_written_for_0_10_works_unchanged() {
    let database = TestDatabase::create().await.unwrap();
    let mut queue =
        AsyncQueue::builder().uri(database.uri()).max_pool_size(2_u32).duplicated_tasks(true).build();
    queue.connect(NoTls).await.unwrap();
    queue.migrate().await.unwrap();

    let mut pool: AsyncWorkerPool<AsyncQueue<NoTls>> = AsyncWorkerPool::builder()
        .number_of_workers(10_u32)
        .queue(queue.clone())
        .task_type("mail")
        .sleep_params(SleepParams::default())
        .retention_mode(RetentionMode::KeepAll)
        .build();
    pool.start().await.unwrap();

    let task: Task = queue.insert_task(&MyTask::new(0) as &dyn AsyncRunnable).await.unwrap();
    queue.schedule_task(&MyCronTask {} as &dyn AsyncRunnable).await.unwrap();
    until(&database, || RUNS.load(Ordering::SeqCst) == 4 && TICKS.load(Ordering::SeqCst) >= 2).await;
    pool.shutdown(Duration::from_secs(10)).await;

    let found = queue.find_task_by_id(task.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.task_type.as_str()), (FangTaskState::Finished, "mail"));
    assert_eq!(found.metadata["number"], 0);
    assert_eq!(queue.remove_task(task.id).await.unwrap(), 1);
    assert!(queue.remove_all_scheduled_tasks().await.unwrap() <= 1);
    assert_eq!(queue.remove_task_by_metadata(&MyTask::new(9) as &dyn AsyncRunnable).await.unwrap(), 0);
    assert!(queue.remove_tasks_type("mail").await.unwrap() >= 3);
    assert_eq!(queue.remove_all_tasks().await.unwrap(), 0);
    assert!(converts_errors().is_err());
}

#[derive(Serialize, Deserialize)]
#[serde(crate = "fang::serde")]
pub struct Unconnected {}

static UNCONNECTED: AtomicUsize = AtomicUsize::new(0);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Unconnected {
    async fn run(&self, _queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        UNCONNECTED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn a_queue_without_tls_connects_at_its_first_use() {
    let database = TestDatabase::create().await.unwrap();
    let queue =
        AsyncQueue::builder().uri(database.uri()).max_pool_size(2_u32).duplicated_tasks(false).build();
    let mut pool: AsyncWorkerPool<AsyncQueue<NoTls>> =
        AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build();
    queue.migrate().await.unwrap();
    let first = queue.insert_task(&Unconnected {} as &dyn AsyncRunnable).await.unwrap();
    let second = queue.insert_task(&Unconnected {} as &dyn AsyncRunnable).await.unwrap();
    assert_eq!(first.id, second.id, "every task of this queue is unique");
    pool.start().await.unwrap();
    until(&database, || UNCONNECTED.load(Ordering::SeqCst) == 1).await;
}

#[test]
fn the_version_is_that_of_the_package() {
    let manifest = include_str!("../Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("version = \"")).unwrap();
    assert_eq!(version.trim_end_matches('"'), fang::VERSION);
}
