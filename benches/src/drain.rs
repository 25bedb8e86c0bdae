//! A backlog of no-op tasks, drained.

use crate::meter::{Meter, Reading};
use crate::tasks::{DONE, GOAL, REACHED, nothing};
use crate::{Queue, report};
use fang::{AsyncQueueable, AsyncWorkerPool, NewTask, PayloadError};
use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

pub(crate) async fn drain(queue: &Queue, meter: &Meter) -> Result<(), Box<dyn Error>> {
    for (workers, tasks) in [(10, 20_000), (10, 100_000), (1, 20_000), (100, 100_000)] {
        let mut rates = Vec::new();
        let mut costs = String::new();
        for _ in 0..ROUNDS {
            let before = fill(queue, meter, tasks).await?;
            rates.push(tasks as f64 / empty(queue, workers).await?.as_secs_f64());
            costs = per_task(meter.read_settled().await? - before, tasks);
        }
        rates.sort_by(f64::total_cmp);
        report(
            &format!("drain of {tasks} no-op tasks, {workers} workers"),
            &format!("{:.0} tasks/s (median of {ROUNDS}), {costs}", rates[ROUNDS / 2]),
        );
    }
    if std::env::var_os("FANG_BENCH_TOP").is_some() {
        meter.top().await?.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(())
}

/// Fills the queue; returns the counters after that.
async fn fill(queue: &Queue, meter: &Meter, tasks: usize) -> Result<Reading, Box<dyn Error>> {
    let backlog = (0..tasks as u64).map(|number| NewTask::asynk(&nothing(number)));
    queue.insert_tasks(backlog.collect::<Result<Vec<_>, PayloadError>>()?).await?;
    DONE.store(0, Ordering::SeqCst);
    GOAL.store(tasks, Ordering::SeqCst);
    meter.settle().await?;
    Ok(meter.read().await?)
}

/// Starts a pool and measures until the last task has run and its result is saved.
async fn empty(queue: &Queue, workers: u32) -> Result<Duration, Box<dyn Error>> {
    let mut pool = AsyncWorkerPool::builder().number_of_workers(workers).queue(queue.clone()).build();
    let started = Instant::now();
    pool.start().await?;
    REACHED.notified().await;
    pool.shutdown(Duration::from_secs(5)).await;
    Ok(started.elapsed())
}

fn per_task(cost: Reading, tasks: usize) -> String {
    let tasks = tasks as f64;
    format!(
        "{:.3} statements, {:.3} commits and {:.0} WAL bytes a task",
        cost.statements / tasks,
        cost.commits / tasks,
        cost.wal_bytes / tasks
    )
}
