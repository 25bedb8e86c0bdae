//! The server goes away and comes back.

use crate::world::{PATIENCE, ear, say, until};
use fang_blocking::{Queue, WorkerPool};
use fang_core::Queueable;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Inserts until told to stop; returns what was acknowledged.
fn produce(queue: &Queue, number: usize, stop: &AtomicBool) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for call in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let text = format!("{number} {call}");
        match queue.insert_task(&say(&text)) {
            Ok(_) => acknowledged.push(text),
            // The server is away: not so often.
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    acknowledged
}

#[test]
fn no_acknowledged_task_is_lost_while_the_server_crashes_again_and_again() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    // Only the support of the tests is async.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::create_in(&cluster.uri("postgres"))).unwrap();
    let queue = Queue::builder().uri(database.uri()).build();
    queue.migrate().unwrap();
    let (sender, ear) = ear();
    let mut pool = WorkerPool::builder().number_of_workers(4_u32).queue(queue.clone()).state(sender).build();
    pool.start().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let producers: Vec<_> = (0..4)
        .map(|number| {
            let (queue, stop) = (queue.clone(), stop.clone());
            thread::spawn(move || produce(&queue, number, &stop))
        })
        .collect();
    for _ in 0..4 {
        // Let it run for a while between two crashes.
        thread::sleep(Duration::from_millis(400));
        cluster.restart_immediate().unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = HashSet::new();
    for producer in producers {
        acknowledged.extend(producer.join().unwrap());
    }
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    let store = fang_blocking::Backend::admin(&queue).unwrap();
    until(|| store.count().is_ok_and(|counts| counts.is_empty()));
    pool.shutdown(PATIENCE);
    while let Ok(text) = ear.try_recv() {
        acknowledged.remove(&text);
    }
    assert!(acknowledged.is_empty(), "never ran: {}", acknowledged.len());
}
