//! Outages of the server, and how soon the runs resume after them.

use crate::seam::{Mode, PATIENCE, Queue, World, holding, say};
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

crate::each_mode! {
    runs_resume_at_once_when_the_server_is_back,
    results_that_are_lost_are_not_told_as_saved,
}

/// Long enough for every part of a pool to fail several times.
const OUTAGE: Duration = Duration::from_secs(9);

/// The library promises 200 ms; the machine of a test may be busy.
const AT_ONCE: Duration = Duration::from_secs(1);

/// The heart of a pool that heard nothing tries at least once a second.
const BY_ITSELF: Duration = Duration::from_millis(2500);

/// A world over a server that the test may stop.
async fn with_its_own_server(mode: Mode) -> (Cluster, World) {
    let cluster = Cluster::create(Durability::Fast).unwrap();
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await.unwrap();
    let world = World::in_database(mode, database).await;
    world.queue.migrate().await.unwrap();
    (cluster, world)
}

/// Inserts a task as soon as the server lets it. Returns when it was saved.
async fn insert_soon(queue: Queue, text: &'static str) -> Instant {
    while queue.insert_task(&say(text)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Instant::now()
}

/// The server is down twice. First the process of the pool itself inserts when it is back, then another one does.
async fn runs_resume_at_once_when_the_server_is_back(mode: Mode) {
    let (cluster, world) = with_its_own_server(mode).await;
    let (pool, events) = world.pool(1).tells();
    let mut pool = pool.start().await;
    let other = mode.queue(world.uri());
    for (queue, limit) in [(&world.queue, AT_ONCE), (&other, BY_ITSELF)] {
        world.queue.insert_task(&say("before")).await.unwrap();
        assert_eq!(world.heard().await, "before");
        block_in_place(|| cluster.stop_immediate()).unwrap();
        tokio::time::sleep(OUTAGE).await;
        let inserted = tokio::spawn(insert_soon(queue.clone(), "after"));
        block_in_place(|| cluster.start()).unwrap();
        let inserted = inserted.await.unwrap();
        assert_eq!(world.heard().await, "after");
        let took = inserted.elapsed();
        println!("the run began {took:?} after the insert");
        assert!(took <= limit, "{took:?}");
    }
    pool.shutdown(PATIENCE).await;
    let events = std::iter::from_fn(|| events.try_recv().ok()).map(|event| event.name());
    let connection: Vec<_> = events.filter(|name| name.starts_with("connection.")).collect();
    // A connection that was lost in the outage may be noticed after it.
    assert!(connection.len() >= 4 && connection.len() % 2 == 0, "{connection:?}");
    assert!(
        connection.chunks(2).all(|pair| pair == ["connection.lost", "connection.back"]),
        "{connection:?}"
    );
}

async fn results_that_are_lost_are_not_told_as_saved(mode: Mode) {
    let (cluster, world) = with_its_own_server(mode).await;
    let (pool, events) = world.pool(1).tells();
    let mut pool = pool.start().await;
    world.queue.insert_task(&holding("lost")).await.unwrap();
    world.heard().await;
    block_in_place(|| cluster.stop_immediate()).unwrap();
    world.stage.open(1);
    pool.shutdown(Duration::from_secs(1)).await;
    let events = std::iter::from_fn(|| events.try_recv().ok()).map(|event| event.name());
    let of_tasks: Vec<_> = events.filter(|name| name.starts_with("task.")).collect();
    assert_eq!(of_tasks, ["task.claimed", "task.started", "task.ran"]);
}
