//! The latency of tasks that are inserted at a fixed rate, from the begin of the insert to the start of the task.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(8);
const PRODUCERS: u64 = 4;

pub(crate) async fn rate(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for rate in [1_000, 4_000] {
            at(bench, name, rate).await?;
        }
    }
    Ok(())
}

async fn at(bench: &mut Bench<'_>, name: &str, rate: u64) -> Result<(), Error> {
    let (database, _meter) = fresh().await?;
    let side = Side::new(name, database.uri(), 8);
    let tasks = rate * SPAN.as_secs();
    let tally = Tally::new(usize::try_from(tasks)?);
    let mut starts = Tally::watch();
    let pool = side.start(10).await?;
    let began = Instant::now();
    let mut running = Vec::new();
    for producer in 0..PRODUCERS {
        let (side, runtime) = (side.clone(), tokio::runtime::Handle::current());
        running.push(tokio::task::spawn_blocking(move || {
            runtime.block_on(produce(&side, producer, tasks, rate))
        }));
    }
    let mut begun = vec![began; usize::try_from(tasks)?];
    for producer in running {
        for (number, at) in producer.await?? {
            begun[usize::try_from(number)?] = at;
        }
    }
    let took = began.elapsed();
    tally.all_ran(Duration::from_secs(20)).await;
    pool.stop().await;
    let mut latency = Latency::new()?;
    while let Ok((number, started)) = starts.try_recv() {
        latency.record(started.saturating_duration_since(begun[usize::try_from(number)?]));
    }
    let case = format!("{name}, {rate} tasks/s");
    let quantiles =
        [("p50 ms", 0.5), ("p99 ms", 0.99), ("p99.9 ms", 0.999)].map(|(name, at)| (name, latency.ms(at)));
    bench.figures.add("rate", &case, [("inserted/s", tasks as f64 / took.as_secs_f64())]);
    bench.figures.add("rate", &case, quantiles);
    if tally.missing() + tally.doubled() > 0 {
        bench.figures.note("rate", &case, format!("{} lost, {} doubled", tally.missing(), tally.doubled()));
    }
    Ok(database.drop().await?)
}

/// Inserts every fourth task when it is due, or later if it is behind. Returns when each insert began.
async fn produce(side: &Side, producer: u64, tasks: u64, rate: u64) -> Result<Vec<(u64, Instant)>, Error> {
    let began = Instant::now();
    let mut begun = Vec::new();
    for number in (producer..tasks).step_by(usize::try_from(PRODUCERS)?) {
        let due = began + Duration::from_micros(number * 1_000_000 / rate);
        tokio::time::sleep_until(due.into()).await;
        begun.push((number, Instant::now()));
        side.insert(number).await?;
    }
    Ok(begun)
}
