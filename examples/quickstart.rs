//! fang in one file: three kinds of tasks, a pool that runs them, and tasks that fail and are retried.
//!
//! ```text
//! cargo run --example quickstart                                   # in memory: needs no server
//! DATABASE_URL=postgres://... cargo run --example quickstart       # in Postgres, schema fang_quickstart
//! ```

use fang::{
    AsyncBackend, AsyncQueue, AsyncQueueable, AsyncWorkerPool, FangError, MemoryQueue, NewTask, NoTls, Run,
    State,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A task is a function. Its arguments are saved when it is inserted, and restored when it runs.
#[fang::task]
async fn resize_picture(picture: u64, tally: State<Tally>) {
    // The real work would be here. A waiting task takes no thread, so a pool may have hundreds of workers.
    tokio::time::sleep(Duration::from_millis(50 + picture % 100)).await;
    tally.finished.fetch_add(1, Relaxed);
}

/// Calls a server that is busy the first time. A task that returns `Err` is retried, by default after 1, 2, 4, 8 seconds
/// and so on.
#[fang::task(backoff = "constant(1s)", priority = "high")]
async fn charge_card(order: u64, run: &Run, tally: State<Tally>) -> Result<(), String> {
    if run.attempt() == 1 {
        tally.retried.fetch_add(1, Relaxed);
        return Err(format!("order {order}: the bank is busy"));
    }
    tally.finished.fetch_add(1, Relaxed);
    Ok(())
}

/// How often a fax is read again. The default of a task is 20.
const FAX_RETRIES: i32 = 1;

/// A task that always fails. After its second run it is failed for good. Its row stays, with the error message.
#[fang::task(max_retries = FAX_RETRIES, priority = "low")]
async fn read_fax(page: u64, run: &Run, tally: State<Tally>) -> Result<(), String> {
    let is_last = run.attempt() > FAX_RETRIES.unsigned_abs();
    let count = if is_last { &tally.failed } else { &tally.retried };
    count.fetch_add(1, Relaxed);
    Err(format!("page {page} cannot be read"))
}

/// The counters of the tasks. The pool gives such application state to every run.
#[derive(Default)]
struct Tally {
    finished: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    fn done(&self) -> u64 {
        self.finished.load(Relaxed) + self.failed.load(Relaxed)
    }
}

#[tokio::main]
async fn main() -> Result<(), FangError> {
    // Shows tasks that fail for good. With RUST_LOG=warn, it also shows runs that fail and are tried again.
    env_logger::init();
    let Ok(uri) = std::env::var("DATABASE_URL") else {
        println!("Tasks are kept in memory. With DATABASE_URL set, they would be in Postgres.");
        return run(MemoryQueue::new()).await;
    };
    println!("Tasks are kept in Postgres, in the schema fang_quickstart.");
    let mut queue = AsyncQueue::builder().uri(uri).schema("fang_quickstart").build();
    queue.connect(NoTls).await?;
    queue.migrate().await?;
    // Removes the tasks of an earlier, interrupted run. A real application would keep them.
    queue.remove_all_tasks().await?;
    run(queue).await
}

/// Inserts and runs the tasks. The code is the same for every kind of queue.
async fn run<Q: AsyncBackend>(queue: Q) -> Result<(), FangError> {
    let tasks = tasks();
    let total = tasks.len() as u64;
    queue.insert_tasks(tasks).await?;

    let started = Instant::now();
    let tally = Arc::new(Tally::default());
    let mut pool = AsyncWorkerPool::builder().number_of_workers(10).queue(queue).state(tally.clone()).build();
    pool.start().await?;
    tokio::select! {
        () = watch(&tally, total) => {}
        _ = tokio::signal::ctrl_c() => println!("Stopping: running tasks may end, the others are not begun."),
    }
    pool.shutdown(Duration::from_secs(5)).await;

    let (done, seconds) = (tally.done(), started.elapsed().as_secs_f64());
    let [finished, retried, failed] =
        [&tally.finished, &tally.retried, &tally.failed].map(|n| n.load(Relaxed));
    println!("{done} of {total} tasks in {seconds:.1} s ({:.0} tasks/s):", done as f64 / seconds);
    println!("{finished} finished, {failed} failed for good; {retried} runs failed and were tried again.");
    Ok(())
}

fn tasks() -> Vec<NewTask> {
    let mut tasks: Vec<_> = (0..400).map(resize_picture).collect();
    // Due in 1 to 4 seconds. Their priority puts them before the pictures that wait then.
    tasks.extend((0..40).map(|order| charge_card(order).delay(Duration::from_secs(1 + order % 4))));
    tasks.extend((0..10).map(read_fax));
    tasks
}

/// Shows the progress until all tasks are done: a bar, or one line a second if there is no terminal.
async fn watch(tally: &Tally, total: u64) {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} done, {msg}") {
        bar.set_style(style);
    }
    let mut printed = Instant::now();
    while tally.done() < total {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bar.set_position(tally.done());
        bar.set_message(format!("{} to try again", tally.retried.load(Relaxed)));
        if bar.is_hidden() && printed.elapsed() >= Duration::from_secs(1) {
            println!("{} of {total} done", tally.done());
            printed = Instant::now();
        }
    }
    bar.finish_and_clear();
}
