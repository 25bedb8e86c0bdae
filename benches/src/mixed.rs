//! Short tasks beside long ones: one in a hundred takes a second. No short one should wait for the end of a long one, while
//! workers are free.

use crate::Bench;
use crate::end_to_end::EndToEnd;
use crate::offer::Offer;
use crate::side::Side;
use fang_bench_kit::Error;

/// At this rate ten long tasks run at any time, so half of the workers are free.
const RATE: u64 = 1_000;
const WORKERS: u32 = 20;
const LONG_EVERY: u64 = 100;

pub(crate) async fn mixed(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for (which, long_every) in [("all short", 0), ("one in 100 takes a second", LONG_EVERY)] {
            let offer = Offer { callers: 8, rate: RATE, seconds: bench.seconds, long_every };
            let case = format!("{name}, {which}");
            let all = EndToEnd::measure(bench, ("mixed", &case), (name, WORKERS), offer).await?;
            bench.figures.add("mixed", &case, [("short tasks", all.latency.count() as f64)]);
            bench.figures.add("mixed", &case, all.quantiles());
            bench.figures.add("mixed", &case, [("max ms", all.latency.ms(1.0))]);
        }
    }
    Ok(())
}
