use crate::world::{Ear, Hold, PATIENCE, World, ear, heard, say, until};
use fang_blocking::{Backend, Lease, Queue, WorkerPool, block_on};
use fang_core::lanes::{Lanes, Start};
use fang_core::store::{Claim, Rescue};
use fang_core::{Mode, NewTask, Queueable};
use std::thread;
use std::time::Duration;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(50), dead_after: Duration::from_millis(400), max_crashes: 3 };

fn builder_pool(queue: &Queue, ear: Ear, hold: &Hold) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .state(ear)
        .state(hold.clone())
        .build()
}

#[test]
fn the_tasks_of_a_worker_that_fell_silent_run_elsewhere() {
    let world = World::new();
    let task = world.queue.insert_task(&say("orphan")).unwrap();
    let dead = world.queue.engine().unwrap();
    let worker = block_on(dead.register("{}")).unwrap();
    let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(block_on(dead.claim(&claim)).unwrap().len(), 1);

    let (sender, ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &Hold::default());
    pool.start().unwrap();
    assert_eq!(heard(&ear), "orphan");
    until(|| world.queue.find_task_by_id(task.id).unwrap().is_none());
    assert!(!block_on(dead.heartbeat(worker, QUICK.dead_after)).unwrap().is_alive);
}

/// With more of them, each would spend its time on what the others have just taken.
#[test]
fn in_a_crowd_a_third_claimer_waits_for_its_turn() {
    let world = World::new();
    world.queue.insert_tasks(vec![NewTask::blocking(&say("one")).unwrap(); 2]).unwrap();
    let others = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('fang common', slot)) FROM generate_series(0, 1) slot";
    world.run(others);
    let engine = world.queue.engine().unwrap();
    let claim = |crowded| {
        let worker = block_on(engine.register("{}")).unwrap();
        let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
        let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded };
        block_on(engine.claim(&claim)).unwrap().len()
    };
    thread::scope(|scope| {
        let waits = scope.spawn(|| claim(true));
        let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        until(|| world.number(waiting) == 1);
        assert_eq!(claim(false), 1, "whoever does not wait is not held up");
        world.run("COMMIT");
        assert_eq!(waits.join().unwrap(), 1);
    });
}

#[test]
fn a_pool_that_was_declared_dead_drops_its_results_and_goes_on_as_somebody_new() {
    let world = World::new();
    let (sender, ear) = ear();
    let hold = Hold::default();
    let mut pool = builder_pool(&world.queue, sender, &hold);
    pool.start().unwrap();
    let mut held = say("held");
    held.hold = true;
    let task = world.queue.insert_task(&held).unwrap();
    heard(&ear);

    let first = world.number("SELECT max(id) FROM fang_workers");
    world.run("UPDATE fang_workers SET dead_at = now()");
    world.goes_on_after(first);
    // Somebody else has it by now; what the first run says no longer counts.
    world.run("UPDATE fang_tasks SET state = 'failed', lease = lease + 1, locked_by = NULL");
    hold.release(1);
    world.queue.insert_task(&say("afterwards")).unwrap();
    assert_eq!(heard(&ear), "afterwards");
    let report = pool.shutdown(PATIENCE);
    assert_eq!(report.late_results, 1);
    assert!(world.queue.find_task_by_id(task.id).unwrap().is_some());
}

#[test]
fn tasks_that_compute_on_every_thread_do_not_make_the_pool_look_dead() {
    let world = World::new();
    let (sender, ear) = ear();
    let hold = Hold::default();
    let mut pool = builder_pool(&world.queue, sender, &hold);
    pool.start().unwrap();
    let mut held = say("held");
    held.hold = true;
    world.queue.insert_task(&held).unwrap();
    heard(&ear);
    // The only worker stands still for longer than a lease, while somebody else watches.
    let watcher = world.queue.engine().unwrap();
    let id = block_on(watcher.register("{}")).unwrap();
    thread::sleep(QUICK.dead_after * 3);
    let rescue = Rescue { by: None, lease: QUICK.dead_after, max_crashes: 3 };
    block_on(watcher.heartbeat(id, QUICK.dead_after)).unwrap();
    assert_eq!(block_on(watcher.rescue(&rescue)).unwrap().retried, 0);
    hold.release(1);
    assert_eq!(pool.shutdown(PATIENCE).late_results, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
}

#[test]
fn a_pool_that_stops_signs_off() {
    let world = World::new();
    let (sender, _ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &Hold::default());
    pool.start().unwrap();
    pool.shutdown(PATIENCE);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL"), 1);
    // And its connections are gone.
    let left =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%beat_at%'
        AND pid <> pg_backend_pid()";
    drop(pool);
    until(|| world.number(left) == 0);
}

/// Somebody tidied up the table of workers.
#[test]
fn the_tasks_of_a_worker_whose_row_vanished_run_elsewhere() {
    let world = World::new();
    world.queue.insert_task(&say("orphan")).unwrap();
    let gone = world.queue.engine().unwrap();
    let worker = block_on(gone.register("{}")).unwrap();
    let lanes = Lanes::new(Mode::Blocking).in_order(false, Start::Beginning);
    let claim = Claim { worker, task_type: "common", limit: 1, lanes: &lanes, crowded: false };
    assert_eq!(block_on(gone.claim(&claim)).unwrap().len(), 1);
    world.run("DELETE FROM fang_workers");
    let (sender, ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &Hold::default());
    pool.start().unwrap();
    assert_eq!(heard(&ear), "orphan");
    pool.shutdown(PATIENCE);
}

/// A server that does not wait for its disk may forget the result of a task when it crashes; then the row says that the pool
/// still works on it. No claim has failed that would tell of the crash.
#[test]
fn what_the_server_forgot_in_a_crash_is_given_back_and_runs_again() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = builder_pool(&world.queue, sender, &Hold::default());
    pool.start().unwrap();
    let later = NewTask::blocking(&say("forgotten")).unwrap().delay(Duration::from_secs(3600));
    world.queue.insert(later).unwrap();
    let forget = "UPDATE fang_tasks SET state = 'in_progress', lease = lease + 1, scheduled_at = now(),
        locked_by = (SELECT max(id) FROM fang_workers)";
    world.run(forget);
    let kill_the_heart = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%beat_at%'";
    until(|| world.number(kill_the_heart) > 0);
    assert_eq!(heard(&ear), "forgotten");
    pool.shutdown(PATIENCE);
}
