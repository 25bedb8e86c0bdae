//! A backlog of no-op tasks, drained.

use crate::meter::{Meter, Reading};
use crate::tasks::{DONE, GOAL, REACHED, nothing, nothing_heavy};
use crate::{Queues, report};
use fang::{AsyncQueueable, AsyncWorkerPool, Mode, NewTask, PayloadError, WorkerPool};
use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;

/// Workers, tasks, task types.
type Case = (u32, usize, usize);

const LIGHT: [Case; 5] =
    [(10, 20_000, 1), (10, 100_000, 1), (10, 100_000, 8), (1, 20_000, 1), (100, 100_000, 1)];
const HEAVY: [Case; 4] = [(10, 20_000, 1), (10, 100_000, 1), (10, 100_000, 8), (1, 20_000, 1)];

pub(crate) async fn drain(queues: &Queues, meter: &Meter) -> Result<(), Box<dyn Error>> {
    measure(queues, meter, Mode::Asynk, &LIGHT).await
}

pub(crate) async fn drain_blocking(queues: &Queues, meter: &Meter) -> Result<(), Box<dyn Error>> {
    measure(queues, meter, Mode::Blocking, &HEAVY).await
}

async fn measure(queues: &Queues, meter: &Meter, mode: Mode, cases: &[Case]) -> Result<(), Box<dyn Error>> {
    let workers_are = if mode == Mode::Asynk { "workers" } else { "threads" };
    for (workers, tasks, types) in cases.iter().copied() {
        let of_types = if types > 1 { format!(" of {types} types") } else { String::new() };
        let mut rates = Vec::new();
        let mut costs = String::new();
        for _ in 0..ROUNDS {
            let before = fill(queues, meter, mode, tasks, types).await?;
            rates.push(tasks as f64 / empty(queues, mode, workers, types).await?.as_secs_f64());
            costs = per_task(meter.read_settled().await? - before, tasks);
        }
        rates.sort_by(f64::total_cmp);
        report(
            &format!("drain of {tasks} no-op tasks{of_types}, {workers} {workers_are}"),
            &format!("{:.0} tasks/s (median of {ROUNDS}), {costs}", rates[ROUNDS / 2]),
        );
    }
    if std::env::var_os("FANG_BENCH_TOP").is_some() {
        meter.top().await?.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(())
}

/// Fills the queue; returns the counters after that.
async fn fill(
    queues: &Queues,
    meter: &Meter,
    mode: Mode,
    tasks: usize,
    types: usize,
) -> Result<Reading, Box<dyn Error>> {
    let backlog = (0..tasks as u64).map(|number| {
        let task = match mode {
            Mode::Blocking => NewTask::blocking(&nothing_heavy(number)),
            _ => NewTask::asynk(&nothing(number)),
        };
        Ok(task?.task_type(name(number as usize % types)))
    });
    queues.light.insert_tasks(backlog.collect::<Result<Vec<_>, PayloadError>>()?).await?;
    DONE.store(0, Ordering::SeqCst);
    GOAL.store(tasks, Ordering::SeqCst);
    meter.settle().await?;
    Ok(meter.read().await?)
}

/// Starts a pool and measures until the last task has run and its result is saved.
async fn empty(queues: &Queues, mode: Mode, workers: u32, types: usize) -> Result<Duration, Box<dyn Error>> {
    let types = (0..types).map(|number| (name(number), 1));
    let started = Instant::now();
    if mode == Mode::Blocking {
        let builder = WorkerPool::builder().number_of_workers(workers);
        let mut pool = builder.queue(queues.heavy.clone()).task_types(types).build();
        pool.start()?;
        REACHED.notified().await;
        pool.shutdown(Duration::from_secs(5));
    } else {
        let builder = AsyncWorkerPool::builder().number_of_workers(workers);
        let mut pool = builder.queue(queues.light.clone()).task_types(types).build();
        pool.start().await?;
        REACHED.notified().await;
        pool.shutdown(Duration::from_secs(5)).await;
    }
    Ok(started.elapsed())
}

fn name(number: usize) -> String {
    format!("type-{number}")
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
