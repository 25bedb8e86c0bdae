//! Faults around a pool: lost connections, stalls, deadlocks, odd rows, dropped runtimes.

use crate::seam::{Mode, PATIENCE, QUICK, World, holding, say, until};
use fang_asynk::Lease;
use fang_core::QueueError;
use fang_test_support::{Cut, Network, Proxy};
use futures_util::future::try_join_all;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

crate::each_mode! {
    a_claim_whose_answer_was_lost_is_given_back_and_runs,
    a_bulk_insert_that_is_cut_and_repeated_saves_each_task_once,
    plain_tasks_inserted_together_with_unique_ones_run_once,
    a_stall_of_the_database_is_nobodys_death,
    odd_values_in_one_row_do_not_stop_other_tasks,
    the_commit_of_a_long_transaction_sends_a_notification,
    tasks_that_were_lost_before_they_began_are_not_run,
    a_shutdown_keeps_its_deadline_when_the_database_stalls,
    removing_all_tasks_while_they_run_never_fails_for_a_deadlock,
    a_lease_that_would_kill_a_healthy_pool_is_refused,
}

crate::one_mode! {
    only_asynk, Asynk,
    the_heart_of_a_pool_ends_with_its_runtime,
    a_shutdown_completes_even_if_its_future_is_dropped,
}

async fn a_claim_whose_answer_was_lost_is_given_back_and_runs(mode: Mode) {
    let world = World::postgres(mode).await;
    let proxy = Proxy::start(world.uri()).unwrap();
    proxy.set(Network::CutAt(Cut::answers(["CUT ME"]).times(1)));
    let through = mode.queue(proxy.uri());
    let mut pool = through.pool(2, &world.stage).lease(QUICK).start().await;
    world.queue.insert_task(&say("CUT ME")).await.unwrap();
    assert_eq!(world.heard().await, "CUT ME");
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
    assert_eq!(
        world.number("SELECT count(*) FROM fang_workers").await,
        1,
        "no worker was declared dead for it"
    );
    assert_eq!(proxy.cuts(), 1);
}

/// The connection is cut once before any task is saved, and once after all are saved.
async fn a_bulk_insert_that_is_cut_and_repeated_saves_each_task_once(mode: Mode) {
    let world = World::postgres(mode).await;
    let proxy = Proxy::start(world.uri()).unwrap();
    let queue = mode.queue(proxy.uri());
    let new = |n| world.new_task(&say("many")).with_id(Uuid::from_u128(n));
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

async fn plain_tasks_inserted_together_with_unique_ones_run_once(mode: Mode) {
    const CALLERS: usize = 8;
    const CALLS: usize = 60;
    let world = World::postgres(mode).await;
    let mut pool = world.pool(4).lease(QUICK).start().await;
    let callers = (0..CALLERS).map(|caller| {
        let queue = world.queue.clone();
        tokio::spawn(async move {
            for call in 0..CALLS {
                let plain = mode.new_task(&say(&format!("plain {caller} {call}")));
                let unique = mode.new_task(&say(&format!("unique {}", call % 3))).unique().unwrap();
                assert_eq!(queue.insert_tasks(vec![plain, unique]).await.unwrap().len(), 2);
            }
        })
    });
    try_join_all(callers).await.unwrap();
    world.is_empty().await;
    pool.shutdown(PATIENCE).await;
    let mut runs: HashMap<String, usize> = HashMap::new();
    for run in world.told() {
        *runs.entry(run.name).or_default() += 1;
    }
    let plain: Vec<_> = runs.iter().filter(|(text, _)| text.starts_with("plain")).collect();
    assert_eq!(plain.len(), CALLERS * CALLS);
    assert!(plain.iter().all(|(_, runs)| **runs == 1), "some ran twice");
}

async fn the_heart_of_a_pool_ends_with_its_runtime(mode: Mode) {
    let (tell, until_told) = async_channel::bounded(1);
    let world = World::postgres(mode).await;
    let (uri, stage) = (world.uri().to_owned(), world.stage.clone());
    let other = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let queue = mode.queue(&uri);
            let _pool = queue.pool(1, &stage).lease(QUICK).start().await;
            queue.insert_task(&holding("held")).await.unwrap();
            until_told.recv().await.unwrap();
        });
    });
    assert_eq!(world.heard().await, "held");
    tell.send(()).await.unwrap();
    other.join().unwrap();
    world.until_number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL", 0).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE state = 'new'").await, 1);
}

async fn a_stall_of_the_database_is_nobodys_death(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pools = Vec::new();
    for number in 0..3 {
        let pool = world.pool(1).lease(QUICK).start().await;
        world.queue.insert_task(&holding(&number.to_string())).await.unwrap();
        world.heard().await;
        pools.push(pool);
    }
    // After a lease of regular beats, each pool may declare others dead.
    tokio::time::sleep(QUICK.dead_after * 2).await;
    let stall = "BEGIN; LOCK TABLE fang_workers IN EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT";
    world.run(stall).await;
    tokio::time::sleep(QUICK.dead_after).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 0);
    assert_eq!(world.number("SELECT sum(crashes) FROM fang_tasks").await, 0);
    world.stage.open(3);
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    }
}

