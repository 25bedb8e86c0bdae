//! Processes whose clocks are an hour off. This test program starts itself again as such a process.

use crate::seam::{
    Act, Child, HOUR, How, Mode, PATIENCE, Run, World, both, collect_logs, logged_with, told_to_end,
};
use fang_asynk::Lease;
use fang_core::{FangError, FangTaskState, RetentionMode, Unique};
use fang_test_support::{Cluster, TestDatabase};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

crate::each_mode! {
    clocks_an_hour_off_make_nothing_early_or_late_and_nobody_dead,
    instants_of_a_server_whose_clock_was_ahead_are_brought_back,
}

/// A lease much shorter than the error of the clocks, and shorter than the longest task.
const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1500), max_crashes: 3 };
/// The delays of the tasks of each producer, in milliseconds.
const DELAYS: [u64; 6] = [0, 0, 500, 1000, 2000, 3000];

/// Runs for a while.
#[derive(Debug, Serialize, Deserialize)]
struct Nap {
    millis: u64,
}

impl Nap {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        let nap = Duration::from_millis(self.millis);
        match run.mode() {
            Mode::Asynk => tokio::time::sleep(nap).await,
            Mode::Blocking => std::thread::sleep(nap),
        }
        if run.context().attempt() == 1 { Err(FangError::new("once more")) } else { Ok(()) }
    }
}

both! {
    Nap;

    fn backoff(&self, _attempt: u32) -> u32 {
        1
    }
}

fn clock() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// Waits until a process works. Returns by how many seconds its clock is off.
fn off_by(output: &mut BufReader<ChildStdout>) -> i64 {
    let mut lines = output.lines().map(Result::unwrap);
    lines.find_map(|line| line.strip_prefix("clock ")?.parse::<i64>().ok()).unwrap() - clock()
}

/// Runs a pool until the parent closes the standard input.
pub async fn works(mode: Mode, uri: &str) {
    let mut pool = World::at(mode, uri).pool(10).lease(QUICK).keeps(RetentionMode::KeepAll).start().await;
    println!("\nclock {}", clock());
    told_to_end().await;
    pool.shutdown(PATIENCE).await;
}

/// Inserts tasks, and then waits until the parent closes the standard input.
pub async fn produces(mode: Mode, uri: &str) {
    let queue = mode.queue(uri);
    for delay in DELAYS.map(Duration::from_millis) {
        for millis in [0, 2500] {
            queue.insert(mode.new_task(&Nap { millis }).delay(delay)).await.unwrap();
        }
    }
    println!("\nclock {}", clock());
    told_to_end().await;
}

/// The two tests of a server whose clock was ahead run one after the other: their lines in the log are the same.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// The lines of the log, by some words: each of them has to come once.
const SAID: [&[&str]; 3] = [
    &["clock of the store was ahead", "Act"],
    &["clock of the database was ahead", "leases begin"],
    &["inserted while the clock of the database was ahead", "due now"],
];

/// Counts tasks that ended late. A task has two runs with a backoff of a second between them.
const LATE: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at > scheduled_at + (metadata->>'millis')::int * interval '1 ms' + interval '20 s'";
/// Counts tasks that ran early. The second run is due after the delay, the first run and the backoff.
const EARLY: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at < scheduled_at + (metadata->>'millis')::int * interval '1 ms'
        OR scheduled_at < created_at + (metadata->>'millis')::int * interval '1 ms' + interval '1 s'";

async fn clocks_an_hour_off_make_nothing_early_or_late_and_nobody_dead(mode: Mode) {
    let world = World::postgres(mode).await;
    let roles = [("works", "+1h"), ("works", "-1h"), ("produces", "+1h"), ("produces", "-1h")];
    let start = |(role, by)| Child::new(&format!("clock that {role}"), mode, world.uri()).skewed(by).spawn();
    let mut children = roles.map(start);
    let mut outputs: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap())).collect();
    for (output, (_, by)) in outputs.iter_mut().zip(roles) {
        let hour = if by == "+1h" { 3600 } else { -3600 };
        assert!((off_by(output) - hour).abs() < 60, "libfaketime should change the clock");
    }
    world.until_in_state(FangTaskState::Finished, 2 * 2 * DELAYS.len() as u64).await;
    assert_eq!(world.number(LATE).await, 0);
    assert_eq!(world.number(EARLY).await, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE lease <> 2 OR crashes <> 0").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers").await, 2);
    for mut child in children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

async fn instants_of_a_server_whose_clock_was_ahead_are_brought_back(mode: Mode) {
    let _alone = ALONE.lock().await;
    collect_logs();
    let before = SAID.map(logged_with);
    let cluster = Cluster::create_with_clock().unwrap();
    let server = cluster.uri("postgres");
    let world = World::in_database(mode, TestDatabase::create_in(&server).await.unwrap()).await;
    world.queue.migrate().await.unwrap();
    let mut pools = [world.pool(1).lease(QUICK).start().await, world.pool(1).lease(QUICK).start().await];
    world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    assert_eq!(world.heard().await, "tick");

    cluster.set_clock("+8h").unwrap();
    let soon = clock() + 7 * 3600;
    let after = |what, table| format!("SELECT count(*) FROM {table} WHERE {what} > to_timestamp({soon})");
    for ahead in [after("last_tick", "fang_crons"), after("beat_at", "fang_meta")] {
        world.until_number(&ahead, 1).await;
    }
    // A worker that dies in this time.
    world.run("INSERT INTO fang_workers (info) VALUES ('{}')").await;
    for delay in [Duration::ZERO, HOUR] {
        let once_an_hour = Unique::key(delay.as_secs().to_string()).within(HOUR);
        let kept = world.of_type("not served", How::Succeed).delay(delay).unique_by(once_an_hour);
        world.queue.insert(kept).await.unwrap();
    }

    cluster.set_clock("+0").unwrap();
    world.until_number(&after("last_tick", "fang_crons"), 0).await;
    world.told();
    for _ in 0..2 {
        assert_eq!(world.heard().await, "tick");
    }
    world.until_number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL", 1).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL").await, 2);
    let due = "SELECT count(*) FROM fang_tasks WHERE task_type = 'not served' AND scheduled_at <= now()";
    world.until_number(due, 1).await;
    assert_eq!(
        world.number(&after("scheduled_at", "fang_tasks")).await,
        1,
        "its instant may have been named"
    );
    // The periods come back by the statement after that of the tasks.
    world.until_number(&after("until", "fang_unique"), 0).await;
    for pool in &mut pools {
        pool.shutdown(PATIENCE).await;
    }
    assert_eq!(SAID.map(logged_with), before.map(|lines| lines + 1), "two pools look, and one of them tells");
}
