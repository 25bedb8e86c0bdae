//! Signals to real processes. This test program starts itself again as such a process.

#![cfg(all(unix, feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{
    AsyncQueue, AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, NoTls, Queue, Queueable, Runnable,
    WorkerPool, async_trait, typetag,
};
use fang_test_support::TestDatabase;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The environment variable of a started process. It says how its task reacts to a shutdown.
const ROLE: &str = "FANG_TEST_SIGNALS";

/// The database of a started process.
const URI: &str = "FANG_TEST_SIGNALS_URI";

/// The limit of the whole shutdown: Kubernetes sends SIGKILL after that.
const PATIENCE: Duration = Duration::from_secs(30);

/// Long enough for anything that is to happen at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Blocks its thread for ever.
#[derive(Serialize, Deserialize)]
struct Block;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Block {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        println!("running");
        loop {
            std::thread::park();
        }
    }
}

/// Prints that it runs and that it was told to end. Then it ends, or runs for ever.
#[derive(Serialize, Deserialize)]
struct Listen {
    ends: bool,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Listen {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        println!("running");
        while !queue.context().is_cancelled() {
            tokio::task::yield_now().await;
        }
        println!("told");
        if self.ends { Ok(()) } else { std::future::pending().await }
    }
}

#[typetag::serde]
impl Runnable for Listen {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        println!("running");
        while !queue.context().is_cancelled() {
            std::thread::yield_now();
        }
        println!("told");
        if self.ends {
            return Ok(());
        }
        loop {
            std::thread::park();
        }
    }
}

/// Not a test, but a process with a pool of tokio tasks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_tokio_tasks() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let queue = fang::asynk::MemoryQueue::new();
    queue.insert_task(&Listen { ends: role == "ends" }).await.unwrap();
    let mut pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let report = pool.run_until_signal().await.unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
}

async fn run_a_pool_in_a_role() {
    let (Ok(_), Ok(uri)) = (std::env::var(ROLE), std::env::var(URI)) else { return };
    let queue = AsyncQueue::<NoTls>::builder().uri(uri).build();
    AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue)
        .build()
        .run_until_signal()
        .await
        .unwrap();
}

/// Not a test, but a process whose only thread for tasks is blocked by one.
#[tokio::test(flavor = "current_thread")]
async fn be_a_process_whose_runtime_is_blocked() {
    run_a_pool_in_a_role().await;
}

/// Not a test, but a process with a pool of tokio tasks that starts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn be_a_process_of_tokio_tasks_that_starts() {
    run_a_pool_in_a_role().await;
}

/// Not a test, but a process with a pool of threads that starts.
#[test]
fn be_a_process_of_threads_that_starts() {
    let (Ok(_), Ok(uri)) = (std::env::var(ROLE), std::env::var(URI)) else { return };
    let queue = Queue::builder().uri(uri).build();
    WorkerPool::builder().number_of_workers(1_u32).queue(queue).build().run_until_signal().unwrap();
}

/// Not a test, but a process with a pool of threads.
#[test]
fn be_a_process_of_threads() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let queue = fang::blocking::MemoryQueue::new();
    queue.insert_task(&Listen { ends: role == "ends" }).unwrap();
    let mut pool = WorkerPool::builder().number_of_workers(1_u32).queue(queue).build();
    let report = pool.run_until_signal().unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
}

fn start(process: &str, role: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    start_at(process, role, "")
}

