//! The rates with a very large backlog of waiting tasks.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Tally, resident_mb};
use std::time::{Duration, Instant};

/// The number of tasks in one bulk insert.
const REFILL: u64 = 100_000;

pub(crate) async fn backlog(bench: &mut Bench<'_>) -> Result<(), Error> {
    let tasks: u64 = if bench.is_long { 10_000_000 } else { 500_000 };
    let (database, meter) = fresh().await?;
    let side = Side::new("async", database.uri(), 4);
    let began = Instant::now();
    for first in (0..tasks).step_by(usize::try_from(REFILL)?) {
        side.fill(first..first + REFILL).await?;
    }
    let filled = began.elapsed();
    let sizes = "SELECT pg_table_size('fang_tasks')::float8, pg_indexes_size('fang_tasks')::float8";
    let row = meter.client().query_one(sizes, &[]).await?;
    let per_row = |column: usize| row.get::<_, f64>(column) / tasks as f64;
    let tally = Tally::new(usize::try_from(tasks)?);
    let began = Instant::now();
    let pool = side.start(10).await?;
    tally.all_ran(Duration::from_secs(3600)).await;
    pool.stop().await;
    let drained = began.elapsed();
    bench.figures.add(
        "backlog",
        &format!("{tasks} tasks, 10 workers"),
        [
            ("filled/s", tasks as f64 / filled.as_secs_f64()),
            ("drained/s", tasks as f64 / drained.as_secs_f64()),
            ("table B/task", per_row(0)),
            ("indexes B/task", per_row(1)),
            ("resident MB", resident_mb()),
        ],
    );
    if tally.missing() + tally.doubled() > 0 {
        let note = format!("{} lost, {} doubled", tally.missing(), tally.doubled());
        bench.figures.note("backlog", &format!("{tasks} tasks, 10 workers"), note);
    }
    Ok(database.drop().await?)
}
