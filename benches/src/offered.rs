//! Callers that insert at given instants, however long the inserts before take: at a rate that can be kept up, compared with a
//! lone caller, and at one that cannot.

use crate::end_to_end::EndToEnd;
use crate::offer::Offer;
use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency};
use std::time::Instant;

const CALLERS: usize = 64;

/// A rate that can be kept up, without workers.
const RATE: u64 = 5_000;
/// A rate that leaves a lone caller time for a rest between two inserts.
const LONE_RATE: u64 = 200;

/// More than two cores can insert and run, and for how long. With `--long`, as long as `--seconds` says.
const TOO_MANY: u64 = 30_000;
const SECONDS: u64 = 20;

pub(crate) async fn offered(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        inserts(bench, name, 1, LONE_RATE).await?;
        inserts(bench, name, CALLERS, RATE).await?;
    }
    if bench.round == 0 || bench.is_long {
        for name in Side::NAMES {
            beyond(bench, name).await?;
        }
    }
    Ok(())
}

/// Inserts alone, with no pool beside them. `late` is how late inserts begin: that is the fault of the pacer, or of an insert
/// before. The latency includes it.
async fn inserts(bench: &mut Bench<'_>, name: &str, callers: usize, rate: u64) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    meter.quiesce().await?;
    let offer = Offer { callers, rate, seconds: bench.seconds, long_every: 0 };
    let began = Instant::now();
    let (mut late, mut latency) = (Latency::new()?, Latency::new()?);
    for insert in offer.insert(&Side::new(name, database.uri(), 8), began).await? {
        if offer.counts(insert.number) {
            let planned = began + offer.planned(insert.number);
            late.record(insert.began.saturating_duration_since(planned));
            latency.record(insert.ended.saturating_duration_since(planned));
        }
    }
    let case = match callers {
        1 => format!("{name}, a lone caller, {rate}/s"),
        _ => format!("{name}, {callers} callers, {rate}/s"),
    };
    let figures = [
        ("inserts", latency.count() as f64),
        ("late p50 ms", late.ms(0.5)),
        ("p50 ms", latency.ms(0.5)),
        ("p99 ms", latency.ms(0.99)),
    ];
    bench.figures.add("offered", &case, figures);
    Ok(database.drop().await?)
}

/// Inserts and runs more than can be done, and waits until it is caught up.
async fn beyond(bench: &mut Bench<'_>, name: &str) -> Result<(), Error> {
    let seconds = if bench.is_long { bench.seconds } else { SECONDS };
    let offer = Offer { callers: CALLERS, rate: TOO_MANY, seconds, long_every: 0 };
    let (part, case) = ("offered beyond what can be done", format!("{name}, {TOO_MANY}/s"));
    let all = EndToEnd::measure(bench, (part, &case), (name, 10), offer).await?;
    let span = offer.planned(offer.tasks()).as_secs_f64();
    let figures = [
        ("offered", offer.tasks() as f64),
        ("run", all.started as f64),
        ("run/s meanwhile", all.at_the_end as f64 / span),
        ("caught up after s", all.caught_up.as_secs_f64()),
        ("run/s over all", all.started as f64 / (span + all.caught_up.as_secs_f64())),
        ("longest wait s", all.latency.ms(1.0) / 1e3),
    ];
    bench.figures.add(part, &case, figures);
    Ok(())
}
