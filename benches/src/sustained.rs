//! Tasks that are inserted one by one at a given rate, and run. Latency is from the planned instant of the insert to the
//! start of the task.

use crate::Bench;
use crate::end_to_end::EndToEnd;
use crate::offer::Offer;
use crate::side::Side;
use fang_bench_kit::Error;

pub(crate) const RATES: [u64; 3] = [1_000, 5_000, 20_000];

/// The number of callers, and of workers.
const CALLERS: usize = 64;
const WORKERS: u32 = 10;

pub(crate) async fn sustained(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for rate in RATES {
            let offer = Offer { callers: CALLERS, rate, seconds: bench.seconds, long_every: 0 };
            let case = case(name, rate);
            let all = EndToEnd::measure(bench, ("sustained", &case), (name, WORKERS), offer).await?;
            let behind = offer.tasks().saturating_sub(all.at_the_end) as f64;
            bench.figures.add("sustained", &case, [("run", all.started as f64)]);
            bench.figures.add("sustained", &case, all.quantiles());
            bench.figures.add("sustained", &case, [("left at the end", behind)]);
        }
    }
    Ok(())
}

/// The name of the line.
pub(crate) fn case(name: &str, rate: u64) -> String {
    format!("{name}, {rate} tasks/s")
}
