//! Real processes: this test program starts itself again as a worker.

use crate::world::{PATIENCE, World, ear, say};
use fang_blocking::{Backend, Queue, WorkerPool};
use fang_core::{NewTask, Queueable};
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
#[test]
fn work_as_one_of_several_processes() {
    let Ok(uri) = std::env::var(URI) else { return };
    let queue = Queue::builder().uri(uri).max_pool_size(1_u32).build();
    let (sender, ear) = ear();
    let mut pool = WorkerPool::builder().number_of_workers(10_u32).queue(queue.clone()).state(sender).build();
    pool.start().unwrap();
    let store = queue.admin().unwrap();
    while !store.count().unwrap().is_empty() {
        while let Ok(text) = ear.try_recv() {
            println!("ran {text}");
        }
    }
    let report = pool.shutdown(PATIENCE);
    drop(pool);
    while let Ok(text) = ear.try_recv() {
        println!("ran {text}");
    }
    assert_eq!((report.late_results, report.still_running), (0, 0));
}

#[test]
fn four_processes_run_twenty_thousand_tasks_once_each() {
    let world = World::new();
    let tasks = (0..TASKS).map(|n| NewTask::blocking(&say(&n.to_string())).unwrap());
    world.queue.insert_tasks(tasks.collect()).unwrap();
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
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
}
