//! Signals to real processes. This test program starts itself again as such a process.

#![cfg(all(unix, feature = "asynk", feature = "blocking"))]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{
    AsyncQueueable, AsyncRunnable, AsyncWorkerPool, FangError, Queueable, Runnable, WorkerPool, async_trait,
    typetag,
};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The environment variable of a started process. It says how its task reacts to a shutdown.
const ROLE: &str = "FANG_TEST_SIGNALS";

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
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([process, "--exact", "--nocapture"])
        .env(ROLE, role)
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
