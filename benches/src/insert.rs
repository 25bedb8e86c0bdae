//! Inserts one by one.

use crate::side::{Mode, Side};
use crate::{Bench, fresh};
use fang_bench_kit::Error;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(3);

pub(crate) async fn insert(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for producers in [1, 8] {
            let (database, meter) = fresh().await?;
            meter.quiesce().await?;
            let before = meter.read_alone().await?;
            let inserted = for_a_while(&Side::new(name, database.uri(), 8), producers).await?;
            let cost = meter.read_alone().await? - before;
            let part = format!("insert one by one, {name}");
            let case = format!("{producers} producer{}", if producers == 1 { "" } else { "s" });
            bench.figures.add(&part, &case, [("tasks/s", inserted / SPAN.as_secs_f64())]);
            bench.figures.add(&part, &case, cost.per_task(inserted));
            database.drop().await?;
        }
    }
    Ok(())
}

/// Each producer inserts, waits for the answer, inserts. Returns how many tasks that made.
async fn for_a_while(side: &Side, producers: u64) -> Result<f64, Error> {
    let end = Instant::now() + SPAN;
    let mut running = Vec::new();
    for _ in 0..producers {
        let side = side.clone();
        // On a thread of its own, since half of them block.
        let runtime = tokio::runtime::Handle::current();
        running.push(tokio::task::spawn_blocking(move || match &side.queue {
            Mode::Async(_) => runtime.block_on(tokio::spawn(async move { produce(&side, end).await }))?,
            Mode::Blocking(_) => runtime.block_on(produce(&side, end)),
        }));
    }
    let mut inserted = 0;
    for producer in running {
        inserted += producer.await??;
    }
    Ok(inserted as f64)
}

async fn produce(side: &Side, end: Instant) -> Result<u64, Error> {
    let mut inserted = 0;
    while Instant::now() < end {
        side.insert(inserted).await?;
        inserted += 1;
    }
    Ok(inserted)
}
