use crate::world::{PATIENCE, World, asleep, ear, heard, say, until};
use fang_blocking::{Lease, Queue, WorkerPool};
use fang_core::Queueable;
use std::thread;
use std::time::Duration;

const KILL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn an_insert_by_another_process_wakes_a_pool_that_would_sleep_for_an_hour() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = asleep(&world.queue, sender);
    pool.start().unwrap();
    let elsewhere = Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).build();
    // The first may be met by the claim at the start; the second finds the pool asleep.
    for text in ["one", "two"] {
        elsewhere.insert_task(&say(text)).unwrap();
        assert_eq!(heard(&ear), text);
        // Past the window in which announcements are held back.
        thread::sleep(Duration::from_millis(150));
    }
    pool.shutdown(PATIENCE);
}

#[test]
fn what_was_inserted_while_nobody_listened_is_found_once_somebody_does_again() {
    let world = World::new();
    let (sender, ear) = ear();
    let mut pool = asleep(&world.queue, sender);
    pool.start().unwrap();
    let elsewhere = Queue::builder().uri(world.database.uri()).max_pool_size(1_u32).build();
    elsewhere.insert_task(&say("before")).unwrap();
    assert_eq!(heard(&ear), "before");
    assert!(world.number(KILL) >= 2);
    until(|| elsewhere.insert_task(&say("meanwhile")).is_ok());
    assert_eq!(heard(&ear), "meanwhile");
    pool.shutdown(PATIENCE);
}

#[test]
fn a_pool_whose_connections_were_killed_goes_on() {
    let world = World::new();
    for queue in [world.queue.clone(), Queue::builder().connection_pool(world.application_pool(4)).build()] {
        let (sender, ear) = ear();
        let mut pool = WorkerPool::builder()
            .number_of_workers(2_u32)
            .queue(queue.clone())
            .lease(Lease { beat_every: Duration::from_millis(50), ..Default::default() })
            .state(sender)
            .build();
        pool.start().unwrap();
        for round in 0..5 {
            assert!(world.number(KILL) >= 1);
            let text = round.to_string();
            until(|| queue.insert_task(&say(&text)).is_ok());
            assert_eq!(heard(&ear), text);
        }
        let report = pool.shutdown(PATIENCE);
        assert_eq!((report.still_running, report.late_results), (0, 0));
        assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
    }
}

/// A look at the socket shows it; the application is not told of it.
#[test]
fn a_connection_that_was_killed_while_nobody_used_it_is_replaced_unnoticed() {
    let world = World::new();
    for round in 0..5 {
        world.queue.insert_task(&say(&round.to_string())).unwrap();
        assert!(world.number(KILL) >= 1);
        let gone = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        until(|| world.number(gone) == 0);
        // The server forgets a connection a moment before it closes the socket.
        thread::sleep(Duration::from_millis(50));
    }
    world.queue.insert_task(&say("last")).unwrap();
}
