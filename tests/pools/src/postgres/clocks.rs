//! Processes whose clocks are an hour off: this test program starts itself again.

use crate::seam::{Child, Mode, PATIENCE, Run, World, both, told_to_end};
use fang_asynk::Lease;
use fang_core::{FangError, FangTaskState, RetentionMode};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::process::ChildStdout;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

crate::each_mode! {
    clocks_an_hour_off_make_nothing_early_or_late_and_nobody_dead,
}

/// Much less than the clocks are off, and less than the longest task takes.
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

/// How many seconds the clock of a process is off, once it is at work.
fn off_by(output: &mut BufReader<ChildStdout>) -> i64 {
    let mut lines = output.lines().map(Result::unwrap);
    lines.find_map(|line| line.strip_prefix("clock ")?.parse::<i64>().ok()).unwrap() - clock()
}

/// Works until its parent closes its input.
pub async fn works(mode: Mode, uri: &str) {
    let mut pool = World::at(mode, uri).pool(10).lease(QUICK).keeps(RetentionMode::KeepAll).start().await;
    println!(
        "
clock {}",
        clock()
    );
    told_to_end().await;
    pool.shutdown(PATIENCE).await;
}

/// Inserts, and then waits for the same.
pub async fn produces(mode: Mode, uri: &str) {
    let queue = mode.queue(uri);
    for delay in DELAYS.map(Duration::from_millis) {
        for millis in [0, 2500] {
            queue.insert(mode.new_task(&Nap { millis }).delay(delay)).await.unwrap();
        }
    }
    println!(
        "
clock {}",
        clock()
    );
    told_to_end().await;
}

/// The longest nap and its second attempt begin right after the last delay, and a second apart.
const LATE: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at > scheduled_at + (metadata->>'millis')::int * interval '1 ms' + interval '20 s'";
/// The last attempt is due after the first: a delay, a nap and a backoff after the insert.
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
        assert!((off_by(output) - hour).abs() < 60, "libfaketime does its work");
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
