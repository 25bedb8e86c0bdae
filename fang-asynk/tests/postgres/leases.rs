use crate::world::{Hold, PATIENCE, Queue, World, ear, heard, say, until};
use fang_asynk::{AsyncBackend, AsyncWorkerPool, Lease};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::Claim;
use fang_core::{AsyncQueueable, Mode, NewTask};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

fn builder_pool(queue: &Queue, ear: crate::world::Ear, hold: &Hold) -> AsyncWorkerPool<Queue> {
    AsyncWorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .state(ear)
        .state(hold.clone())
        .build()
}

fn hold() -> Hold {
    Hold(Arc::new(Semaphore::new(0)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere() {
    let world = World::new().await;
    let task = world.queue.insert_task(&say("orphan")).await.unwrap();
    let dead = world.queue.engine().unwrap();
    let worker = dead.register("{}").await.unwrap();
    let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(dead.claim(&claim).await.unwrap().len(), 1);

    let (sender, mut ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &hold());
    pool.start().await.unwrap();
    assert_eq!(heard(&mut ear).await, "orphan");
    until(async || world.queue.find_task_by_id(task.id).await.unwrap().is_none()).await;
    assert!(!dead.heartbeat(worker, QUICK.dead_after).await.unwrap().is_alive);
}

/// With more of them, each would spend its time on what the others have just taken.
#[tokio::test(flavor = "multi_thread")]
async fn in_a_crowd_a_third_claimer_waits_for_its_turn() {
    let world = World::new().await;
    world.queue.insert_tasks(vec![NewTask::asynk(&say("one")).unwrap(); 2]).await.unwrap();
    let others = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('fang common', slot)) FROM generate_series(0, 1) slot";
    world.client.batch_execute(others).await.unwrap();
    let engine = Arc::new(world.queue.engine().unwrap());
    let claim = async |crowded| {
        let worker = engine.register("{}").await.unwrap();
        let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
        let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded };
        engine.claim(&claim).await.unwrap().len()
    };
    let release = async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        until(async || world.number(waiting).await == 1).await;
        assert_eq!(claim(false).await, 1, "whoever does not wait is not held up");
        world.client.batch_execute("COMMIT").await.unwrap();
    };
    assert_eq!(tokio::join!(claim(true), release).0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_was_declared_dead_drops_its_results_and_goes_on_as_somebody_new() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let hold = hold();
    let mut pool = builder_pool(&world.queue, sender, &hold);
    pool.start().await.unwrap();
    let mut held = say("held");
    held.hold = true;
    let task = world.queue.insert_task(&held).await.unwrap();
    heard(&mut ear).await;

    let first = world.number("SELECT max(id) FROM fang_workers").await;
    world.client.batch_execute("UPDATE fang_workers SET dead_at = now()").await.unwrap();
    world.goes_on_after(first).await;
    // Somebody else has it by now; what the first run says no longer counts.
    world
        .client
        .batch_execute("UPDATE fang_tasks SET state = 'failed', lease = lease + 1, locked_by = NULL")
        .await
        .unwrap();
    hold.0.add_permits(1);
    world.queue.insert_task(&say("afterwards")).await.unwrap();
    assert_eq!(heard(&mut ear).await, "afterwards");
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!(report.late_results, 1);
    assert!(world.queue.find_task_by_id(task.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_block_every_thread_do_not_make_the_pool_look_dead() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &hold());
    pool.start().await.unwrap();
    let beats = "SELECT (extract(epoch FROM max(beat_at)) * 1000)::bigint FROM fang_workers";
    let before = world.number(beats).await;
    // Both threads of this runtime stand still for longer than a lease.
    let blocked = tokio::spawn(async { std::thread::sleep(QUICK.dead_after * 3) });
    std::thread::sleep(QUICK.dead_after * 3);
    blocked.await.unwrap();
    let missed = world.number(beats).await - before;
    assert!(missed >= 2000, "the heart beat on: {missed} ms");
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 0);
    world.queue.insert_task(&say("alive")).await.unwrap();
    assert_eq!(heard(&mut ear).await, "alive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_that_stops_signs_off() {
    let world = World::new().await;
    let (sender, _ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &hold());
    pool.start().await.unwrap();
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL").await, 1);
    // And its connections are gone.
    let left =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%beat_at%'
        AND pid <> pg_backend_pid()";
    drop(pool);
    until(async || world.number(left).await == 0).await;
}

/// Somebody tidied up the table of workers.
#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_of_a_worker_whose_row_vanished_run_elsewhere() {
    let world = World::new().await;
    world.queue.insert_task(&say("orphan")).await.unwrap();
    let gone = world.queue.engine().unwrap();
    let worker = gone.register("{}").await.unwrap();
    let lanes = Lanes::new(Mode::Asynk).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(gone.claim(&claim).await.unwrap().len(), 1);
    world.client.batch_execute("DELETE FROM fang_workers").await.unwrap();
    let (sender, mut ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &hold());
    pool.start().await.unwrap();
    assert_eq!(heard(&mut ear).await, "orphan");
    pool.shutdown(PATIENCE).await;
}

/// A server that does not wait for its disk may forget the result of a task when it crashes; then the row says that the pool
/// still works on it. No claim has failed that would tell of the crash.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_forgot_in_a_crash_is_given_back_and_runs_again() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &hold());
    pool.start().await.unwrap();
    let later = NewTask::asynk(&say("forgotten")).unwrap().delay(Duration::from_secs(3600));
    world.queue.insert(later).await.unwrap();
    let forget = "UPDATE fang_tasks SET state = 'in_progress', lease = lease + 1, scheduled_at = now(),
        locked_by = (SELECT max(id) FROM fang_workers)";
    world.client.batch_execute(forget).await.unwrap();
    let kill_the_heart = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%beat_at%'";
    until(async || world.number(kill_the_heart).await > 0).await;
    assert_eq!(heard(&mut ear).await, "forgotten");
    pool.shutdown(PATIENCE).await;
}
