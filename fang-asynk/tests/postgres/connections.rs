use crate::world::{Ear, Queue, World, asleep, ear, heard, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::AsyncQueueable;
use std::time::Duration;

fn pool(queue: &Queue, ear: Ear) -> AsyncWorkerPool<Queue> {
    AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(queue.clone())
        .sleep_params(asleep())
        .state(ear)
        .build()
}

#[tokio::test]
async fn an_insert_by_another_process_wakes_a_pool_that_would_sleep_for_an_hour() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = pool(&world.queue, sender);
    pool.start().await.unwrap();
    let elsewhere: Queue = AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32).build();
    // The first may be met by the claim at the start; the second finds the pool asleep.
    for text in ["one", "two"] {
        elsewhere.insert_task(&say(text)).await.unwrap();
        assert_eq!(heard(&mut ear).await, text);
        // Past the window in which announcements are held back.
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

#[tokio::test]
async fn a_pool_whose_connections_were_killed_goes_on() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(world.queue.clone())
        .lease(fang_asynk::Lease { beat_every: Duration::from_millis(50), ..Default::default() })
        .state(sender)
        .build();
    pool.start().await.unwrap();
    for round in 0..5 {
        let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(world.number(kill).await >= 1);
        let text = round.to_string();
        until(async || world.queue.insert_task(&say(&text)).await.is_ok()).await;
        assert_eq!(heard(&mut ear).await, text);
    }
    let listens = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%' OR query LIKE '%fang_workers SET beat_at%'";
    until(async || world.number(listens).await >= 1).await;
    let report = pool.shutdown(Duration::from_secs(10)).await;
    assert_eq!((report.still_running, report.late_results), (0, 0));
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

#[tokio::test]
async fn tasks_that_hold_every_connection_of_the_application_do_not_stop_the_pool() {
    let world = World::new().await;
    let one: Queue = AsyncQueue::builder().uri(world.database.uri()).max_pool_size(1_u32).build();
    let (sender, mut ear) = ear();
    let mut pool = pool(&one, sender);
    one.insert_task(&say("free")).await.unwrap();
    // The only connection is taken by a lock that waits; the engine has its own.
    world.client.batch_execute("BEGIN; LOCK TABLE fang_crons IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let blocked = tokio::spawn({
        let one = one.clone();
        async move { one.remove_tasks_type("nobody").await }
    });
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    until(async || world.number(waits).await >= 1).await;
    let started = tokio::spawn(async move {
        pool.start().await.unwrap();
        pool
    });
    // Starting looks at the schema through the application's connection.
    world.client.batch_execute("COMMIT").await.unwrap();
    blocked.await.unwrap().unwrap();
    let _pool = started.await.unwrap();
    assert_eq!(heard(&mut ear).await, "free");
}
