use crate::bench::{Bench, PATIENCE};
use fang_blocking::{Backend, WorkerPool};
use fang_core::{FangError, Queueable, Runnable, typetag};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

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

pub fn a_task_yields_as_far_as_its_pool_was_told_and_nothing_else_does<Q: Backend>(bench: &Bench<Q>) {
    assert_eq!(niceness_of_a_task(bench, 7), (niceness_of_the_process() + 7).min(19));
}

pub fn a_pool_that_was_told_nothing_yields_no_more_than_its_process<Q: Backend>(bench: &Bench<Q>) {
    assert_eq!(niceness_of_a_task(bench, 0), niceness_of_the_process());
}

pub fn more_than_the_system_knows_is_the_most_it_knows<Q: Backend>(bench: &Bench<Q>) {
    assert_eq!(niceness_of_a_task(bench, u8::MAX), 19);
}

/// As a task of such a pool tells it. The other threads, with the hearts and claimers of all pools
/// among them, yield as the process does meanwhile.
fn niceness_of_a_task<Q: Backend>(bench: &Bench<Q>, niceness: u8) -> i32 {
    let (sender, told) = channel();
    let queue = bench.queue.clone();
    let builder = WorkerPool::builder().number_of_workers(2_u32).queue(queue).niceness(niceness);
    let mut pool = builder.state(Told(sender)).build();
    pool.start().unwrap();
    bench.queue.insert_task(&Tell).unwrap();
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
