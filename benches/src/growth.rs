//! The size of the table and its indexes over time, while tasks are inserted and finished.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Meter, Tally};
use std::time::{Duration, Instant};

const TASKS_PER_SECOND: u64 = 5_000;
const QUARTERS: u32 = 4;

/// Runs only in the first round, since it shows a trend, not a rate.
pub(crate) async fn growth(bench: &mut Bench<'_>) -> Result<(), Error> {
    if bench.round > 0 {
        return Ok(());
    }
    let span = Duration::from_secs(if bench.is_long { 3600 } else { 100 });
    let (database, meter) = fresh().await?;
    let side = Side::new("async", database.uri(), 4);
    Tally::new(0);
    let pool = side.start(10).await?;
    let (began, mut inserted) = (Instant::now(), 0);
    for quarter in 1..=QUARTERS {
        while began.elapsed() < span * quarter / QUARTERS {
            let due = u64::try_from(began.elapsed().as_millis())? * TASKS_PER_SECOND / 1000;
            if due > inserted {
                side.fill(inserted..due).await?;
                inserted = due;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let case = format!("after {} s at {TASKS_PER_SECOND} tasks/s", (span * quarter / QUARTERS).as_secs());
        bench.figures.add("growth", &case, sizes(&meter).await?);
    }
    pool.stop().await;
    Ok(database.drop().await?)
}

async fn sizes(meter: &Meter) -> Result<[(&'static str, f64); 4], Error> {
    let sql = "SELECT pg_table_size('fang_tasks') / 1e6::float8, pg_indexes_size('fang_tasks') / 1e6::float8,
        (SELECT count(*) FROM fang_tasks)::float8,
        (SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'fang_tasks')::float8";
    let row = meter.client().query_one(sql, &[]).await?;
    let names = ["table MB", "indexes MB", "rows", "vacuums"];
    Ok(std::array::from_fn(|column| (names[column], row.get(column))))
}
