//! Processes whose clocks are an hour off: this test program starts itself again.

use crate::world::{World, until};
use fang_asynk::{AsyncBackend, AsyncQueue, AsyncWorkerPool, Lease, NoTls};
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, FangTaskState, NewTask, RetentionMode, async_trait, typetag,
};
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
#[async_trait]
impl AsyncRunnable for Nap {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        tokio::time::sleep(Duration::from_millis(self.millis)).await;
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
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_with_a_wrong_clock() {
    let Ok(uri) = std::env::var(URI) else { return };
    let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(2_u32).build();
    queue.connect(NoTls).await.unwrap();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(10_u32)
        .queue(queue.clone())
        .lease(QUICK)
        .retention_mode(RetentionMode::KeepAll)
        .build();
    if std::env::var(ROLE).unwrap() == "produce" {
        for delay in DELAYS.map(Duration::from_millis) {
            for millis in [0, 2500] {
                queue.insert(NewTask::asynk(&Nap { millis }).unwrap().delay(delay)).await.unwrap();
            }
        }
    } else {
        pool.start().await.unwrap();
    }
    println!("\nclock {}", clock());
    let parent = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    let _ = parent.await;
    pool.shutdown(Duration::from_secs(10)).await;
}

/// The longest nap and its second attempt begin right after the last delay, and a second apart.
const LATE: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at > scheduled_at + (metadata->>'millis')::int * interval '1 ms' + interval '20 s'";
/// The last attempt is due after the first: a delay, a nap and a backoff after the insert.
const EARLY: &str = "SELECT count(*) FROM fang_tasks
    WHERE updated_at < scheduled_at + (metadata->>'millis')::int * interval '1 ms'
        OR scheduled_at < created_at + (metadata->>'millis')::int * interval '1 ms' + interval '1 s'";

#[tokio::test(flavor = "multi_thread")]
async fn clocks_an_hour_off_make_nothing_early_or_late_and_nobody_dead() {
    let world = World::new().await;
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
    let finished = async || {
        let counts = store.count().await.unwrap();
        counts.iter().any(|count| count.state == FangTaskState::Finished && count.tasks == tasks)
    };
    until(finished).await;
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
