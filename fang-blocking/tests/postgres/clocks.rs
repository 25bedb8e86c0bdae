//! Processes whose clocks are an hour off: this test program starts itself again.

use crate::world::{World, until};
use fang_blocking::{Backend, Lease, Queue, WorkerPool};
use fang_core::{FangError, FangTaskState, NewTask, Queueable, RetentionMode, Runnable, typetag};
use fang_test_support::skew;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const URI: &str = "FANG_TEST_SKEWED_URI";
const ROLE: &str = "FANG_TEST_SKEWED_ROLE";

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

#[typetag::serde]
impl Runnable for Nap {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        std::thread::sleep(Duration::from_millis(self.millis));
        if queue.context().attempt() == 1 { Err(FangError::new("once more")) } else { Ok(()) }
    }

    fn backoff(&self, _attempt: u32) -> u32 {
        1
    }
}

/// A process in this role, which first tells what its clock shows.
fn spawn(uri: &str, role: &str, by: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    skew(&mut command, by).unwrap();
    command
        .args(["clocks::work_with_a_wrong_clock", "--exact", "--nocapture"])
        .envs([(URI, uri), (ROLE, role)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn clock() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

/// How many seconds the clock of a process is off, once it is at work.
fn off_by(output: &mut BufReader<ChildStdout>) -> i64 {
    let mut lines = output.lines().map(Result::unwrap);
    lines.find_map(|line| line.strip_prefix("clock ")?.parse::<i64>().ok()).unwrap() - clock()
}

/// Not a test by itself: what such a process does until its parent closes its input.
#[test]
fn work_with_a_wrong_clock() {
    let Ok(uri) = std::env::var(URI) else { return };
    let queue = Queue::builder().uri(uri).max_pool_size(2_u32).build();
    let mut pool = WorkerPool::builder()
        .number_of_workers(10_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .retention_mode(RetentionMode::KeepAll)
        .build();
    if std::env::var(ROLE).unwrap() == "produce" {
        for delay in DELAYS.map(Duration::from_millis) {
            for millis in [0, 2500] {
                queue.insert(NewTask::blocking(&Nap { millis }).unwrap().delay(delay)).unwrap();
            }
        }
    } else {
        pool.start().unwrap();
    }
    println!("\nclock {}", clock());
    let _ = std::io::stdin().read_line(&mut String::new());
    pool.shutdown(Duration::from_secs(10));
}

/// The longest nap and its second attempt begin right after the last delay, and a second apart.
const LATE: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at > scheduled_at + (metadata->>'millis')::int * interval '1 ms' + interval '20 s'";
/// The last attempt is due after the first: a delay, a nap and a backoff after the insert.
const EARLY: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at < scheduled_at + (metadata->>'millis')::int * interval '1 ms'
        OR scheduled_at < created_at + (metadata->>'millis')::int * interval '1 ms' + interval '1 s'";

#[test]
fn clocks_an_hour_off_make_nothing_early_or_late_and_nobody_dead() {
    let world = World::new();
    let roles = [("work", "+1h"), ("work", "-1h"), ("produce", "+1h"), ("produce", "-1h")];
    let mut children: Vec<Child> =
        roles.iter().map(|(role, by)| spawn(world.database.uri(), role, by)).collect();
    let mut outputs: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap())).collect();
    for (output, (_, by)) in outputs.iter_mut().zip(roles) {
        let hour = if by == "+1h" { 3600 } else { -3600 };
        assert!((off_by(output) - hour).abs() < 60, "libfaketime does its work");
    }
    let store = world.queue.admin().unwrap();
    let tasks = 2 * 2 * DELAYS.len() as u64;
    let finished = || {
        let counts = store.count().unwrap();
        counts.iter().any(|count| count.state == FangTaskState::Finished && count.tasks == tasks)
    };
    until(finished);
    assert_eq!(world.number(LATE), 0);
    assert_eq!(world.number(EARLY), 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE lease <> 2 OR crashes <> 0"), 0);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NULL"), 2);
    assert_eq!(world.number("SELECT count(*) FROM fang_workers"), 2);
    for mut child in children {
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}
