//! Bulk inserts, compared with `COPY`.

use crate::side::{Mode, Side};
use crate::tasks::{SMALL, heavies, lights};
use crate::{Bench, fresh};
use fang::{AsyncQueueable, Queueable};
use fang_bench_kit::{Error, copy_floor};
use std::time::{Duration, Instant};

const TASKS: u64 = 100_000;

pub(crate) async fn bulk(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES.into_iter().chain(["COPY"]) {
        let (database, meter) = fresh().await?;
        meter.quiesce().await?;
        let before = meter.read().await?;
        let took = match name {
            "COPY" => copy_floor(meter.client(), payloads()?).await?,
            name => one_call(&Side::new(name, database.uri(), 2)).await?,
        };
        let cost = meter.read().await? - before;
        let case = if name == "COPY" { "COPY, the floor".to_owned() } else { format!("{name}, one call") };
        let rate = TASKS as f64 / took.as_secs_f64();
        bench.figures.add("bulk", &case, [("tasks/s", rate), ("WAL B/task", cost.wal_bytes / TASKS as f64)]);
        database.drop().await?;
    }
    bench.figures.add("bulk", "check of the payloads, alone", [("tasks/s", check()?)]);
    Ok(())
}

/// Tasks a second of the check that each insert makes before it sends anything.
fn check() -> Result<f64, Error> {
    let tasks = lights(0..TASKS, SMALL)?;
    let started = Instant::now();
    for task in &tasks {
        task.check(usize::MAX)?;
    }
    Ok(TASKS as f64 / started.elapsed().as_secs_f64())
}

/// Measures one bulk insert. The tasks are made and the connection is opened before the clock starts.
async fn one_call(side: &Side) -> Result<Duration, Error> {
    side.insert(0).await?;
    let tasks = match &side.queue {
        Mode::Async(_) => lights(0..TASKS, SMALL)?,
        Mode::Blocking(_) => heavies(0..TASKS, SMALL)?,
    };
    let started = Instant::now();
    match &side.queue {
        Mode::Async(queue) => drop(queue.insert_tasks(tasks).await?),
        Mode::Blocking(queue) => drop(queue.insert_tasks(tasks)?),
    }
    Ok(started.elapsed())
}

fn payloads() -> Result<Vec<String>, Error> {
    Ok(lights(0..TASKS, SMALL)?.into_iter().map(|task| task.row().metadata.to_owned()).collect())
}
