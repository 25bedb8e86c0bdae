//! The time in which an idle pool starts a task, from the begin of the insert and from its end.

use crate::side::Side;
use crate::starts::{Starts, next};
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, Instant};

/// The number of samples in each round.
const SAMPLES: u64 = 60;

pub(crate) async fn pickup(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        let (database, _meter) = fresh().await?;
        let near = Side::new(name, database.uri(), 4);
        // A second queue acts like another process, since it reaches the pool only through the server.
        let far = Side::new(name, database.uri(), 1);
        let pool = near.start(10).await?;
        Tally::new(1);
        let mut starts = Tally::watch();
        for (side, whose) in [(&near, "same process"), (&far, "another process")] {
            sample(bench, side, &format!("{name}, {whose}"), &mut starts).await?;
        }
        pool.stop().await;
        database.drop().await?;
    }
    Ok(())
}

async fn sample(bench: &mut Bench<'_>, side: &Side, case: &str, starts: &mut Starts) -> Result<(), Error> {
    let (mut insert, mut whole, mut beyond) = (Latency::new()?, Latency::new()?, Latency::new()?);
    for number in 0..SAMPLES {
        // Longer than the 100 ms in which further notifications are suppressed, and not in step with the poll.
        tokio::time::sleep(Duration::from_millis(150 + number * 7 % 50)).await;
        let began = Instant::now();
        side.insert(number).await?;
        let inserted = Instant::now();
        let (_, started) = next(starts, Duration::from_secs(5)).await?;
        insert.record(inserted - began);
        whole.record(started.saturating_duration_since(began));
        beyond.record(started.saturating_duration_since(inserted));
    }
    let named = [("insert", &insert), ("insert to start", &whole), ("beyond the insert", &beyond)];
    for (name, latency) in named {
        bench.figures.add("pickup", case, [(format!("{name} p50 ms").as_str(), latency.ms(0.5))]);
        bench.figures.add("pickup", case, [(format!("{name} p99 ms").as_str(), latency.ms(0.99))]);
    }
    Ok(())
}