async fn odd_values_in_one_row_do_not_stop_other_tasks(mode: Mode) {
    for set in [
        "lease = 2147483647",
        "unknown_since = 'infinity'",
        "scheduled_at = '-infinity'",
        "retries = 2147483647",
    ] {
        let world = World::postgres(mode).await;
        world.queue.insert_task(&say("odd")).await.unwrap();
        world.run(&format!("UPDATE fang_tasks SET {set}")).await;
        world.queue.insert_task(&say("good")).await.unwrap();
        let mut pool = world.pool(1).lease(QUICK).start().await;
        while world.heard().await != "good" {}
        pool.shutdown(PATIENCE).await;
    }
    let world = World::postgres(mode).await;
    world.queue.insert_task(&say("odd")).await.unwrap();
    world.queue.insert_task(&say("good")).await.unwrap();
    let lost = "UPDATE fang_tasks SET state = 'in_progress', locked_by = 999, updated_at = now() - interval '1 hour';
        UPDATE fang_tasks SET crashes = 32767 WHERE metadata->>'text' = 'odd'";
    world.run(lost).await;
    let _pool = world.pool(1).lease(QUICK).start().await;
    while world.heard().await != "good" {}
}

async fn the_commit_of_a_long_transaction_sends_a_notification(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(1).asleep().start().await;
    world.queue.insert_task(&say("before")).await.unwrap();
    world.heard().await;
    let mut client = world.connect().await;
    let mut transaction = client.begin().await.unwrap();
    transaction.insert_tasks(&world.queue, vec![world.new_task(&say("late"))]).await.unwrap();
    world.quiet().await;
    transaction.end(true).await.unwrap();
    assert_eq!(world.heard().await, "late");
}

async fn tasks_that_were_lost_before_they_began_are_not_run(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    // Short runs first, so that the pool claims ahead.
    for _ in 0..50 {
        world.queue.insert_task(&say("short")).await.unwrap();
        world.heard().await;
    }
    let ahead = (0..30).map(|_| world.new_task(&say("lost")));
    world
        .queue
        .insert_tasks([world.new_task(&holding("held"))].into_iter().chain(ahead).collect())
        .await
        .unwrap();
    while world.heard().await != "held" {}
    // The result of a short task may not be saved yet, so only tasks named `lost` count.
    let ahead = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND metadata->>'text' = 'lost'";
    until(async || world.number(ahead).await > 1).await;
    let first = world.number("SELECT max(id) FROM fang_workers").await;
    let taken = "BEGIN; UPDATE fang_workers SET dead_at = now(); UPDATE fang_tasks SET state = 'failed', locked_by = NULL; COMMIT";
    world.run(taken).await;
    world.goes_on_after(first).await;
    world.stage.open(1);
    world.queue.insert_task(&say("next")).await.unwrap();
    assert_eq!(world.heard().await, "next");
    assert!(pool.shutdown(PATIENCE).await.late_results > 1);
}

async fn a_shutdown_completes_even_if_its_future_is_dropped(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    world.queue.insert_task(&holding("held")).await.unwrap();
    world.heard().await;
    let shutdown = pool.shutdown(Duration::from_millis(500));
    assert!(tokio::time::timeout(Duration::from_millis(100), shutdown).await.is_err());
    world.until_number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL", 0).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE state = 'new'").await, 1);
}

async fn a_shutdown_keeps_its_deadline_when_the_database_stalls(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    world.queue.insert_task(&say("first")).await.unwrap();
    world.heard().await;
    world.run("BEGIN; LOCK TABLE fang_tasks, fang_workers IN ACCESS EXCLUSIVE MODE").await;
    let blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    until(async || world.number(blocked).await >= 1).await;
    let began = Instant::now();
    pool.shutdown(Duration::from_secs(1)).await;
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

/// A finish and a removal take row locks in different orders.
async fn removing_all_tasks_while_they_run_never_fails_for_a_deadlock(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(4).lease(QUICK).start().await;
    for _ in 0..8 {
        let tasks = (0..2000).map(|number| world.new_task(&say(&number.to_string())));
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
        world.queue.remove_all_tasks().await.unwrap();
    }
    pool.shutdown(PATIENCE).await;
}

async fn a_lease_that_would_kill_a_healthy_pool_is_refused(mode: Mode) {
    let world = World::postgres(mode).await;
    for lease in [
        Lease { beat_every: Duration::from_secs(5), dead_after: Duration::from_secs(4), max_crashes: 3 },
        Lease::new(Duration::ZERO),
        Lease { max_crashes: 0, ..Lease::default() },
    ] {
        let mut pool = world.pool(1).lease(lease).build();
        assert!(matches!(pool.start().await, Err(QueueError::Lease)), "{lease:?}");
    }
}
