//! Signals to real processes. This test program starts itself again as such a process.

#![cfg(all(unix, feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "signals/child.rs"]
mod child;
#[path = "signals/processes.rs"]
mod processes;
#[path = "signals/quiet.rs"]
mod quiet;

use child::{AT_ONCE, Child, PATIENCE};
use fang::{
    AsyncQueue, AsyncQueueable, AsyncWorkerPool, FangTaskState, Filter, Mode, NewTask, NoTls, Pools,
    WorkerPool,
};
use fang_test_support::{Network, Proxy, TestDatabase};
use processes::{Block, DEADLINE, Listen};
use std::time::{Duration, Instant};

fn one_signal_shuts_it_down(process: &str, signal: &str) {
    let mut child = Child::start(process, "ends");
    child.prints("running");
    child.send(signal);
    child.prints("told");
    assert!(child.ended().success());
}

fn two_signals_end_it_at_once(mut child: Child) {
    let began = Instant::now();
    child.send("-TERM");
    // The same signal, sent twice in a moment, may arrive once.
    child.send("-INT");
    let code = child.ended().code();
    assert!(code == Some(128 + 15) || code == Some(128 + 2), "{code:?}");
    assert!(began.elapsed() < AT_ONCE);
}

fn a_second_signal_ends_it_at_once(process: &str) {
    let mut child = Child::start(process, "never ends");
    child.prints("running");
    child.send("-TERM");
    child.prints("told");
    child.send("-TERM");
    assert_eq!(child.ended().code(), Some(128 + 15));
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

#[test]
fn a_second_signal_ends_a_process_that_cannot_log() {
    let mut child = Child::start("be_a_process_that_cannot_log", "cannot log");
    child.prints("running");
    two_signals_end_it_at_once(child);
}

fn one_signal_shuts_two_pools_down(process: &str) {
    let mut child = Child::start(process, "ends");
    (0..2).for_each(|_| child.prints("running"));
    child.send("-TERM");
    (0..2).for_each(|_| child.prints("told"));
    child.prints("reported");
    assert!(child.ended().success());
}

#[test]
fn a_signal_shuts_pools_of_both_modes_down() {
    one_signal_shuts_two_pools_down("be_a_process_of_both_modes");
}

#[test]
fn a_signal_shuts_pools_of_threads_down_without_tokio() {
    one_signal_shuts_two_pools_down("be_a_process_of_two_pools_of_threads");
}

#[test]
fn a_signal_when_no_pool_is_left_ends_the_process_although_it_has_a_handler() {
    let mut child = Child::start("be_a_process_that_goes_on_without_pools", "ends");
    child.prints("running");
    child.send("-TERM");
    child.prints("goes on");
    child.send("-TERM");
    assert_eq!(child.ended().code(), Some(128 + 15));
}

#[test]
fn a_signal_to_another_pool_leaves_one_that_was_started_by_the_program_to_it() {
    let mut child = Child::start("be_a_process_with_a_pool_of_its_own", "ends");
    (0..2).for_each(|_| child.prints("running"));
    child.send("-TERM");
    // Its task is told only by the shutdown that the program calls.
    ["told", "one has stopped", "told", "told 0"].iter().for_each(|line| child.prints(line));
    assert!(child.ended().success());
}

#[test]
fn pools_that_do_not_stop_share_one_deadline() {
    let mut child = Child::start("be_a_process_of_both_modes", "never ends");
    (0..2).for_each(|_| child.prints("running"));
    let began = Instant::now();
    child.send("-TERM");
    // The async run is dropped, and the thread goes on.
    ["1 and 0", "1 and 1", "reported"].iter().for_each(|line| child.prints(line));
    assert!(child.succeeds(began) < DEADLINE);
}

#[tokio::test]
async fn if_a_pool_does_not_start_those_before_it_shut_down() {
    let (queue, stopped) = (fang::MemoryQueue::new(), fang::MemoryQueue::new());
    queue.insert_task(&Listen { ends: true }).await.unwrap();
    let light = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue.clone()).build();
    let none = AsyncWorkerPool::builder().number_of_workers(0_u32).queue(stopped).build();
    let ended = tokio::time::timeout(PATIENCE, Pools::new().with(light).with(none).run_until_signal());
    let error = ended.await.expect("no signal should be waited for").unwrap_err();
    assert!(matches!(error, fang::QueueError::NoWorkers), "{error}");
    // Nobody is left who would claim it. The first one was run, or handed back, or never claimed.
    let second = queue.insert_task(&Listen { ends: true }).await.unwrap();
    let left = queue.list_tasks(&Filter::default()).await.unwrap();
    let states: Vec<_> = left.iter().map(|task| (task.id == second.id, task.state, task.lease)).collect();
    assert!(states.iter().all(|(_, state, _)| *state == FangTaskState::New), "{states:?}");
    assert!(states.contains(&(true, FangTaskState::New, 0)), "{states:?}");
}

