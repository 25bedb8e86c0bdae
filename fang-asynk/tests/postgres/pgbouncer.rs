//! What only matters behind a pooler that hands connections on from transaction to transaction.

use crate::world::{Hold, PATIENCE, Queue, World, ear, heard, say, until};
use fang_asynk::{AsyncBackend, AsyncQueue, AsyncWorkerPool, Lease};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::Claim;
use fang_core::{AsyncQueueable, Mode, NewTask, QueueError, StoreError};
use fang_test_support::PgBouncer;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Sessions of the server that all share.
const SESSIONS: usize = 3;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

/// The queue of a world, through a pooler.
async fn pooled(world: &World) -> (PgBouncer, Queue) {
    let bouncer = PgBouncer::start(world.database.uri(), SESSIONS).await.unwrap();
    let queue = AsyncQueue::builder().uri(bouncer.uri()).pgbouncer(true).build();
    (bouncer, queue)
}

fn pool(queue: &Queue, ear: crate::world::Ear) -> AsyncWorkerPool<Queue> {
    AsyncWorkerPool::builder()
        .number_of_workers(5_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .state(ear)
        .state(Hold(Arc::new(Semaphore::new(0))))
        .build()
}

/// What lasts longer than a transaction, of the session that happens to answer.
const LEFT: &str = "SELECT coalesce(string_agg(thing, ', '), 'nothing') AS left FROM (
        SELECT name || ': ' || statement FROM pg_prepared_statements
        UNION ALL SELECT pg_listening_channels()
        UNION ALL SELECT 'an advisory lock' FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION ALL SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
            ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')
            AND name NOT LIKE 'transaction_%'
    ) AS things (thing)";

#[tokio::test(flavor = "multi_thread")]
async fn pools_share_a_few_sessions_run_each_task_once_and_leave_nothing_behind() {
    const TASKS: usize = 3_000;
    let world = World::without_schema().await;
    let (bouncer, queue) = pooled(&world).await;
    queue.migrate().await.unwrap();
    let (sender, mut ear) = ear();
    let mut pools = Vec::new();
    for _ in 0..3 {
        let queue = AsyncQueue::builder().uri(bouncer.uri()).pgbouncer(true).build();
        let mut pool = pool(&queue, sender.clone());
        pool.start().await.unwrap();
        pools.push(pool);
    }
    let tasks = (0..TASKS).map(|n| NewTask::asynk(&say(&n.to_string())).unwrap());
    queue.insert_tasks(tasks.collect()).await.unwrap();
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    }
    drop(sender);
    let mut runs = Vec::new();
    while let Some(text) = ear.recv().await {
        runs.push(text);
    }
    assert_eq!((runs.len(), runs.iter().collect::<HashSet<_>>().len()), (TASKS, TASKS));
    let client = bouncer.client().await.unwrap();
    for _ in 0..SESSIONS * 2 {
        let rows = client.query_typed(LEFT, &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, String>(0), "nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere() {
    let world = World::new().await;
    let (_bouncer, queue) = pooled(&world).await;
    queue.insert_task(&say("orphan")).await.unwrap();
    let dead = queue.engine().unwrap();
    let worker = dead.register("{}").await.unwrap();
    let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(dead.claim(&claim).await.unwrap().len(), 1);
    let (sender, mut ear) = ear();
    let mut pool = pool(&queue, sender);
    pool.start().await.unwrap();
    assert_eq!(heard(&mut ear).await, "orphan");
    pool.shutdown(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_a_transaction_of_the_application_come_with_its_commit() {
    let world = World::new().await;
    let (bouncer, queue) = pooled(&world).await;
    let mut client = bouncer.client().await.unwrap();
    for (text, commits) in [("no", false), ("yes", true)] {
        let transaction = client.transaction().await.unwrap();
        let task = NewTask::asynk(&say(text)).unwrap();
        queue.insert_tasks_in(&transaction, vec![task]).await.unwrap();
        match commits {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_not_told_says_what_to_do() {
    let world = World::new().await;
    let bouncer = PgBouncer::start(world.database.uri(), SESSIONS).await.unwrap();
    let queue: Queue = AsyncQueue::builder().uri(bouncer.uri()).build();
    let error = queue.insert_task(&say("lost")).await.unwrap_err();
    assert!(matches!(error, QueueError::Store(StoreError::Pooled { .. })), "{error:?}");
    assert!(error.to_string().contains("`.pgbouncer(true)`"), "{error}");
}
