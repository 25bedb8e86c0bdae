//! Tasks that are inserted and run at full speed, with and without the vacuums of the pool, in turns: the rate, the slowest
//! second, and what the table grew to.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Meter, Tally};
use std::time::{Duration, Instant};

/// How many tasks wait at most, and how many are inserted in one call.
const BACKLOG: u64 = 20_000;
const REFILL: u64 = 2_000;

const SIZES: &str = "SELECT (pg_table_size('fang_tasks') + pg_indexes_size('fang_tasks')) / 1e6::float8,
    n_dead_tup::float8, (vacuum_count + autovacuum_count)::float8
    FROM pg_stat_user_tables WHERE relname = 'fang_tasks'";

pub(crate) async fn vacuum(bench: &mut Bench<'_>) -> Result<(), Error> {
    let span = Duration::from_secs(if bench.is_long { 300 } else { 35 });
    for name in Side::NAMES {
        for vacuums in [false, true] {
            let case = format!("{name}, {}", if vacuums { "vacuum" } else { "left alone" });
            let side = |uri: &str| Side { vacuums, ..Side::new(name, uri, 4) };
            bench.figures.add("vacuum", &case, at_full_speed(side, span).await?);
        }
    }
    Ok(())
}

/// The largest sizes that were seen.
#[derive(Default)]
struct Largest {
    megabytes: f64,
    dead: f64,
    vacuums: f64,
}

impl Largest {
    async fn look(&mut self, meter: &Meter) -> Result<(), Error> {
        let row = meter.client().query_one(SIZES, &[]).await?;
        self.megabytes = self.megabytes.max(row.get(0));
        self.dead = self.dead.max(row.get(1));
        self.vacuums = self.vacuums.max(row.get(2));
        Ok(())
    }
}

async fn at_full_speed(
    side: impl Fn(&str) -> Side,
    span: Duration,
) -> Result<[(&'static str, f64); 5], Error> {
    let (database, meter) = fresh().await?;
    let side = side(database.uri());
    meter.quiesce().await?;
    let (tally, mut inserted, mut largest) = (Tally::new(0), 0, Largest::default());
    let pool = side.start(64).await?;
    let began = Instant::now();
    let (mut second, mut ran_before, mut slowest) = (1, 0, u64::MAX);
    while began.elapsed() < span {
        let ran = tally.started() as u64;
        if began.elapsed() >= Duration::from_secs(second) {
            // The first two seconds begin with nothing.
            slowest = if second > 2 { slowest.min(ran - ran_before) } else { slowest };
            (second, ran_before) = (second + 1, ran);
            largest.look(&meter).await?;
        }
        if inserted - ran.min(inserted) < BACKLOG {
            side.fill(inserted..inserted + REFILL).await?;
            inserted += REFILL;
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let rate = tally.started() as f64 / began.elapsed().as_secs_f64();
    pool.stop().await;
    database.drop().await?;
    let Largest { megabytes, dead, vacuums } = largest;
    Ok([
        ("tasks/s", rate),
        ("slowest second", slowest as f64),
        ("dead rows", dead),
        ("MB", megabytes),
        ("vacuums", vacuums),
    ])
}
