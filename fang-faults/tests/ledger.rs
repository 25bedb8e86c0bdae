//! The ledger as middleware of a pool, in both modes.

#![cfg(unix)]
// A panic is how a test reports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncWorkerPool, MemoryQueue, Queueable, Run, WorkerPool, blocking};
use fang_faults::{Book, Ledger, Outcome};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const ENDS: [&str; 5] = ["done", "failed", "panicked", "snoozed", "cancelled"];
const OUTCOMES: [Outcome; 5] =
    [Outcome::Done, Outcome::Failed, Outcome::Panicked, Outcome::Snoozed, Outcome::Cancelled];

/// Ends in the way of this name.
fn end(how: &str, run: &Run) -> Result<(), String> {
    match how {
        "failed" => return Err("as wanted".to_owned()),
        "panicked" => panic!("as wanted"),
        "snoozed" => run.snooze(Duration::from_secs(3600)),
        "cancelled" => run.cancel("as wanted"),
        _ => {}
    }
    Ok(())
}

#[fang::task(max_retries = 0)]
async fn ends_async(how: String, run: &Run) -> Result<(), String> {
    end(&how, run)
}

#[fang::task(max_retries = 0)]
fn ends_blocking(how: String, run: &Run) -> Result<(), String> {
    end(&how, run)
}

#[fang::task(max_retries = 0, timeout = "10ms")]
async fn takes_too_long() {
    std::future::pending::<()>().await;
}

fn file(name: &str) -> PathBuf {
    let file = std::env::temp_dir().join(format!("fang-ledger-of-pool-{name}-{}", std::process::id()));
    let _ = std::fs::remove_file(&file);
    file
}

/// Waits until that many runs have ended, and checks how.
fn check(file: &PathBuf, tasks: &[(fang::Uuid, Outcome)]) {
    let began = Instant::now();
    let ended = |book: &Book| book.runs().filter(|(_, run)| run.end.is_some()).count();
    let mut book = Book::read(file).unwrap();
    while ended(&book) < tasks.len() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
        book = Book::read(file).unwrap();
    }
    for (id, outcome) in tasks {
        let [run] = book.tasks[id].runs[..] else { panic!("{outcome:?}: {:?}", book.tasks[id]) };
        assert_eq!((run.outcome, run.pid, run.attempt), (Some(*outcome), std::process::id(), 1));
        assert!(run.end.unwrap() >= run.start && book.tasks[id].kind.contains('_'));
    }
    std::fs::remove_file(file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_an_async_run_is_recorded() {
    let (file, queue) = (file("async"), MemoryQueue::new());
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2)
        .queue(queue.clone())
        .middleware(Ledger::open(&file).unwrap())
        .build();
    pool.start().await.unwrap();
    let mut tasks = vec![(queue.insert(takes_too_long()).await.unwrap().id, Outcome::Dropped)];
    for (how, outcome) in ENDS.into_iter().zip(OUTCOMES) {
        tasks.push((queue.insert(ends_async(how.to_owned())).await.unwrap().id, outcome));
    }
    check(&file, &tasks);
    pool.shutdown(PATIENCE).await;
}

#[test]
fn each_end_of_a_blocking_run_is_recorded() {
    let (file, queue) = (file("blocking"), blocking::MemoryQueue::new());
    let mut pool = WorkerPool::builder()
        .number_of_workers(2)
        .queue(queue.clone())
        .middleware(Ledger::open(&file).unwrap())
        .build();
    pool.start().unwrap();
    let insert = |how: &str| queue.insert(ends_blocking(how.to_owned())).unwrap().id;
    check(&file, &ENDS.map(insert).into_iter().zip(OUTCOMES).collect::<Vec<_>>());
    pool.shutdown(PATIENCE);
}

/// A ledger that cannot be written must not make tasks look lost without a word.
#[cfg(target_os = "linux")]
#[test]
fn a_run_fails_with_the_reason_if_the_ledger_cannot_be_written() {
    let queue = blocking::MemoryQueue::new();
    let full = Ledger::open("/dev/full").unwrap();
    let mut pool = WorkerPool::builder().number_of_workers(1).queue(queue.clone()).middleware(full).build();
    let id = queue.insert(ends_blocking("done".to_owned())).unwrap().id;
    pool.start().unwrap();
    let began = Instant::now();
    let mut task = queue.find_task_by_id(id).unwrap().unwrap();
    while task.state.is_alive() && began.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
        task = queue.find_task_by_id(id).unwrap().unwrap();
    }
    assert!(task.error_message.unwrap().contains("the ledger /dev/full cannot be written"));
    pool.shutdown(PATIENCE);
}
