//! What goes wrong around a pool, and what must not come of it.

use crate::world::{Ear, Hold, PATIENCE, World, asleep, ear, heard, say, until};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use fang_blocking::{Lease, Queue, WorkerPool};
use fang_core::{FangError, NewTask, QueueError, Queueable};
use fang_test_support::{Cut, Network, Proxy};
use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

fn pool(queue: &Queue, workers: u32, ear: Ear, hold: &Hold) -> WorkerPool<Queue> {
    WorkerPool::builder()
        .number_of_workers(workers)
        .queue(queue.clone())
        .lease(QUICK)
        .state(ear)
        .state(hold.clone())
        .build()
}

fn holding(text: &str) -> NewTask {
    let mut task = say(text);
    task.hold = true;
    NewTask::blocking(&task).unwrap()
}

#[test]
fn a_claim_whose_answer_was_lost_is_given_back_and_runs() {
    let world = World::new();
    let proxy = Proxy::start(world.database.uri()).unwrap();
    proxy.set(Network::CutAt(Cut::answers(["CUT ME"]).times(1)));
    let through = Queue::builder().uri(proxy.uri()).build();
    let (sender, ear) = ear();
    let mut pool = pool(&through, 2, sender, &Hold::default());
    pool.start().unwrap();
    world.queue.insert_task(&say("CUT ME")).unwrap();
    assert_eq!(heard(&ear), "CUT ME");
    pool.shutdown(PATIENCE);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers"), 1, "nobody had to die for it");
    assert_eq!(proxy.cuts(), 1);
}

/// Once before anything was saved, once when everything was.
#[test]
fn a_bulk_insert_that_is_cut_and_repeated_saves_each_task_once() {
    let world = World::new();
    let proxy = Proxy::start(world.database.uri()).unwrap();
    let queue = Queue::builder().uri(proxy.uri()).max_pool_size(1_u32).build();
    let new = |n| NewTask::blocking(&say("many")).unwrap().with_id(Uuid::from_u128(n));
    let tasks: Vec<_> = (1..=1_000).map(new).collect();
    for (word, saved) in [("COPY 1000", 0), ("COMMIT", 1_000)] {
        proxy.set(Network::CutAt(Cut::answers([word]).times(1)));
        queue.insert_tasks(tasks.clone()).unwrap_err();
        assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), saved, "cut at {word}");
    }
    let told = queue.insert_tasks(tasks.clone()).unwrap();
    assert!(told.iter().zip(&tasks).all(|(told, task)| told.id == task.id() && told.is_new));
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 1_000);
}

