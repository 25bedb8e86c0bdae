//! Both modes on one table, in one process and in two.

#![cfg(all(feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{
    AsyncQueue, AsyncQueueable, AsyncRunnable, AsyncWorkerPool, Event, FangError, NewTask, NoTls, Priority,
    Queue, Queueable, Runnable, WorkerPool, async_trait, typetag,
};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

/// Longer than any step takes in a test that passes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Receives the name and the thread of each run.
#[derive(Clone)]
struct Told(mpsc::UnboundedSender<(String, String)>);

impl Told {
    fn tell(&self, what: &str) {
        let thread = std::thread::current().name().unwrap_or_default().to_owned();
        let _ = self.0.send((what.to_owned(), thread));
    }
}

/// A light task that inserts a heavy one.
#[derive(Serialize, Deserialize)]
struct Light {
    then_heavy: bool,
}

#[async_trait]
#[typetag::serde]
impl AsyncRunnable for Light {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        queue.context().state::<Told>().unwrap().tell("light");
        if self.then_heavy {
            queue.heavy(&Heavy { then_light: true }).priority(Priority::High).insert().await?;
        }
        Ok(())
    }
}

/// A heavy task that inserts a light one.
#[derive(Serialize, Deserialize)]
struct Heavy {
    then_light: bool,
}

#[typetag::serde]
impl Runnable for Heavy {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        queue.context().state::<Told>().unwrap().tell("heavy");
        if self.then_light {
            queue.light(&Light { then_heavy: false }).priority(Priority::High).insert()?;
        }
        Ok(())
    }
}

struct World {
    database: TestDatabase,
    light: AsyncQueue<NoTls>,
    heavy: Queue,
    told: Told,
    heard: mpsc::UnboundedReceiver<(String, String)>,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let light = AsyncQueue::builder().uri(database.uri()).max_pool_size(2_u32).build();
        light.migrate().await.unwrap();
        let heavy = Queue::builder().uri(database.uri()).max_pool_size(2_u32).build();
        let (sender, heard) = mpsc::unbounded_channel();
        Self { database, light, heavy, told: Told(sender), heard }
    }

    fn async_pool(&self) -> AsyncWorkerPool<AsyncQueue<NoTls>> {
        let builder = AsyncWorkerPool::builder().number_of_workers(2_u32).queue(self.light.clone());
        builder.state(self.told.clone()).build()
    }

    fn thread_pool(&self) -> WorkerPool<Queue> {
        let builder = WorkerPool::builder().number_of_workers(2_u32).queue(self.heavy.clone());
        builder.state(self.told.clone()).build()
    }

    /// Waits for the next run. Asserts that it is on the right kind of thread, and returns its name.
    async fn next(&mut self) -> String {
        let next = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
        let (what, thread) = next.expect("a task should run").unwrap();
        assert_eq!(what == "heavy", thread.starts_with("fang-worker"), "{what} on {thread}");
        what
    }

    /// Returns the number of rows, and the number of rows that were ever claimed or have an error.
    async fn rows(&self) -> (i64, i64) {
        let sql =
            "SELECT count(*), count(*) FILTER (WHERE lease > 0 OR error_message IS NOT NULL) FROM fang_tasks";
        let row = self.database.client().await.unwrap().query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_task_runs_in_the_pool_of_its_mode() {
    let mut world = World::new().await;
    let (mut light, mut heavy) = (world.async_pool(), world.thread_pool());
    light.start().await.unwrap();
    heavy.start().unwrap();
    for _ in 0..50 {
        world.light.insert_task(&Light { then_heavy: true }).await.unwrap();
        let mut told = [world.next().await, world.next().await, world.next().await];
        told.sort();
        assert_eq!(told, ["heavy", "light", "light"]);
    }
    let report = light.shutdown(PATIENCE).await;
    assert_eq!((report.still_running, report.late_results), (0, 0));
    let report = heavy.shutdown(PATIENCE);
    assert_eq!((report.still_running, report.late_results), (0, 0));
    assert_eq!(world.rows().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_neither_claims_nor_delays_tasks_of_the_other_mode() {
    let mut world = World::new().await;
    for _ in 0..20 {
        world.light.insert(NewTask::blocking(&Heavy { then_light: false }).unwrap()).await.unwrap();
    }
    let mut light = world.async_pool();
    light.start().await.unwrap();
    for _ in 0..20 {
        world.light.insert_task(&Light { then_heavy: false }).await.unwrap();
        assert_eq!(world.next().await, "light");
    }
    light.shutdown(PATIENCE).await;
    assert_eq!(world.rows().await, (20, 0), "no task of the blocking mode was touched");

    world.heavy.insert(NewTask::asynk(&Light { then_heavy: false }).unwrap()).unwrap();
    let mut heavy = world.thread_pool();
    heavy.start().unwrap();
    for _ in 0..20 {
        assert_eq!(world.next().await, "heavy");
    }
    heavy.shutdown(PATIENCE);
    assert_eq!(world.rows().await, (1, 0));
}

const URI: &str = "FANG_TEST_THREADS_URI";

/// Not a test, but the other process: it runs a pool of threads until its standard input closes, or a run fails.
#[test]
fn work_with_threads_as_another_process() {
    let Ok(uri) = std::env::var(URI) else { return };
    let (sender, _heard) = mpsc::unbounded_channel();
    let (tell, ends) = std::sync::mpsc::channel();
    let failed = tell.clone();
    std::thread::spawn(move || {
        // Its end is that of the process.
        let _ = std::io::stdin().read_line(&mut String::new());
        tell.send(None)
    });
    let queue = Queue::builder().uri(uri).max_pool_size(2_u32).build();
    let mut pool = WorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(queue)
        .state(Told(sender))
        .on_event(move |event| {
            if let Event::Retried { error, .. } | Event::Failed { error, .. } = event {
                let _ = failed.send(Some(error.to_string()));
            }
        })
        .build();
    let mut failure = None;
    let report = pool.run_until(|| failure = ends.recv().unwrap()).unwrap();
    assert_eq!(failure, None, "no run fails");
    assert_eq!((report.still_running, report.late_results), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_mode_can_run_in_a_process_of_its_own() {
    let mut world = World::new().await;
    let mut threads = Command::new(std::env::current_exe().unwrap())
        .args(["work_with_threads_as_another_process", "--exact", "--nocapture"])
        .env(URI, world.database.uri())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let goes_on = threads.stdin.take();
    let mut ended = tokio::task::spawn_blocking(move || threads.wait_with_output().unwrap());
    let mut light = world.async_pool();
    light.start().await.unwrap();
    for _ in 0..50 {
        world.light.insert_task(&Light { then_heavy: true }).await.unwrap();
        // The heavy task in the other process has inserted the second one.
        for _ in 0..2 {
            tokio::select! {
                what = world.next() => assert_eq!(what, "light"),
                output = &mut ended => panic!("the other process ended: {}", shown(&output.unwrap())),
            }
        }
    }
    drop(goes_on);
    let output = ended.await.unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    assert_eq!(light.shutdown(PATIENCE).await.late_results, 0);
    assert_eq!(world.rows().await, (0, 0));
}

/// How a process ended, and what it printed.
fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
