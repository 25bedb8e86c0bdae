//! How far the threads of a pool yield to others.
#![cfg(target_os = "linux")]
// A panic is how a test reports.
#![allow(clippy::unwrap_used)]

use fang_blocking::{Backend, MemoryQueue, Queue, WorkerPool};
use fang_core::{FangError, Queueable, Runnable, typetag};
use fang_test_support::{PgBouncer, TestDatabase};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Told(Sender<i32>);

/// Tells how far its thread yields.
#[derive(Serialize, Deserialize)]
struct Tell;

#[typetag::serde]
impl Runnable for Tell {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let niceness = niceness_of(Path::new("/proc/thread-self")).unwrap();
        queue.context().state::<Told>().unwrap().0.send(niceness).unwrap();
        Ok(())
    }
}

fn a_task_yields_as_far_as_its_pool_was_told_and_nothing_else_does(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, 7), (niceness_of_the_process() + 7).min(19));
}

fn a_pool_that_was_told_nothing_yields_no_more_than_its_process(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, 0), niceness_of_the_process());
}

fn more_than_the_system_knows_is_the_most_it_knows(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, u8::MAX), 19);
}

/// As a task of such a pool tells it. The other threads, with the hearts and claimers of all pools
/// among them, yield as the process does meanwhile.
fn niceness_of_a_task(queue: &impl Backend, niceness: u8) -> i32 {
    let (sender, told) = channel();
    let builder = WorkerPool::builder().number_of_workers(2_u32).queue(queue.clone()).niceness(niceness);
    let mut pool = builder.state(Told(sender)).build();
    pool.start().unwrap();
    queue.insert_task(&Tell).unwrap();
    let told = told.recv_timeout(PATIENCE).unwrap();
    let others = others();
    for part in ["fang-heart", "fang-claimer", "fang-finisher"] {
        assert!(others.iter().any(|(name, _)| name == part), "no {part} among {others:?}");
    }
    let process = niceness_of_the_process();
    assert!(others.iter().all(|(_, niceness)| *niceness == process), "{others:?}");
    told
}

/// The threads of this process that are no workers, each with its name.
fn others() -> Vec<(String, i32)> {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let named = threads.filter_map(|thread| {
        // Some end while they are looked at. Its name comes second: a worker has one before it yields.
        let niceness = niceness_of(&thread)?;
        let name = fs::read_to_string(thread.join("comm")).ok()?;
        Some((name.trim_end().to_owned(), niceness))
    });
    named.filter(|(name, _)| !name.starts_with("fang-worker")).collect()
}

fn niceness_of_the_process() -> i32 {
    niceness_of(Path::new("/proc/self")).unwrap()
}

/// The 19th field of its `stat`. The second, in parentheses, is its name, which may have spaces.
fn niceness_of(thread: &Path) -> Option<i32> {
    let stat = fs::read_to_string(thread.join("stat")).ok()?;
    let (_, after_the_name) = stat.rsplit_once(')')?;
    after_the_name.split_whitespace().nth(16)?.parse().ok()
}

/// Makes a test of each, over each store.
macro_rules! over_each_store {
    ($($name:ident),+) => {
        mod memory {
            $(#[test] fn $name() { super::$name(&super::MemoryQueue::new()); })+
        }

        mod postgres {
            $(#[test] fn $name() { super::over_postgres(false, |queue| super::$name(queue)); })+
        }

        mod pgbouncer {
            $(#[test] fn $name() { super::over_postgres(true, |queue| super::$name(queue)); })+
        }
    };
}

over_each_store!(
    a_task_yields_as_far_as_its_pool_was_told_and_nothing_else_does,
    a_pool_that_was_told_nothing_yields_no_more_than_its_process,
    more_than_the_system_knows_is_the_most_it_knows
);

fn over_postgres(is_pooled: bool, test: impl FnOnce(&Queue)) {
    // Only the support of the tests is async.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::create()).unwrap();
    let bouncer = is_pooled.then(|| runtime.block_on(PgBouncer::start(database.uri(), 3)).unwrap());
    let uri = bouncer.as_ref().map_or(database.uri(), PgBouncer::uri);
    let queue = Queue::builder().uri(uri).max_pool_size(3_u32).pgbouncer(is_pooled).build();
    queue.migrate().unwrap();
    test(&queue);
}
