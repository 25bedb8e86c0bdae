//! Crashes of the server.

use crate::seam::{Mode, PATIENCE, Queue, World, say, until};
use fang_test_support::{Cluster, Durability, TestDatabase};
use futures_util::future::try_join_all;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::block_in_place;

crate::each_mode! {
    no_acknowledged_task_is_lost_while_the_server_crashes_again_and_again,
}

/// Inserts tasks until `stop` is set. Returns those whose insert succeeded.
async fn produce(queue: Queue, number: usize, stop: Arc<AtomicBool>, saved: Arc<AtomicUsize>) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for call in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let text = format!("{number} {call}");
        match queue.insert_task(&say(&text)).await {
            Ok(_) => {
                acknowledged.push(text);
                saved.fetch_add(1, Ordering::SeqCst);
            }
            // The server is down, so the next try waits.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
    acknowledged
}

async fn no_acknowledged_task_is_lost_while_the_server_crashes_again_and_again(mode: Mode) {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    let mut pool = world.pool(4).start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let saved = Arc::new(AtomicUsize::new(0));
    let produce = |number| tokio::spawn(produce(world.queue.clone(), number, stop.clone(), saved.clone()));
    let producers: Vec<_> = (0..4).map(produce).collect();
    for _ in 0..4 {
        // The server saves some tasks between two crashes.
        let enough = saved.load(Ordering::SeqCst) + 100;
        until(async || saved.load(Ordering::SeqCst) >= enough).await;
        block_in_place(|| cluster.restart_immediate()).unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged: HashSet<_> = try_join_all(producers).await.unwrap().into_iter().flatten().collect();
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    until(async || world.queue.count_tasks().await.is_ok_and(|counts| counts.is_empty())).await;
    pool.shutdown(PATIENCE).await;
    for run in world.told() {
        acknowledged.remove(&run.name);
    }
    assert!(acknowledged.is_empty(), "never ran: {}", acknowledged.len());
}
