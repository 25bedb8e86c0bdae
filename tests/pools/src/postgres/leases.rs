//! Leases: workers that fall silent, that are declared dead, and that only seem silent.

use crate::seam::{
    HOUR, Mode, PATIENCE, QUICK, Rival, World, collect_logs, holding, logged_with, next_event, say, until,
};
use fang_engine::Event;
use futures_util::future::try_join_all;

crate::each_mode! {
    the_tasks_of_a_worker_that_fell_silent_run_elsewhere,
    a_task_whose_process_died_too_often_is_told_counted_and_logged,
    the_third_crowded_claim_waits_for_an_advisory_lock,
    a_pool_that_was_declared_dead_drops_its_results_and_gets_a_new_worker_id,
    a_pool_that_stops_retires_its_worker_id,
    the_tasks_of_a_worker_whose_row_vanished_run_elsewhere,
    a_task_whose_result_the_server_lost_in_a_crash_runs_again,
    a_quiet_pool_gives_back_claims_that_it_does_not_know_of,
    a_pool_starts_although_the_sequence_of_worker_ids_is_behind_the_rows,
}

crate::one_mode! {
    only_asynk, Asynk,
    tasks_that_block_every_thread_do_not_make_the_pool_look_dead,
}

crate::one_mode! {
    only_blocking, Blocking,
    tasks_that_compute_on_every_thread_do_not_make_the_pool_look_dead,
}

async fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere(mode: Mode) {
    let world = World::postgres(mode).await;
    let task = world.queue.insert_task(&say("orphan")).await.unwrap();
    let id = task.id;
    let dead = Rival::new(&world.queue).await;
    assert_eq!(dead.claim(1, false).await.len(), 1);

    let (pool, events) = world.pool(1).lease(QUICK).tells();
    let pool = pool.start().await;
    assert_eq!(world.heard().await, "orphan");
    world.gone(&task).await;
    let died = |event| matches!(event, Event::WorkersDied { workers: 1 });
    until(async || events.try_recv().is_ok_and(died)).await;
    let rescued =
        |event: Event| matches!(&event, Event::Rescued { task } if task.id == id && task.attempt == 1);
    until(async || events.try_recv().is_ok_and(rescued)).await;
    assert_eq!((pool.stats().workers_died, pool.stats().rescued), (1, 1));
    assert!(!dead.is_alive(QUICK.dead_after).await);
}

/// A second one was cancelled meanwhile.
async fn a_task_whose_process_died_too_often_is_told_counted_and_logged(mode: Mode) {
    collect_logs();
    let world = World::postgres(mode).await;
    let [poison, unwanted] = [say("poison"), say("unwanted")].map(|task| world.new_task(&task));
    let poison = world.queue.insert(poison).await.unwrap().id;
    let unwanted = world.queue.insert(unwanted).await.unwrap().id;
    let lost = "UPDATE fang_tasks SET state = 'in_progress', crashes = -2, locked_by = 999, updated_at = now() - interval '1 hour'";
    world.run(lost).await;
    world.run(&format!("INSERT INTO fang_cancellations (task_id) VALUES ('{unwanted}')")).await;
    let (pool, events) = world.pool(1).lease(QUICK).tells();
    let pool = pool.start().await;
    let (mut failed, mut cancelled) = (None, None);
    while failed.is_none() || cancelled.is_none() {
        match next_event(&events).await {
            Event::Failed { task, error, .. } => failed = Some((task.id, error.to_string())),
            Event::Cancelled { task, .. } => cancelled = Some(task.id),
            _ => {}
        }
    }
    assert_eq!(failed, Some((poison, "the process that ran it died 3 times".to_owned())));
    assert_eq!(cancelled, Some(unwanted));
    let stats = pool.stats();
    assert_eq!((stats.rescued, stats.failed, stats.cancelled), (2, 1, 1));
    let line = [
        "ERROR",
        &poison.to_string(),
        "(Say, task type",
        "failed for good in attempt 1: the process that ran it died 3 times",
    ];
    assert_eq!(logged_with(&line), 1);
    assert_eq!(logged_with(&["INFO", &unwanted.to_string(), "was cancelled"]), 1);
}

/// With more claimers at the same time, each would spend its time on rows that the others have just locked.
async fn the_third_crowded_claim_waits_for_an_advisory_lock(mode: Mode) {
    let world = World::postgres(mode).await;
    world.queue.insert_tasks(vec![world.new_task(&say("one")); 2]).await.unwrap();
    let others = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('fang common', slot)) FROM generate_series(0, 1) slot";
    world.run(others).await;
    let (waits, does_not) = (Rival::new(&world.queue).await, Rival::new(&world.queue).await);
    let waits = tokio::spawn(async move { waits.claim(1, true).await.len() });

    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    world.until_number(waiting, 1).await;
    assert_eq!(does_not.claim(1, false).await.len(), 1, "a claim that is not crowded does not wait");
    world.run("COMMIT").await;
    assert_eq!(waits.await.unwrap(), 1);
}

