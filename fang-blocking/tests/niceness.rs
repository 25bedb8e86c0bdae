//! The nice value of the threads of a pool.
#![cfg(target_os = "linux")]
// Tests report by panics.
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

/// Sends the nice value of its thread to the test.
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

fn niceness_applies_to_tasks_and_to_no_other_thread(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, 7), (niceness_of_the_process() + 7).min(19));
}

fn tasks_have_the_nice_value_of_the_process_by_default(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, 0), niceness_of_the_process());
}

fn niceness_above_the_maximum_counts_as_the_maximum(queue: &impl Backend) {
    assert_eq!(niceness_of_a_task(queue, u8::MAX), 19);
}

/// Returns the nice value of a task in a pool with this niceness. Asserts that all other threads, including those
/// of the pool, have the nice value of the process.
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

/// The names and nice values of all threads of this process, except workers.
fn others() -> Vec<(String, i32)> {
    let threads = fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
    let named = threads.filter_map(|thread| {
        // Some threads end meanwhile. The name is read second, since a worker gets its name before its nice value.
        let niceness = niceness_of(&thread)?;
        let name = fs::read_to_string(thread.join("comm")).ok()?;
        Some((name.trim_end().to_owned(), niceness))
    });
    named.filter(|(name, _)| !name.starts_with("fang-worker")).collect()
}

fn niceness_of_the_process() -> i32 {
    niceness_of(Path::new("/proc/self")).unwrap()
}

/// Reads the 19th field of `stat`. The second field is the name, in parentheses, and may contain spaces.
fn niceness_of(thread: &Path) -> Option<i32> {
    let stat = fs::read_to_string(thread.join("stat")).ok()?;
    let (_, after_the_name) = stat.rsplit_once(')')?;
    after_the_name.split_whitespace().nth(16)?.parse().ok()
}

/// Makes a test of each function for each store.
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
    niceness_applies_to_tasks_and_to_no_other_thread,
    tasks_have_the_nice_value_of_the_process_by_default,
    niceness_above_the_maximum_counts_as_the_maximum
);

fn over_postgres(is_pooled: bool, test: impl FnOnce(&Queue)) {
    // Only the test support is async.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(TestDatabase::create()).unwrap();
    let bouncer = is_pooled.then(|| runtime.block_on(PgBouncer::start(database.uri(), 3)).unwrap());
    let uri = bouncer.as_ref().map_or(database.uri(), PgBouncer::uri);
    let queue = Queue::builder().uri(uri).max_pool_size(3_u32).pgbouncer(is_pooled).build();
    queue.migrate().unwrap();
    test(&queue);
}