fn start_at(process: &str, role: &str, uri: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([process, "--exact", "--nocapture"])
        .envs([(ROLE, role), (URI, uri)])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn wait_for(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) {
    assert!(lines.any(|line| line.unwrap().ends_with(word)), "the process should have printed {word:?}");
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn one_signal_shuts_it_down(process: &str, signal: &str) {
    let (mut child, mut lines) = start(process, "ends");
    wait_for(&mut lines, "running");
    send(signal, &child);
    wait_for(&mut lines, "told");
    lines.for_each(drop);
    assert!(child.wait().unwrap().success());
}

fn a_second_signal_ends_it_at_once(process: &str) {
    let (mut child, mut lines) = start(process, "never ends");
    wait_for(&mut lines, "running");
    send("-TERM", &child);
    wait_for(&mut lines, "told");
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_signal_shuts_a_process_of_tokio_tasks_down() {
    one_signal_shuts_it_down("be_a_process_of_tokio_tasks", "-TERM");
}

#[test]
fn a_signal_shuts_a_process_of_threads_down() {
    one_signal_shuts_it_down("be_a_process_of_threads", "-INT");
}

#[test]
fn a_second_signal_ends_a_process_of_tokio_tasks_at_once() {
    a_second_signal_ends_it_at_once("be_a_process_of_tokio_tasks");
}

#[test]
fn a_second_signal_ends_a_process_of_threads_at_once() {
    a_second_signal_ends_it_at_once("be_a_process_of_threads");
}

/// A database with the tables of fang.
async fn database() -> (TestDatabase, AsyncQueue<NoTls>, tokio_postgres::Client) {
    let database = TestDatabase::create().await.unwrap();
    let queue = AsyncQueue::<NoTls>::builder().uri(database.uri()).build();
    queue.migrate().await.unwrap();
    let client = database.client().await.unwrap();
    (database, queue, client)
}

async fn number(client: &tokio_postgres::Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

/// Waits until a query returns this number.
async fn until_number(client: &tokio_postgres::Client, sql: &str, expected: i64) {
    let began = Instant::now();
    while number(client, sql).await != expected {
        assert!(began.elapsed() < PATIENCE, "{sql} should return {expected}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Starts a process whose task blocks its only thread. A second task waits.
async fn start_blocked(database: &TestDatabase, queue: &AsyncQueue<NoTls>) -> Child {
    queue.insert_task(&Block).await.unwrap();
    queue.insert_task(&Block).await.unwrap();
    let (child, mut lines) = start_at("be_a_process_whose_runtime_is_blocked", "blocks", database.uri());
    wait_for(&mut lines, "running");
    child
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_tasks_block_its_runtime_gives_them_back_and_ends_by_its_deadline() {
    let (database, queue, client) = database().await;
    let mut child = start_blocked(&database, &queue).await;
    let began = Instant::now();
    send("-TERM", &child);
    assert!(child.wait().unwrap().success());
    let took = began.elapsed();
    println!("the process ended {took:?} after the signal");
    assert!(took < PATIENCE, "{took:?}");
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND crashes = 0 AND retries = 0";
    assert_eq!(number(&client, waiting).await, 2);
    assert_eq!(number(&client, "SELECT count(*) FROM fang_workers WHERE dead_at IS NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_process_whose_tasks_block_its_runtime_at_once() {
    let (database, queue, _client) = database().await;
    let mut child = start_blocked(&database, &queue).await;
    let began = Instant::now();
    send("-TERM", &child);
    // The same signal, sent twice in a moment, may arrive once.
    send("-INT", &child);
    let code = child.wait().unwrap().code();
    assert!(code == Some(128 + 15) || code == Some(128 + 2), "{code:?}");
    assert!(began.elapsed() < AT_ONCE);
}

/// First it waits for a lock to read the version of the schema, then for one to register.
async fn a_signal_during_the_start_ends_it(process: &str) {
    let (database, _queue, client) = database().await;
    // A transaction sees the sessions as they were at its first look.
    let locks = database.client().await.unwrap();
    for table in ["fang_meta", "fang_workers"] {
        locks.batch_execute(&format!("BEGIN; LOCK TABLE {table}")).await.unwrap();
        let (mut child, _lines) = start_at(process, "starts", database.uri());
        let others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND application_name = 'fang'";
        until_number(&client, &format!("SELECT count(*) {others} AND wait_event_type = 'Lock'"), 1).await;
        let began = Instant::now();
        send("-TERM", &child);
        assert!(child.wait().unwrap().success());
        assert!(began.elapsed() < AT_ONCE);
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event_type = 'Lock'";
        until_number(&client, waiting, 0).await;
        locks.batch_execute("COMMIT").await.unwrap();
        assert_eq!(number(&client, "SELECT count(*) FROM fang_workers").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_its_start_ends_a_process_of_tokio_tasks_and_leaves_nothing_behind() {
    a_signal_during_the_start_ends_it("be_a_process_of_tokio_tasks_that_starts").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_its_start_ends_a_process_of_threads_and_leaves_nothing_behind() {
    a_signal_during_the_start_ends_it("be_a_process_of_threads_that_starts").await;
}