async fn a_pool_that_was_declared_dead_drops_its_results_and_gets_a_new_worker_id(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    let task = world.queue.insert_task(&holding("held")).await.unwrap();
    world.heard().await;

    let first = world.number("SELECT max(id) FROM fang_workers").await;
    world.run("UPDATE fang_workers SET dead_at = now()").await;
    world.goes_on_after(first).await;
    // Another worker has the task by now, so the result of the first run must not count.
    world.run("UPDATE fang_tasks SET state = 'failed', lease = lease + 1, locked_by = NULL").await;
    world.stage.open(1);
    world.queue.insert_task(&say("afterwards")).await.unwrap();
    assert_eq!(world.heard().await, "afterwards");
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!(report.late_results, 1);
    assert!(world.queue.find_task_by_id(task.id).await.unwrap().is_some());
}

async fn tasks_that_block_every_thread_do_not_make_the_pool_look_dead(mode: Mode) {
    let world = World::postgres(mode).await;
    let _pool = world.pool(1).lease(QUICK).start().await;
    let beats = "SELECT (extract(epoch FROM max(beat_at)) * 1000)::bigint FROM fang_workers";
    let before = world.number(beats).await;
    // All threads of this runtime are blocked for longer than a lease.
    let blocked = [(); 2].map(|()| tokio::spawn(async { std::thread::sleep(QUICK.dead_after * 3) }));
    std::thread::sleep(QUICK.dead_after * 3);
    try_join_all(blocked).await.unwrap();
    let missed = world.number(beats).await - before;
    assert!(missed >= 2000, "the heart should go on beating: {missed} ms");
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 0);
    world.queue.insert_task(&say("alive")).await.unwrap();
    assert_eq!(world.heard().await, "alive");
}

async fn tasks_that_compute_on_every_thread_do_not_make_the_pool_look_dead(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    world.queue.insert_task(&holding("held")).await.unwrap();
    world.heard().await;
    // The only worker is busy for longer than a lease, while another worker may declare it dead.
    let watcher = Rival::new(&world.queue).await;
    tokio::time::sleep(QUICK.dead_after * 3).await;
    watcher.is_alive(QUICK.dead_after).await;
    assert_eq!(watcher.rescue(QUICK.dead_after).await, 0);
    world.stage.open(1);
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

async fn a_pool_that_stops_retires_its_worker_id(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 1);
    // Its connections are closed too.
    let left =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%beat_at%'
        AND pid <> pg_backend_pid()";
    drop(pool);
    world.until_number(left, 0).await;
}

/// The rows of the table of workers were deleted.
async fn the_tasks_of_a_worker_whose_row_vanished_run_elsewhere(mode: Mode) {
    let world = World::postgres(mode).await;
    world.queue.insert_task(&say("orphan")).await.unwrap();
    assert_eq!(Rival::new(&world.queue).await.claim(1, false).await.len(), 1);
    world.run("DELETE FROM fang_workers").await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    assert_eq!(world.heard().await, "orphan");
    pool.shutdown(PATIENCE).await;
}

/// A server that does not wait for its disk may lose the result of a task when it crashes. The row of the task then
/// says that the pool still runs it. In this test no claim fails, so the pool learns of the crash only by its
/// heart.
async fn a_task_whose_result_the_server_lost_in_a_crash_runs_again(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    let later = world.new_task(&say("forgotten")).delay(HOUR);
    world.queue.insert(later).await.unwrap();
    let forget = "UPDATE fang_tasks SET state = 'in_progress', lease = lease + 1, scheduled_at = now(),
        locked_by = (SELECT max(id) FROM fang_workers)";
    world.run(forget).await;
    let kill_the_heart = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%beat_at%'";
    until(async || world.number(kill_the_heart).await > 0).await;
    assert_eq!(world.heard().await, "forgotten");
    pool.shutdown(PATIENCE).await;
}

/// As after a restore, or on a server that was a logical replica.
async fn a_pool_starts_although_the_sequence_of_worker_ids_is_behind_the_rows(mode: Mode) {
    let world = World::postgres(mode).await;
    let rows = "INSERT INTO fang_workers (id, info) OVERRIDING SYSTEM VALUE
        SELECT id, '{}' FROM generate_series(1, 3) id";
    world.run(rows).await;
    let mut pools = [world.pool(1).start().await, world.pool(1).start().await];
    assert_eq!(world.number("SELECT max(id) FROM fang_workers").await, 5);
    for pool in &mut pools {
        pool.shutdown(PATIENCE).await;
    }
    // There is room before this row, but an earlier worker may have had such an id.
    world.run("INSERT INTO fang_workers (id, info) OVERRIDING SYSTEM VALUE VALUES (50, '{}')").await;
    let mut pool = world.pool(1).start().await;
    let alive = "SELECT sum(id)::bigint FROM fang_workers WHERE dead_at IS NULL AND id > 3";
    assert_eq!(world.number(alive).await, 50 + 51);
    pool.shutdown(PATIENCE).await;
}

/// As if the answer of the last claim had been lost. A lost connection makes the pool look for such claims.
async fn a_quiet_pool_gives_back_claims_that_it_does_not_know_of(mode: Mode) {
    let world = World::postgres(mode).await;
    let pool = world.pool(1).start().await;
    pool.quiet();
    world.queue.insert_task(&say("claimed")).await.unwrap();
    world.run("UPDATE fang_tasks SET state = 'in_progress', locked_by = (SELECT max(id) FROM fang_workers), lease = 1").await;
    world
        .run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    world.until_number("SELECT count(*) FROM fang_tasks WHERE state = 'new'", 1).await;
}
