//! A backlog of no-op tasks, drained by several processes at once.

use crate::fleet::Fleet;
use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::Error;
use std::time::{Duration, Instant};

/// Enough that what fifty processes do to begin, a second of both cores, is a small part of it.
const TASKS: u64 = 500_000;
const AT_MOST: Duration = Duration::from_secs(60);

pub(crate) async fn processes(bench: &mut Bench<'_>) -> Result<(), Error> {
    for processes in [1, 2, 4, 50] {
        for name in ["async", "async, writing"] {
            drain(bench, name, processes).await?;
        }
    }
    Ok(())
}

/// Processes of 10 workers each. The clock runs from the start of the pools until the table is empty.
async fn drain(bench: &mut Bench<'_>, name: &str, processes: usize) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    Side::new(name, database.uri(), 1).fill(0..TASKS).await?;
    let mut fleet = Fleet::launch(name, database.uri(), 10, processes).await?;
    meter.quiesce().await?;
    let before = meter.read().await?;
    let started = Instant::now();
    fleet.start().await?;
    fleet.all_ran(usize::try_from(TASKS)?, AT_MOST).await?;
    let is_empty = meter.wait_until("NOT EXISTS (SELECT FROM fang_tasks)", AT_MOST).await?;
    let took = started.elapsed();
    let statements = (meter.read().await? - before).statements / TASKS as f64;
    let case = format!("{name}, {processes} process{}", if processes == 1 { "" } else { "es" });
    let rate = TASKS as f64 / took.as_secs_f64();
    bench.figures.add("processes", &case, [("tasks/s", rate), ("statements/task", statements)]);
    if !is_empty {
        bench.figures.note("processes", &case, "results were not saved in time");
    }
    fleet.stop().await?;
    Ok(database.drop().await?)
}
