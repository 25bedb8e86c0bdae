//! A backlog of no-op tasks, drained.

use crate::meter::Meter;
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
        for _ in 0..ROUNDS {
            rates.push(round(queue, meter, workers, tasks).await?);
        }
        rates.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (rate, costs) = &rates[ROUNDS / 2];
        report(
            &format!("drain of {tasks} no-op tasks, {workers} workers"),
            &format!("{rate:.0} tasks/s, {costs}"),
        );
    }
    if std::env::var_os("FANG_BENCH_TOP").is_some() {
        meter.top().await?.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(())
}

/// Fills the queue, starts a pool, and measures from its start until the last task has run and its
/// result is saved.
async fn round(
    queue: &Queue,
    meter: &Meter,
    workers: u32,
    tasks: usize,
) -> Result<(f64, String), Box<dyn Error>> {
    let backlog = (0..tasks as u64).map(|number| NewTask::asynk(&nothing(number)));
    queue.insert_tasks(backlog.collect::<Result<Vec<_>, PayloadError>>()?).await?;
    DONE.store(0, Ordering::SeqCst);
    GOAL.store(tasks, Ordering::SeqCst);
    meter.settle().await?;
    let before = meter.read().await?;
    let mut pool = AsyncWorkerPool::builder().number_of_workers(workers).queue(queue.clone()).build();
    let started = Instant::now();
    pool.start().await?;
    REACHED.notified().await;
    pool.shutdown(Duration::from_secs(5)).await;
    let took = started.elapsed();
    let cost = meter.read().await? - before;
    let tasks = tasks as f64;
    let costs = format!(
        "{:.3} statements, {:.3} commits and {:.0} WAL bytes a task",
        cost.statements / tasks,
        cost.commits / tasks,
        cost.wal_bytes / tasks
    );
    Ok((tasks / took.as_secs_f64(), costs))
}
