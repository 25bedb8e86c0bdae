//! Real processes that fire the ticks of the same crons, and are killed at it.

use crate::world::{World, say};
use chrono::TimeDelta;
use fang_blocking::{Backend, Queue, WorkerPool, block_on};
use fang_core::store::NewCron;
use fang_core::{Cron, Missed, NewTask, RetentionMode};
use fang_test_support::skew;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

const TICKS: i64 = 1_000;
const CRONS: i64 = 50;
const PROCESSES: usize = 8;
const URI: &str = "FANG_TEST_TICKER_URI";

/// Half of the processes believe that it is two minutes earlier, the others later.
fn spawn(uri: &str, n: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    skew(&mut command, if n.is_multiple_of(2) { "-2m" } else { "+2m" }).unwrap();
    command
        .args(["ticks::fire_ticks_as_one_of_several_processes", "--exact", "--nocapture"])
        .env(URI, uri)
        .stdout(Stdio::null())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test by itself: what a process does until it is killed, or its parent ends.
#[test]
fn fire_ticks_as_one_of_several_processes() {
    let Ok(uri) = std::env::var(URI) else { return };
    let queue = Queue::builder().uri(uri).max_pool_size(1_u32).build();
    let mut pool = WorkerPool::builder()
        .number_of_workers(1_u32)
        .queue(queue)
        .retention_mode(RetentionMode::KeepAll)
        .build();
    pool.start().unwrap();
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// Each second, from now on.
fn schedule(world: &World) {
    let store = world.queue.admin().unwrap();
    let first = block_on(store.now()).unwrap() + TimeDelta::seconds(1);
    for n in 0..CRONS {
        let task = NewTask::blocking(&say(&n.to_string())).unwrap().with_id(Uuid::now_v7());
        let cron = Cron::every(Duration::from_secs(1)).missed(Missed::CatchUp(Missed::MAX_CATCH_UP));
        let cron = NewCron { name: task.cron_name(), cron, task, first };
        block_on(store.sync_cron(&cron)).unwrap();
    }
}

const DOUBLE: &str = "SELECT count(*) - count(DISTINCT (metadata, scheduled_at)) FROM fang_tasks";
const GAPS: &str = "SELECT count(*) FROM (
    SELECT count(*) AS ticks, max(scheduled_at) - min(scheduled_at) AS span FROM fang_tasks GROUP BY metadata
) AS cron WHERE (ticks - 1) * interval '1 second' <> span";

#[test]
fn each_of_a_thousand_ticks_fires_once_from_eight_processes_with_wrong_clocks_that_are_killed() {
    let world = World::new();
    schedule(&world);
    let mut children: Vec<Child> = (0..PROCESSES).map(|n| spawn(world.database.uri(), n)).collect();
    let (mut kills, begun) = (0, Instant::now());
    loop {
        let ticks = world.number("SELECT count(*) FROM fang_tasks WHERE scheduled_at <= now()");
        if ticks >= TICKS {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{ticks} ticks only");
        // One after the other, all along.
        if ticks >= TICKS / 20 * (kills + 1) {
            let victim = usize::try_from(kills).unwrap() % PROCESSES;
            children[victim].kill().unwrap();
            children[victim].wait().unwrap();
            children[victim] = spawn(world.database.uri(), victim);
            kills += 1;
        }
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(kills >= 10, "{kills} processes were killed");
    assert_eq!(world.number("SELECT count(DISTINCT metadata) FROM fang_tasks"), CRONS);
    assert_eq!((world.number(DOUBLE), world.number(GAPS)), (0, 0));
}
