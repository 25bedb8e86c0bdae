//! The heart of a pool sleeps while it waits for notifications, over each kind of connection. These tests need a
//! process of their own, because they find the thread of the heart by its name.
#![cfg(target_os = "linux")]
// Tests report by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use diesel::r2d2::{ConnectionManager, Pool};
use fang_blocking::{Lease, Queue, WorkerPool};
use fang_core::{FangError, Queueable, Runnable, SleepParams, typetag};
use fang_test_support::{Cluster, Durability, TestDatabase};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);
const TASKS: u64 = 5;

#[derive(Clone)]
struct Ran(mpsc::Sender<()>);

#[derive(Serialize, Deserialize)]
struct Tell;

#[typetag::serde]
impl Runnable for Tell {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        queue.context().require_state::<Ran>()?.0.send(()).map_err(FangError::from_error)
    }
}

/// The path of the `status` file of the thread with this name.
fn statuses(name: &str, count: usize) -> Vec<PathBuf> {
    let is_named =
        |thread: &PathBuf| fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.trim() == name);
    let end = Instant::now() + PATIENCE;
    loop {
        let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
        let named: Vec<_> = threads.filter(is_named).map(|thread| thread.join("status")).collect();
        if named.len() == count {
            return named;
        }
        assert!(Instant::now() < end, "{count} threads named {name}, not {}", named.len());
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns how often a thread has gone to sleep.
fn sleeps(status: &Path) -> u64 {
    let status = fs::read_to_string(status).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.expect("Linux counts them").trim().parse().unwrap()
}

/// A pool that neither polls nor beats during the test, so a task runs only if a notification arrives.
fn pool(queue: &Queue, ran: Ran) -> WorkerPool<Queue> {
    let sleep =
        SleepParams { sleep_period: HOUR, max_sleep_period: HOUR, min_sleep_period: HOUR, sleep_step: HOUR };
    let lease = Lease { beat_every: HOUR, dead_after: 3 * HOUR, ..Lease::default() };
    WorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue.clone())
        .sleep_params(sleep)
        .lease(lease)
        .state(ran)
        .build()
}

#[test]
fn the_heart_sleeps_between_two_notifications() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    // Only the test support is async.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::create_in(&cluster.uri("postgres"))).unwrap();
    let (folder, port, name) = (cluster.socket_dir().display(), cluster.port(), database.name());
    let unix = format!("host={folder} port={port} dbname={name} user=postgres");
    let connections = Pool::builder().max_size(4).build(ConnectionManager::new(database.uri())).unwrap();
    let elsewhere = Queue::builder().uri(database.uri()).build();
    elsewhere.migrate().unwrap();
    for (how, queue) in [
        ("over TCP", Queue::builder().uri(database.uri()).build()),
        ("over a Unix socket", Queue::builder().uri(unix).build()),
        ("over a connection of the application", Queue::builder().connection_pool(connections).build()),
    ] {
        let (sender, ran) = mpsc::channel();
        let mut pool = pool(&queue, Ran(sender));
        pool.start().unwrap();
        let hearts = statuses("fang-heart", 1);
        let heart = &hearts[0];
        // The claim at the start of the pool may find the first task without a notification.
        elsewhere.insert_task(&Tell).unwrap();
        ran.recv_timeout(PATIENCE).expect("a notification should arrive");
        let before = sleeps(heart);
        for _ in 0..TASKS {
            // Longer than the 100 ms in which further notifications are suppressed.
            thread::sleep(Duration::from_millis(150));
            elsewhere.insert_task(&Tell).unwrap();
            ran.recv_timeout(PATIENCE).expect("a notification should arrive");
        }
        // A heart that polled the socket would sleep hundreds of times.
        let slept = sleeps(heart) - before;
        assert!(slept < 10 * TASKS, "{how}: {slept} sleeps for {TASKS} tasks");
        pool.shutdown(PATIENCE);
        drop(pool);
        statuses("fang-heart", 0);
    }
}
