//! Inserts tasks one by one, by callers that each wait for the answer before the next insert.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency};
use std::time::{Duration, Instant};

pub(crate) const CALLERS: [u64; 4] = [1, 8, 64, 512];

/// The time in which connections are opened, before inserts count.
const WARM_UP: Duration = Duration::from_millis(500);
const SPAN: Duration = Duration::from_secs(2);

pub(crate) async fn callers(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for callers in CALLERS {
            measure(bench, name, callers).await?;
        }
    }
    Ok(())
}

/// The names of the table and of its line.
pub(crate) fn place(name: &str, callers: u64) -> (String, String) {
    (format!("inserts, {name}"), format!("{callers} caller{}", if callers == 1 { "" } else { "s" }))
}

async fn measure(bench: &mut Bench<'_>, name: &str, callers: u64) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let inserts = for_a_while(Side::new(name, database.uri(), 8), callers).await?;
    let cost = meter.read_alone().await? - before;
    let saved: i64 = meter.client().query_one("SELECT count(*) FROM fang_tasks", &[]).await?.get(0);
    let (part, case) = place(name, callers);
    let latency = &inserts.latency;
    let figures = [
        ("tasks/s", latency.count() as f64 / SPAN.as_secs_f64()),
        ("p50 ms", latency.ms(0.5)),
        ("p99 ms", latency.ms(0.99)),
    ];
    bench.figures.add(&part, &case, figures);
    bench.figures.add(&part, &case, cost.per_task(inserts.all as f64));
    if u64::try_from(saved)? != inserts.all {
        bench.figures.note(&part, &case, format!("{saved} of {} tasks were saved", inserts.all));
    }
    Ok(database.drop().await?)
}

/// The inserts of some callers.
struct Inserts {
    all: u64,
    /// Of those that ended in the time that counts.
    latency: Latency,
}

async fn for_a_while(side: Side, callers: u64) -> Result<Inserts, Error> {
    let began = Instant::now() + WARM_UP;
    let running: Vec<_> = (0..callers).map(|_| side.spawn(repeat(side.clone(), began))).collect();
    let mut inserts = Inserts { all: 0, latency: Latency::new()? };
    for caller in running {
        let (all, took) = caller.await??;
        inserts.all += all;
        took.into_iter().for_each(|took| inserts.latency.record(took));
    }
    Ok(inserts)
}

/// Inserts until the end. Returns the number of inserts, and how long those took that count.
async fn repeat(side: Side, began: Instant) -> Result<(u64, Vec<Duration>), Error> {
    let (mut all, mut took) = (0, Vec::new());
    loop {
        let begin = Instant::now();
        if begin >= began + SPAN {
            return Ok((all, took));
        }
        side.insert(all).await?;
        all += 1;
        let end = Instant::now();
        if (began..began + SPAN).contains(&end) {
            took.push(end - begin);
        }
    }
}
