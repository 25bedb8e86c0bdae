//! Outages of the server, and how soon the runs resume after them.

use crate::seam::{Mode, PATIENCE, PoolBuilder, Queue, World, holding, say, until};
use async_channel::Receiver;
use fang_engine::Event;
use fang_test_support::{Cluster, Durability, TestDatabase};
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

crate::each_mode! {
    runs_resume_at_once_when_the_server_is_back,
    a_result_is_saved_at_once_when_the_server_is_back,
    the_loss_of_the_server_and_its_return_are_told_in_turn,
    results_that_are_lost_are_not_told_as_saved,
}

/// Long enough for every part of a pool to fail several times.
const OUTAGE: Duration = Duration::from_secs(9);

/// What the library promises, from the first statement that gets through.
const PROMISED: Duration = Duration::from_millis(200);

/// Longer, since the machine of a test may be busy. One of some outages has to end within what is promised.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A pause that ignores the first statement takes several seconds, and could end by chance within 200 ms of it.
const OUTAGES: usize = 3;

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

/// When a pool told an event, and its name.
type Told = Receiver<(Instant, &'static str)>;

fn tells(pool: PoolBuilder) -> (PoolBuilder, Told) {
    let (tell, told) = async_channel::unbounded();
    let tells = pool.on_event(move |event| {
        // The test may be over.
        let _ = tell.try_send((Instant::now(), event.name()));
    });
    (tells, told)
}

/// Waits for an event.
async fn instant_of(told: &Told, name: &str) -> Instant {
    let found = async {
        loop {
            let (at, event) = told.recv().await.unwrap();
            if event == name {
                return at;
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, found).await;
    found.unwrap_or_else(|_| panic!("no event {name} within {PATIENCE:?} of the return of the server"))
}

/// Stops the server, starts it, and inserts as soon as it lets one. Returns how long after that insert the run began, and how
/// long after the instant from which it could: a statement of the pool's process had got through, and the task was there.
async fn outage(cluster: &Cluster, world: &World, queue: &Queue, told: &Told) -> (Duration, Duration) {
    world.queue.insert_task(&say("before")).await.unwrap();
    assert_eq!(world.heard().await, "before");
    block_in_place(|| cluster.stop_immediate()).unwrap();
    tokio::time::sleep(OUTAGE).await;
    while told.try_recv().is_ok() {}
    let inserted = tokio::spawn(insert_soon(queue.clone(), "after"));
    block_in_place(|| cluster.start()).unwrap();
    let inserted = inserted.await.unwrap();
    let back = instant_of(told, "connection.back").await;
    let began = instant_of(told, "task.started").await;
    assert_eq!(world.heard().await, "after");
    let took =
        (began.saturating_duration_since(inserted), began.saturating_duration_since(back.max(inserted)));
    println!("the run began {:?} after the insert, {:?} after it could", took.0, took.1);
    took
}

/// First the process of the pool itself inserts when the server is back, then another one does.
async fn runs_resume_at_once_when_the_server_is_back(mode: Mode) {
    let (cluster, world) = with_its_own_server(mode).await;
    let (pool, told) = tells(world.pool(1));
    let mut pool = pool.start().await;
    let other = mode.queue(world.uri());
    for (queue, after_insert) in [(&world.queue, AT_ONCE), (&other, BY_ITSELF)] {
        let mut is_promise_kept = false;
        for _ in 0..OUTAGES {
            let (since_insert, since_it_could) = outage(&cluster, &world, queue, &told).await;
            assert!(
                since_insert <= after_insert && since_it_could <= AT_ONCE,
                "the run began {since_insert:?} after the insert, not within {after_insert:?}, and {since_it_could:?} \
                    after it could, not within {AT_ONCE:?}"
            );
            is_promise_kept = since_it_could <= PROMISED;
            if is_promise_kept {
                break;
            }
        }
        assert!(is_promise_kept, "no run began within {PROMISED:?} of when it could");
    }
    pool.shutdown(PATIENCE).await;
}

/// The run ends while the server is away. All parts of the pool wait in the same way.
async fn a_result_is_saved_at_once_when_the_server_is_back(mode: Mode) {
    let (cluster, world) = with_its_own_server(mode).await;
    let (pool, told) = tells(world.pool(1));
    let mut pool = pool.start().await;
    let mut is_promise_kept = false;
    for _ in 0..OUTAGES {
        world.queue.insert_task(&holding("kept")).await.unwrap();
        assert_eq!(world.heard().await, "kept");
        block_in_place(|| cluster.stop_immediate()).unwrap();
        while told.try_recv().is_ok() {}
        world.stage.open(1);
        instant_of(&told, "task.ran").await;
        tokio::time::sleep(OUTAGE).await;
        let inserted = tokio::spawn(insert_soon(world.queue.clone(), "after"));
        block_in_place(|| cluster.start()).unwrap();
        let inserted = inserted.await.unwrap();
        let saved = instant_of(&told, "task.finished").await.saturating_duration_since(inserted);
        assert_eq!(world.heard().await, "after");
        instant_of(&told, "task.finished").await;
        assert!(
            saved <= AT_ONCE,
            "the result was saved {saved:?} after the first insert got through, not within {AT_ONCE:?}"
        );
        is_promise_kept = saved <= PROMISED;
        if is_promise_kept {
            break;
        }
    }
    assert!(is_promise_kept, "no result was saved within {PROMISED:?} of the first insert");
    pool.shutdown(PATIENCE).await;
}

/// A connection that was lost in the outage may be noticed after it.
async fn the_loss_of_the_server_and_its_return_are_told_in_turn(mode: Mode) {
    let (cluster, world) = with_its_own_server(mode).await;
    let (pool, told) = world.pool(1).tells();
    let mut pool = pool.start().await;
    block_in_place(|| cluster.stop_immediate()).unwrap();
    let names = |event: Event| event.name().starts_with("connection.").then(|| event.name());
    let mut connection = Vec::new();
    until(async || {
        connection.extend(std::iter::from_fn(|| told.try_recv().ok()).filter_map(names));
        !connection.is_empty()
    })
    .await;
    block_in_place(|| cluster.start()).unwrap();
    world.queue.insert_task(&say("after")).await.unwrap();
    assert_eq!(world.heard().await, "after");
    pool.shutdown(PATIENCE).await;
    connection.extend(std::iter::from_fn(|| told.try_recv().ok()).filter_map(names));
    assert!(!connection.is_empty() && connection.len() % 2 == 0, "{connection:?}");
    assert!(
        connection.chunks(2).all(|pair| pair == ["connection.lost", "connection.back"]),
        "{connection:?}"
    );
    let (stats, times) = (pool.stats(), connection.len() as u64 / 2);
    assert_eq!((stats.connections_lost, stats.connections_back), (times, times));
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
