//! The server goes away and comes back.

use crate::world::{Hold, Queue, ear, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::AsyncQueueable;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Inserts until told to stop; returns what was acknowledged.
async fn produce(queue: Queue, number: usize, stop: Arc<AtomicBool>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for call in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let text = format!("{number} {call}");
        match queue.insert_task(&say(&text)).await {
            Ok(_) => acknowledged.push(text),
            // The server is away: not so often.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_task_is_lost_while_the_server_crashes_again_and_again() {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let queue: Queue = AsyncQueue::builder().uri(database.uri()).build();
    queue.migrate().await.unwrap();
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(4_u32)
        .queue(queue.clone())
        .state(sender)
        .state(Hold(Arc::new(Semaphore::new(0))))
        .build();
    pool.start().await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let producers: Vec<_> =
        (0..4).map(|number| tokio::spawn(produce(queue.clone(), number, stop.clone()))).collect();
    for _ in 0..4 {
        // Let it run for a while between two crashes.
        tokio::time::sleep(Duration::from_millis(400)).await;
        cluster.restart_immediate().unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = HashSet::new();
    for producer in producers {
        acknowledged.extend(producer.await.unwrap());
    }
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    let store = fang_asynk::AsyncBackend::admin(&queue).unwrap();
    until(async || store.count().await.is_ok_and(|counts| counts.is_empty())).await;
    pool.shutdown(Duration::from_secs(10)).await;
    while let Ok(text) = ear.try_recv() {
        acknowledged.remove(&text);
    }
    assert!(acknowledged.is_empty(), "never ran: {}", acknowledged.len());
}
