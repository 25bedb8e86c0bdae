//! Drains a backlog of no-op tasks in one process, compared with plain SQL.

use crate::side::{Pool, Side};
use crate::tasks::SMALL;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Floor, Tally};
use std::time::{Duration, Instant};

const AT_MOST: Duration = Duration::from_secs(60);

/// A backlog, and the number of workers that drain it.
#[derive(Clone, Copy)]
pub(crate) struct Drain {
    pub(crate) workers: u32,
    /// The bytes of text in each payload.
    pub(crate) bytes: usize,
    pub(crate) tasks: u64,
}

/// The bytes of text and the number of tasks of each table. Beside the first, the second shows what start and end cost.
const BACKLOGS: [(usize, u64); 4] = [(SMALL, 200_000), (SMALL, 20_000), (980, 50_000), (20_000, 5_000)];
const WORKERS: u32 = 10;

pub(crate) async fn drain(bench: &mut Bench<'_>) -> Result<(), Error> {
    for (bytes, tasks) in BACKLOGS {
        let part = part(bytes, tasks);
        for connections in [1, 4] {
            floor(bench, &part, connections, (bytes, tasks)).await?;
        }
        for name in Side::ALL_NAMES {
            let case = format!("{name}, {WORKERS} workers");
            drain_one(bench, name, (&part, &case), Drain { workers: WORKERS, bytes, tasks }).await?;
        }
    }
    Ok(())
}

async fn floor(
    bench: &mut Bench<'_>,
    part: &str,
    connections: usize,
    (bytes, tasks): (usize, u64),
) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    let floor = Floor::new(database.uri()).await?;
    Side::new("async", database.uri(), 1).fill_with(0..tasks, bytes).await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let (rows, took) = floor.drain(connections).await?;
    let cost = meter.read_alone().await? - before;
    let case = format!("floor, {connections} connection{}", if connections == 1 { "" } else { "s" });
    bench.figures.add(part, &case, [("tasks/s", rows as f64 / took.as_secs_f64())]);
    bench.figures.add(part, &case, cost.per_task(rows as f64));
    Ok(database.drop().await?)
}

/// Drains a backlog once.
pub(crate) async fn drain_one(
    bench: &mut Bench<'_>,
    name: &str,
    (part, case): (&str, &str),
    drain: Drain,
) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    Side::new(name, database.uri(), 1).fill_with(0..drain.tasks, drain.bytes).await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let tally = Tally::new(usize::try_from(drain.tasks)?);
    let took = time(Side::new(name, database.uri(), 4), tally, drain.workers).await?;
    let cost = meter.read_alone().await? - before;
    let ran = tally.distinct() as f64;
    bench.figures.add(part, case, [("tasks/s", ran / took.as_secs_f64())]);
    bench.figures.add(part, case, cost.per_task(ran));
    if tally.missing() + tally.doubled() > 0 {
        bench.figures.note(part, case, format!("{} lost, {} doubled", tally.missing(), tally.doubled()));
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

fn part(bytes: usize, tasks: u64) -> String {
    match bytes {
        SMALL => format!("drain of {tasks}"),
        bytes if bytes < 10_000 => "drain, payloads of 1 KB".to_owned(),
        _ => "drain, payloads of 20 KB".to_owned(),
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
