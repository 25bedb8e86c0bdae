//! Inserts tasks one by one.

use crate::side::{Mode, Side};
use crate::{Bench, fresh};
use fang_bench_kit::Error;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(3);

pub(crate) async fn insert(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for producers in [1, 8, 64, 512] {
            let (database, meter) = fresh().await?;
            meter.quiesce().await?;
            let before = meter.read_alone().await?;
            let mut took = for_a_while(&Side::new(name, database.uri(), 8), producers).await?;
            let inserted = took.len() as f64;
            let cost = meter.read_alone().await? - before;
            let part = format!("insert one by one, {name}");
            let case = format!("{producers} producer{}", if producers == 1 { "" } else { "s" });
            bench.figures.add(&part, &case, [("tasks/s", inserted / SPAN.as_secs_f64())]);
            took.sort_unstable();
            let at =
                |share: f64| took.get((inserted * share) as usize).map_or(0.0, Duration::as_secs_f64) * 1e3;
            bench.figures.add(&part, &case, [("p50 ms", at(0.5)), ("p99 ms", at(0.99))]);
            bench.figures.add(&part, &case, cost.per_task(inserted));
            database.drop().await?;
        }
    }
    Ok(())
}

/// Runs producers that each insert a task, wait for the answer and repeat. Returns how long each insert took.
async fn for_a_while(side: &Side, producers: u64) -> Result<Vec<Duration>, Error> {
    let end = Instant::now() + SPAN;
    let mut running = Vec::new();
    for _ in 0..producers {
        let side = side.clone();
        // Each producer has a thread, since those of the blocking mode block.
        let runtime = tokio::runtime::Handle::current();
        running.push(tokio::task::spawn_blocking(move || match &side.queue {
            Mode::Async(_) => runtime.block_on(tokio::spawn(async move { produce(&side, end).await }))?,
            Mode::Blocking(_) => runtime.block_on(produce(&side, end)),
        }));
    }
    let mut took = Vec::new();
    for producer in running {
        took.extend(producer.await??);
    }
    Ok(took)
}

async fn produce(side: &Side, end: Instant) -> Result<Vec<Duration>, Error> {
    let mut took = Vec::new();
    loop {
        let began = Instant::now();
        if began >= end {
            return Ok(took);
        }
        side.insert(took.len() as u64).await?;
        took.push(began.elapsed());
    }
}