#[test]
fn plain_tasks_beside_unique_ones_that_come_and_go_run_once() {
    const CALLERS: usize = 8;
    const CALLS: usize = 60;
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = pool(&world.queue, 4, sender, &Hold::default());
    pool.start().unwrap();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let queue = world.queue.clone();
            thread::spawn(move || {
                for call in 0..CALLS {
                    let plain = NewTask::blocking(&say(&format!("plain {caller} {call}"))).unwrap();
                    let unique =
                        NewTask::blocking(&say(&format!("unique {}", call % 3))).unwrap().unique().unwrap();
                    assert_eq!(queue.insert_tasks(vec![plain, unique]).unwrap().len(), 2);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    until(|| world.number("SELECT count(*) FROM fang_tasks") == 0);
    pool.shutdown(PATIENCE);
    let mut runs: HashMap<String, usize> = HashMap::new();
    while let Ok(text) = ear.try_recv() {
        *runs.entry(text).or_default() += 1;
    }
    let plain: Vec<_> = runs.iter().filter(|(text, _)| text.starts_with("plain")).collect();
    assert_eq!(plain.len(), CALLERS * CALLS);
    assert!(plain.iter().all(|(_, runs)| **runs == 1), "some ran twice");
}

#[test]
fn a_stall_of_the_database_is_nobodys_death() {
    let world = World::new();
    let (sender, ear) = ear();
    let hold = Hold::default();
    let mut pools = Vec::new();
    for number in 0..3 {
        let mut pool = pool(&world.queue, 1, sender.clone(), &hold);
        pool.start().unwrap();
        world.queue.insert(holding(&number.to_string())).unwrap();
        heard(&ear);
        pools.push(pool);
    }
    // Until each has been well for a lease, so that it might declare others dead.
    thread::sleep(QUICK.dead_after * 2);
    let stall = "BEGIN; LOCK TABLE fang_workers IN EXCLUSIVE MODE; SELECT pg_sleep(2); COMMIT";
    world.run(stall);
    thread::sleep(QUICK.dead_after);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL"), 0);
    assert_eq!(world.number("SELECT sum(crashes) FROM fang_tasks"), 0);
    hold.release(3);
    for mut pool in pools {
        assert_eq!(pool.shutdown(PATIENCE).late_results, 0);
    }
}

#[test]
fn no_value_that_sql_can_write_into_a_row_stops_its_neighbours() {
    for set in [
        "lease = 2147483647",
        "unknown_since = 'infinity'",
        "scheduled_at = '-infinity'",
        "retries = 2147483647",
    ] {
        let world = World::new();
        world.queue.insert_task(&say("odd")).unwrap();
        world.run(&format!("UPDATE fang_tasks SET {set}"));
        world.queue.insert_task(&say("good")).unwrap();
        let (sender, ear) = ear();
        let mut pool = pool(&world.queue, 1, sender, &Hold::default());
        pool.start().unwrap();
        while heard(&ear) != "good" {}
        pool.shutdown(PATIENCE);
    }
    let world = World::new();
    world.queue.insert_task(&say("odd")).unwrap();
    world.queue.insert_task(&say("good")).unwrap();
    let lost = "UPDATE fang_tasks SET state = 'in_progress', locked_by = 999, updated_at = now() - interval '1 hour';
        UPDATE fang_tasks SET crashes = 32767 WHERE metadata->>'text' = 'odd'";
    world.run(lost);
    let (sender, ear) = ear();
    let mut pool = pool(&world.queue, 1, sender, &Hold::default());
    pool.start().unwrap();
    while heard(&ear) != "good" {}
}

#[test]
fn a_transaction_that_commits_late_is_announced_all_the_same() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = asleep(&world.queue, sender);
    pool.start().unwrap();
    world.queue.insert_task(&say("before")).unwrap();
    heard(&ear);
    let late = vec![NewTask::blocking(&say("late")).unwrap()];
    let inserted: Result<(), FangError> = world.client.borrow_mut().transaction(|connection| {
        world.queue.insert_tasks_in(connection, late)?;
        thread::sleep(Duration::from_millis(250));
        Ok(())
    });
    inserted.unwrap();
    assert_eq!(heard(&ear), "late");
    pool.shutdown(PATIENCE);
}

#[test]
fn what_was_lost_before_it_began_is_not_run() {
    let world = World::new();
    let (sender, ear) = ear();
    let hold = Hold::default();
    let mut pool = pool(&world.queue, 1, sender, &hold);
    pool.start().unwrap();
    // Short runs first, so that the pool claims ahead.
    for _ in 0..50 {
        world.queue.insert_task(&say("short")).unwrap();
        heard(&ear);
    }
    let ahead = (0..30).map(|_| NewTask::blocking(&say("lost")).unwrap());
    world.queue.insert_tasks([holding("held")].into_iter().chain(ahead).collect()).unwrap();
    while heard(&ear) != "held" {}
    // A short one may still be in progress, its result not saved yet; so those alone count that are lost.
    let ahead = "SELECT count(*) FROM fang_tasks WHERE state = 'in_progress' AND metadata->>'text' = 'lost'";
    until(|| world.number(ahead) > 1);
    let first = world.number("SELECT max(id) FROM fang_workers");
    let taken = "BEGIN; UPDATE fang_workers SET dead_at = now(); UPDATE fang_tasks SET state = 'failed', locked_by = NULL; COMMIT";
    world.run(taken);
    world.goes_on_after(first);
    hold.release(1);
    world.queue.insert_task(&say("next")).unwrap();
    assert_eq!(heard(&ear), "next");
    assert!(pool.shutdown(PATIENCE).late_results > 1);
}

#[test]
fn a_shutdown_keeps_its_deadline_when_the_database_stalls() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = pool(&world.queue, 1, sender, &Hold::default());
    pool.start().unwrap();
    world.queue.insert_task(&say("first")).unwrap();
    heard(&ear);
    world.run("BEGIN; LOCK TABLE fang_tasks, fang_workers IN ACCESS EXCLUSIVE MODE");
    let blocked = "DO $$ BEGIN ASSERT EXISTS (SELECT FROM pg_locks WHERE NOT granted); END $$";
    let mut watcher = PgConnection::establish(world.database.uri()).unwrap();
    until(|| watcher.batch_execute(blocked).is_ok());
    let began = Instant::now();
    pool.shutdown(Duration::from_secs(1));
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
}

/// Locks that a finish and a removal take in different orders.
#[test]
fn removing_all_tasks_while_they_run_never_fails_for_a_deadlock() {
    let world = World::new();
    let (sender, _ear) = ear();
    let mut pool = pool(&world.queue, 4, sender, &Hold::default());
    pool.start().unwrap();
    for _ in 0..8 {
        let tasks = (0..2000).map(|number| NewTask::blocking(&say(&number.to_string())).unwrap());
        world.queue.insert_tasks(tasks.collect()).unwrap();
        world.queue.remove_all_tasks().unwrap();
    }
    pool.shutdown(PATIENCE);
}

#[test]
fn a_lease_that_would_kill_a_healthy_pool_is_refused() {
    let world = World::new();
    let (sender, _ear) = ear();
    for lease in [
        Lease { beat_every: Duration::from_secs(5), dead_after: Duration::from_secs(4), max_crashes: 3 },
        Lease::new(Duration::ZERO),
        Lease { max_crashes: 0, ..Lease::default() },
    ] {
        let mut pool = WorkerPool::builder()
            .number_of_workers(1_u32)
            .queue(world.queue.clone())
            .lease(lease)
            .state(sender.clone())
            .build();
        assert!(matches!(pool.start(), Err(QueueError::Lease)), "{lease:?}");
    }
}
