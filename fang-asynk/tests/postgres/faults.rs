//! What goes wrong around a pool, and what must not come of it.

use crate::world::{Ear, Hold, PATIENCE, Queue, World, asleep, ear, heard, say, until};
use fang_asynk::{AsyncQueue, AsyncWorkerPool, Lease};
use fang_core::{AsyncQueueable, NewTask, QueueError};
use fang_test_support::{Cut, Network, Proxy};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use uuid::Uuid;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

fn pool(queue: &Queue, workers: u32, ear: Ear, hold: &Hold) -> AsyncWorkerPool<Queue> {
    AsyncWorkerPool::builder()
        .number_of_workers(workers)
        .queue(queue.clone())
        .lease(QUICK)
        .state(ear)
        .state(hold.clone())
        .build()
}

fn hold() -> Hold {
    Hold(Arc::new(Semaphore::new(0)))
}

fn holding(text: &str) -> NewTask {
    let mut task = say(text);
    task.hold = true;
    NewTask::asynk(&task).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_was_lost_is_given_back_and_runs() {
    let world = World::new().await;
    let proxy = Proxy::start(world.database.uri()).unwrap();
    proxy.set(Network::CutAt(Cut::answers(["CUT ME"]).times(1)));
    let through: Queue = AsyncQueue::builder().uri(proxy.uri()).build();
    let (sender, mut ear) = ear();
    let mut pool = pool(&through, 2, sender, &hold());
    pool.start().await.unwrap();
    world.queue.insert_task(&say("CUT ME")).await.unwrap();
    assert_eq!(heard(&mut ear).await, "CUT ME");
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers").await, 1, "nobody had to die for it");
    assert_eq!(proxy.cuts(), 1);
}

/// Once before anything was saved, once when everything was.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_insert_that_is_cut_and_repeated_saves_each_task_once() {
    let world = World::new().await;
    let proxy = Proxy::start(world.database.uri()).unwrap();
    let queue: Queue = AsyncQueue::builder().uri(proxy.uri()).build();
    let new = |n| NewTask::asynk(&say("many")).unwrap().with_id(Uuid::from_u128(n));
    let tasks: Vec<_> = (1..=1_000).map(new).collect();
    for (word, saved) in [("COPY 1000", 0), ("COMMIT", 1_000)] {
        proxy.set(Network::CutAt(Cut::answers([word]).times(1)));
        queue.insert_tasks(tasks.clone()).await.unwrap_err();
        assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, saved, "cut at {word}");
    }
    let told = queue.insert_tasks(tasks.clone()).await.unwrap();
    assert!(told.iter().zip(&tasks).all(|(told, task)| told.id == task.id() && told.is_new));
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_tasks_beside_unique_ones_that_come_and_go_run_once() {
    const CALLERS: usize = 8;
    const CALLS: usize = 60;
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = pool(&world.queue, 4, sender, &hold());
    pool.start().await.unwrap();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let queue = world.queue.clone();
            tokio::spawn(async move {
                for call in 0..CALLS {
                    let plain = NewTask::asynk(&say(&format!("plain {caller} {call}"))).unwrap();
                    let unique =
                        NewTask::asynk(&say(&format!("unique {}", call % 3))).unwrap().unique().unwrap();
                    assert_eq!(queue.insert_tasks(vec![plain, unique]).await.unwrap().len(), 2);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    until(async || world.number("SELECT count(*) FROM fang_tasks").await == 0).await;
    pool.shutdown(PATIENCE).await;
    let mut runs: HashMap<String, usize> = HashMap::new();
    while let Ok(text) = ear.try_recv() {
        *runs.entry(text).or_default() += 1;
    }
    let plain: Vec<_> = runs.iter().filter(|(text, _)| text.starts_with("plain")).collect();
    assert_eq!(plain.len(), CALLERS * CALLS);
    assert!(plain.iter().all(|(_, runs)| **runs == 1), "some ran twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_that_is_dropped_takes_its_heart_along() {
    let world = World::new().await;
    let uri = world.database.uri().to_owned();
    let (sender, mut ear) = ear();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let queue: Queue = AsyncQueue::builder().uri(uri).build();
            let mut pool = pool(&queue, 1, sender, &hold());
            pool.start().await.unwrap();
            queue.insert(holding("held")).await.unwrap();
            heard(&mut ear).await;
        });
    })
    .join()
    .unwrap();
    until(async || world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL").await == 0).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE state = 'new'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_of_the_database_is_nobodys_death() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let hold = hold();
    let mut pools = Vec::new();
    for number in 0..3 {
        let mut pool = pool(&world.queue, 1, sender.clone(), &hold);
        pool.start().await.unwrap();
        world.queue.insert(holding(&number.to_string())).await.unwrap();
        heard(&mut ear).await;
        pools.push(pool);
    }
    // Until each has been well for a lease, so that it might declare others dead.
    tokio::time::sleep(QUICK.dead_after * 2).await;
    let stall = "BEGIN; LOCK TABLE fang_workers IN EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT";
    world.client.batch_execute(stall).await.unwrap();
    tokio::time::sleep(QUICK.dead_after).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 0);
    assert_eq!(world.number("SELECT sum(crashes) FROM fang_tasks").await, 0);
    hold.0.add_permits(3);
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_value_that_sql_can_write_into_a_row_stops_its_neighbours() {
    for set in [
        "lease = 2147483647",
        "unknown_since = 'infinity'",
        "scheduled_at = '-infinity'",
        "retries = 2147483647",
    ] {
        let world = World::new().await;
        world.queue.insert_task(&say("odd")).await.unwrap();
        world.client.batch_execute(&format!("UPDATE fang_tasks SET {set}")).await.unwrap();
        world.queue.insert_task(&say("good")).await.unwrap();
        let (sender, mut ear) = ear();
        let mut pool = pool(&world.queue, 1, sender, &hold());
        pool.start().await.unwrap();
        while heard(&mut ear).await != "good" {}
        pool.shutdown(PATIENCE).await;
    }
    let world = World::new().await;
    world.queue.insert_task(&say("odd")).await.unwrap();
    world.queue.insert_task(&say("good")).await.unwrap();
    let lost = "UPDATE fang_tasks SET state = 'in_progress', locked_by = 999, updated_at = now() - interval '1 hour';
        UPDATE fang_tasks SET crashes = 32767 WHERE metadata->>'text' = 'odd'";
    world.client.batch_execute(lost).await.unwrap();
    let (sender, mut ear) = ear();
    let mut pool = pool(&world.queue, 1, sender, &hold());
    pool.start().await.unwrap();
    while heard(&mut ear).await != "good" {}
}

#[tokio::test]
async fn a_transaction_that_commits_late_is_announced_all_the_same() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(world.queue.clone())
        .sleep_params(asleep())
        .state(sender)
        .build();
    pool.start().await.unwrap();
    world.queue.insert_task(&say("before")).await.unwrap();
    heard(&mut ear).await;
    let mut client = world.database.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    world.queue.insert_tasks_in(&transaction, vec![NewTask::asynk(&say("late")).unwrap()]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(250)).await;
    transaction.commit().await.unwrap();
    assert_eq!(heard(&mut ear).await, "late");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_lost_before_it_began_is_not_run() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let hold = hold();
    let mut pool = pool(&world.queue, 1, sender, &hold);
    pool.start().await.unwrap();
    // Short runs first, so that the pool claims ahead.
    for _ in 0..50 {
        world.queue.insert_task(&say("short")).await.unwrap();
        heard(&mut ear).await;
    }
    let ahead = (0..30).map(|_| NewTask::asynk(&say("lost")).unwrap());
    world.queue.insert_tasks([holding("held")].into_iter().chain(ahead).collect()).await.unwrap();
    while heard(&mut ear).await != "held" {}
    // A short one may still be in progress, its result not saved yet; so those alone count that are lost.
    let ahead = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND metadata->>'text' = 'lost'";
    until(async || world.number(ahead).await > 1).await;
    let first = world.number("SELECT max(id) FROM fang_workers").await;
    let taken = "BEGIN; UPDATE fang_workers SET dead_at = now(); UPDATE fang_tasks SET state = 'failed', locked_by = NULL; COMMIT";
    world.client.batch_execute(taken).await.unwrap();
    world.goes_on_after(first).await;
    hold.0.add_permits(1);
    world.queue.insert_task(&say("next")).await.unwrap();
    assert_eq!(heard(&mut ear).await, "next");
    assert!(pool.shutdown(PATIENCE).await.late_results > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_that_nobody_waits_for_comes_to_its_end() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = pool(&world.queue, 1, sender, &hold());
    pool.start().await.unwrap();
    world.queue.insert(holding("held")).await.unwrap();
    heard(&mut ear).await;
    let shutdown = pool.shutdown(Duration::from_millis(500));
    assert!(tokio::time::timeout(Duration::from_millis(100), shutdown).await.is_err());
    until(async || world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL").await == 0).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE state = 'new'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_keeps_its_deadline_when_the_database_stalls() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = pool(&world.queue, 1, sender, &hold());
    pool.start().await.unwrap();
    world.queue.insert_task(&say("first")).await.unwrap();
    heard(&mut ear).await;
    world
        .client
        .batch_execute("BEGIN; LOCK TABLE fang_tasks, fang_workers IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    until(async || world.number(blocked).await >= 1).await;
    let began = Instant::now();
    pool.shutdown(Duration::from_secs(1)).await;
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

/// Locks that a finish and a removal take in different orders.
#[tokio::test(flavor = "multi_thread")]
async fn removing_all_tasks_while_they_run_never_fails_for_a_deadlock() {
    let world = World::new().await;
    let (sender, _ear) = ear();
    let mut pool = pool(&world.queue, 4, sender, &hold());
    pool.start().await.unwrap();
    for _ in 0..8 {
        let tasks = (0..2000).map(|number| NewTask::asynk(&say(&number.to_string())).unwrap());
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
        world.queue.remove_all_tasks().await.unwrap();
    }
    pool.shutdown(PATIENCE).await;
}

#[tokio::test]
async fn a_lease_that_would_kill_a_healthy_pool_is_refused() {
    let world = World::new().await;
    let (sender, _ear) = ear();
    for lease in [
        Lease { beat_every: Duration::from_secs(5), dead_after: Duration::from_secs(4), max_crashes: 3 },
        Lease::new(Duration::ZERO),
        Lease { max_crashes: 0, ..Lease::default() },
    ] {
        let mut pool = AsyncWorkerPool::builder()
            .number_of_workers(1_u32)
            .queue(world.queue.clone())
            .lease(lease)
            .state(sender.clone())
            .build();
        assert!(matches!(pool.start().await, Err(QueueError::Lease)), "{lease:?}");
    }
}
