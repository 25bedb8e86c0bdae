//! Drains a backlog of no-op tasks in one process, compared with plain SQL.

use crate::side::{Pool, Side};
use crate::tasks::SMALL;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Floor, Tally};
use std::time::{Duration, Instant};

const TASKS: u64 = 100_000;
const AT_MOST: Duration = Duration::from_secs(60);

/// The number of workers, the bytes of text in a payload, and the number of tasks.
type Case = (u32, usize, u64);

const CASES: [Case; 5] =
    [(10, SMALL, TASKS), (1, SMALL, TASKS), (100, SMALL, TASKS), (10, 980, TASKS / 2), (10, 20_000, 5_000)];

pub(crate) async fn drain(bench: &mut Bench<'_>) -> Result<(), Error> {
    for (bytes, tasks) in [(SMALL, TASKS), (980, TASKS / 2), (20_000, 5_000)] {
        for connections in [1, 4] {
            floor(bench, connections, bytes, tasks).await?;
        }
    }
    for case in CASES {
        for name in Side::ALL_NAMES {
            one(bench, name, case).await?;
        }
    }
    Ok(())
}

async fn floor(bench: &mut Bench<'_>, connections: usize, bytes: usize, tasks: u64) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    let floor = Floor::new(database.uri()).await?;
    Side::new("async", database.uri(), 1).fill_with(0..tasks, bytes).await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let (rows, took) = floor.drain(connections).await?;
    let cost = meter.read_alone().await? - before;
    let case = format!("floor, {connections} connection{}", if connections == 1 { "" } else { "s" });
    bench.figures.add(part(bytes), &case, [("tasks/s", rows as f64 / took.as_secs_f64())]);
    bench.figures.add(part(bytes), &case, cost.per_task(rows as f64));
    Ok(database.drop().await?)
}

async fn one(bench: &mut Bench<'_>, name: &str, (workers, bytes, tasks): Case) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    Side::new(name, database.uri(), 1).fill_with(0..tasks, bytes).await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let tally = Tally::new(usize::try_from(tasks)?);
    let took = time(Side::new(name, database.uri(), 4), tally, workers).await?;
    let cost = meter.read_alone().await? - before;
    let case = format!("{name}, {workers} worker{}", if workers == 1 { "" } else { "s" });
    bench.figures.add(part(bytes), &case, [("tasks/s", tally.distinct() as f64 / took.as_secs_f64())]);
    bench.figures.add(part(bytes), &case, cost.per_task(tally.distinct() as f64));
    if tally.missing() + tally.doubled() > 0 {
        bench.figures.note(
            part(bytes),
            &case,
            format!("{} lost, {} doubled", tally.missing(), tally.doubled()),
        );
    }
    Ok(database.drop().await?)
}

/// Starts a pool. Returns the time until all tasks have run and their results are saved. The connections of the side
/// are closed then: the meter waits until it is alone.
async fn time(side: Side, tally: Tally, workers: u32) -> Result<Duration, Error> {
    let started = Instant::now();
    empty(side.start(workers).await?, tally).await;
    Ok(started.elapsed())
}

/// Waits until a pool has run all tasks and their results are saved.
pub(crate) async fn empty(pool: Pool, tally: Tally) {
    tally.all_ran(AT_MOST).await;
    pool.stop().await;
}

fn part(bytes: usize) -> &'static str {
    match bytes {
        SMALL => "drain",
        bytes if bytes < 10_000 => "drain, payloads of 1 KB",
        _ => "drain, payloads of 20 KB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It uses the statements of the library, whose parameters may change.
    #[tokio::test]
    async fn the_floor_removes_every_task() -> Result<(), Error> {
        let (database, _meter) = fresh().await?;
        Side::new("async", database.uri(), 1).fill(0..10).await?;
        assert_eq!(Floor::new(database.uri()).await?.drain(1).await?.0, 10);
        Ok(database.drop().await?)
    }
}
