//! Real processes: this test program starts itself again as a worker.

use crate::world::{PATIENCE, World, ear, say};
use fang_asynk::{AsyncBackend, AsyncQueue, AsyncWorkerPool, NoTls};
use fang_core::{AsyncQueueable, NewTask};
use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const TASKS: usize = 20_000;
const PROCESSES: usize = 4;
const URI: &str = "FANG_TEST_WORKER_URI";

fn spawn(uri: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::work_as_one_of_several_processes", "--exact", "--nocapture"])
        .env(URI, uri)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test by itself: what a worker process does, until there is nothing left to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_as_one_of_several_processes() {
    let Ok(uri) = std::env::var(URI) else { return };
    let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build();
    queue.connect(NoTls).await.unwrap();
    let (sender, mut ear) = ear();
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(10_u32).queue(queue.clone()).state(sender).build();
    pool.start().await.unwrap();
    let store = queue.admin().unwrap();
    while !store.count().await.unwrap().is_empty() {
        while let Ok(text) = ear.try_recv() {
            println!("ran {text}");
        }
    }
    let report = pool.shutdown(PATIENCE).await;
    drop(pool);
    while let Ok(text) = ear.try_recv() {
        println!("ran {text}");
    }
    assert_eq!((report.late_results, report.still_running), (0, 0));
}

#[tokio::test]
async fn four_processes_run_twenty_thousand_tasks_once_each() {
    let world = World::new().await;
    let tasks = (0..TASKS).map(|n| NewTask::asynk(&say(&n.to_string())).unwrap());
    world.queue.insert_tasks(tasks.collect()).await.unwrap();
    let children: Vec<Child> = (0..PROCESSES).map(|_| spawn(world.database.uri())).collect();
    let (mut runs, mut names, mut busy) = (0, HashSet::new(), 0);
    for mut child in children {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let ran: Vec<String> =
            lines.filter_map(|line| line.strip_prefix("ran ").map(str::to_owned)).collect();
        assert!(child.wait().unwrap().success());
        busy += usize::from(!ran.is_empty());
        runs += ran.len();
        names.extend(ran);
    }
    assert_eq!((runs, names.len()), (TASKS, TASKS));
    assert!(busy >= 2, "several processes worked, not {busy}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}
