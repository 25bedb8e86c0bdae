//! How late tasks start that become due while their pool has nothing to do: delayed ones, retries, and ticks of crons.

use crate::side::Side;
use crate::starts::{Starts, next};
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The number of tasks with a delay that are inserted before, and the time over which they become due.
const DELAYED: u64 = 300;
const SPAN: Duration = Duration::from_secs(30);

/// The number of tasks with a delay that another process inserts, one after the other, and their longest delay.
const NOTIFIED: u64 = 100;
const LONGEST: Duration = Duration::from_millis(200);

/// The number of tasks that fail once and are retried after this time.
const RETRIED: u64 = 100;
const BACKOFF: Duration = Duration::from_millis(10);

/// Crons that tick every second, and the number of ticks of all of them.
const CRONS: u64 = 10;
const TICKS: u64 = 60;

/// How long to wait for a start.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) async fn due(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        let (database, _meter) = fresh().await?;
        let near = Side::new(name, database.uri(), 4);
        let far = Side::new(name, database.uri(), 1);
        let pool = near.start(10).await?;
        Tally::new(1);
        let mut starts = Tally::watch();
        let late = delayed(&far, &mut starts).await?;
        add(bench, &format!("{name}, delayed"), &late);
        let late = notified(&far, &mut starts).await?;
        add(bench, &format!("{name}, inserted by another process"), &late);
        let late = retried(&far, &mut starts).await?;
        add(bench, &format!("{name}, retries after 10 ms"), &late);
        let late = ticks(&near, &mut starts).await?;
        add(bench, &format!("{name}, ticks of crons"), &late);
        pool.stop().await;
        database.drop().await?;
    }
    Ok(())
}

fn add(bench: &mut Bench<'_>, case: &str, late: &Latency) {
    let figures =
        [("samples", late.count() as f64), ("late p50 ms", late.ms(0.5)), ("late p99 ms", late.ms(0.99))];
    bench.figures.add("due", case, figures);
    bench.figures.add("due", case, [("late max ms", late.ms(1.0))]);
}

/// Tasks that become due at random instants, all inserted before the first one.
async fn delayed(side: &Side, starts: &mut Starts) -> Result<Latency, Error> {
    let mut due = Vec::new();
    for number in 0..DELAYED {
        let delay = Duration::from_secs(2) + SPAN.mul_f64(fraction(number));
        due.push(side.insert_later(number, delay).await?);
    }
    let mut late = Latency::new()?;
    for _ in 0..DELAYED {
        let (number, started) = next(starts, PATIENCE).await?;
        late.record(started.saturating_duration_since(due[number as usize]));
    }
    Ok(late)
}

/// Tasks that are inserted while the pool sleeps and become due before its next poll.
async fn notified(side: &Side, starts: &mut Starts) -> Result<Latency, Error> {
    let mut late = Latency::new()?;
    for number in 0..NOTIFIED {
        let due = side.insert_later(number, LONGEST.mul_f64(fraction(number))).await?;
        let (_, started) = next(starts, PATIENCE).await?;
        late.record(started.saturating_duration_since(due));
    }
    Ok(late)
}

/// How long after their backoff tasks run again.
async fn retried(side: &Side, starts: &mut Starts) -> Result<Latency, Error> {
    let mut late = Latency::new()?;
    for number in 0..RETRIED {
        side.insert_failing(number, BACKOFF).await?;
        let (_, failed) = next(starts, PATIENCE).await?;
        let (_, again) = next(starts, PATIENCE).await?;
        late.record((again - failed).saturating_sub(BACKOFF));
    }
    Ok(late)
}

/// Every tick is due at a full second.
async fn ticks(side: &Side, starts: &mut Starts) -> Result<Latency, Error> {
    for number in 0..CRONS {
        side.schedule_every_second(number).await?;
    }
    let mut late = Latency::new()?;
    for _ in 0..TICKS {
        let (_, started) = next(starts, PATIENCE).await?;
        let since_epoch = (SystemTime::now() - started.elapsed()).duration_since(UNIX_EPOCH)?;
        late.record(Duration::from_nanos(since_epoch.subsec_nanos().into()));
    }
    Ok(late)
}

/// A fraction of 1 for each number, the same in each round.
fn fraction(number: u64) -> f64 {
    (number as f64 * 0.618_033_988_749_895).fract()
}