#[tokio::test]
async fn pools_shut_down_if_nobody_waits_for_a_signal_any_longer() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let pool = || {
        let (tell, queue) = (tell.clone(), fang::MemoryQueue::new());
        let pool = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue);
        pool.on_event(move |event| {
            let _ = tell.send(event.name());
        })
        .build()
    };
    let mut next = async || tokio::time::timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
    tokio::select! {
        ended = Pools::new().with(pool()).with(pool()).run_until_signal() => panic!("{ended:?}"),
        () = async { assert_eq!([next().await, next().await], ["pool.started"; 2]) } => {}
    }
    let mut stopped = 0;
    while stopped < 2 {
        stopped += usize::from(next().await == "pool.stopped");
    }
}

#[test]
fn an_async_pool_needs_a_runtime() {
    let light = AsyncWorkerPool::builder().number_of_workers(1_u32).queue(fang::MemoryQueue::new()).build();
    let heavy =
        WorkerPool::builder().number_of_workers(1_u32).queue(fang::blocking::MemoryQueue::new()).build();
    let error = Pools::new().with(heavy).with(light).run_until_signal_blocking().unwrap_err();
    assert!(matches!(error, fang::QueueError::NoRuntime), "{error}");
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

/// A task of either mode that listens.
fn listens(ends: bool, mode: Mode) -> NewTask {
    let payload = format!(r#"{{"type":"Listen","ends":{ends}}}"#);
    NewTask::new(payload, "common".to_owned(), mode)
}

const LIVING: &str = "SELECT count(*) FROM fang_workers WHERE dead_at IS NULL";

/// Starts a process whose tasks block these many threads, which are all that it has for tasks. One more task is claimed.
async fn start_blocked(
    process: &str,
    threads: usize,
    database: &TestDatabase,
    queue: &AsyncQueue<NoTls>,
) -> Child {
    for _ in 0..=threads {
        queue.insert_task(&Block).await.unwrap();
    }
    let mut child = Child::start_at(process, "blocks", database.uri());
    (0..threads).for_each(|_| child.prints("running"));
    child
}

async fn blocked_threads_do_not_hold_up_the_end(process: &str, threads: usize) {
    let (database, queue, client) = database().await;
    let mut child = start_blocked(process, threads, &database, &queue).await;
    let all = i64::try_from(threads).unwrap() + 1;
    let claimed = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress'";
    assert_eq!(number(&client, claimed).await, all);
    let began = Instant::now();
    child.send("-TERM");
    // The one that has not begun goes back soon, and the others keep their claims until the deadline.
    until_number(&client, claimed, all - 1).await;
    assert!(child.runs() && began.elapsed() < DEADLINE / 2, "{:?}", began.elapsed());
    let took = child.succeeds(began);
    assert!(took <= DEADLINE, "{took:?}");
    let waiting = "SELECT count(*) FROM fang_tasks WHERE state = 'new' AND crashes = 0 AND retries = 0";
    assert_eq!((number(&client, waiting).await, number(&client, LIVING).await), (all, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_task_blocks_its_only_thread_ends_by_its_deadline() {
    blocked_threads_do_not_hold_up_the_end("be_a_process_whose_runtime_is_blocked", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_whose_tasks_block_two_threads_ends_by_its_deadline() {
    blocked_threads_do_not_hold_up_the_end("be_a_process_whose_two_threads_are_blocked", 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_with_one_thread_left_ends_by_its_deadline() {
    let (database, queue, client) = database().await;
    queue.insert_task(&Block).await.unwrap();
    let mut child = Child::start_at("be_a_process_whose_two_threads_are_blocked", "blocks", database.uri());
    child.prints("running");
    let began = Instant::now();
    child.send("-TERM");
    let took = child.succeeds(began);
    assert!(took <= DEADLINE, "{took:?}");
    assert_eq!(number(&client, LIVING).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_a_process_whose_tasks_block_its_runtime_at_once() {
    let (database, queue, _client) = database().await;
    for (process, threads) in
        [("be_a_process_whose_runtime_is_blocked", 1), ("be_a_process_whose_two_threads_are_blocked", 2)]
    {
        queue.remove_all_tasks().await.unwrap();
        two_signals_end_it_at_once(start_blocked(process, threads, &database, &queue).await);
    }
}

/// The task does not end. Its result cannot be saved, and the pool cannot sign off.
async fn without_its_server_it_ends_by_its_deadline(process: &str) {
    let (database, queue, client) = database().await;
    let proxy = Proxy::start(database.uri()).unwrap();
    for fault in [Network::Reset, Network::Blackhole] {
        proxy.set(Network::Pass);
        queue.remove_all_tasks().await.unwrap();
        queue.insert(listens(false, Mode::Any)).await.unwrap();
        let mut child = Child::start_at(process, "never ends", proxy.uri());
        child.prints("running");
        until_number(&client, "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress'", 1).await;
        proxy.set(fault.clone());
        let began = Instant::now();
        child.send("-TERM");
        let took = child.succeeds(began);
        assert!(took <= DEADLINE, "{fault:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_server_a_process_of_tokio_tasks_ends_by_its_deadline() {
    without_its_server_it_ends_by_its_deadline("be_a_process_whose_two_threads_are_blocked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_server_a_process_of_threads_ends_by_its_deadline() {
    without_its_server_it_ends_by_its_deadline("be_a_process_of_threads_with_a_deadline").await;
}

/// First it waits for a lock to read the version of the schema, then for one to register, and then, as a worker that is
/// registered, for one to read the crons.
async fn a_signal_during_the_start_ends_it(process: &str) {
    let (database, _queue, client) = database().await;
    // A transaction sees the sessions as they were at its first look.
    let locks = database.client().await.unwrap();
    for (table, workers) in [("fang_meta", 0), ("fang_workers", 0), ("fang_crons", 1)] {
        locks.batch_execute(&format!("BEGIN; LOCK TABLE {table}")).await.unwrap();
        let mut child = Child::start_at(process, "starts", database.uri());
        let others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND application_name = 'fang'";
        until_number(&client, &format!("SELECT count(*) {others} AND wait_event_type = 'Lock'"), 1).await;
        let began = Instant::now();
        child.send("-TERM");
        assert!(child.succeeds(began) < AT_ONCE);
        // A statement that would write something does not wait any longer.
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event_type = 'Lock' AND query NOT LIKE '%fang_crons%'";
        until_number(&client, waiting, 0).await;
        locks.batch_execute("COMMIT").await.unwrap();
        assert_eq!(number(&client, "SELECT count(*) FROM fang_workers").await, workers);
        assert_eq!(number(&client, LIVING).await, 0);
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

/// It accepts connections and never answers.
#[test]
fn a_signal_while_a_process_waits_for_the_server_ends_it() {
    for process in ["be_a_process_of_tokio_tasks_that_starts", "be_a_process_of_threads_that_starts"] {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("postgres://fang@{}/fang?sslmode=disable", silent.local_addr().unwrap());
        let mut child = Child::start_at(process, "starts", &uri);
        // It has connected, so it waits.
        let (_connection, _) = silent.accept().unwrap();
        let began = Instant::now();
        child.send("-TERM");
        assert!(child.succeeds(began) < AT_ONCE);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_runs_already_shuts_down_although_another_one_still_starts() {
    let (database, _queue, client) = database().await;
    let lock = database.client().await.unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE fang_meta").await.unwrap();
    let mut child = Child::start_at("be_a_process_with_a_pool_that_runs_already", "starts", database.uri());
    child.prints("running");
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until_number(&client, waits, 1).await;
    let began = Instant::now();
    child.send("-TERM");
    child.prints("told");
    assert!(child.succeeds(began) < AT_ONCE);
}
