//! Drains by different numbers of workers.

use crate::Bench;
use crate::drain::{Drain, drain_one};
use crate::side::Side;
use crate::tasks::SMALL;
use fang_bench_kit::Error;

pub(crate) const WORKERS: [u32; 6] = [1, 4, 16, 64, 128, 256];
const TASKS: u64 = 200_000;

pub(crate) async fn workers(bench: &mut Bench<'_>) -> Result<(), Error> {
    for workers in WORKERS {
        for name in Side::NAMES {
            let drain = Drain { workers, bytes: SMALL, tasks: TASKS };
            drain_one(bench, name, ("workers", &case(name, workers)), drain).await?;
        }
    }
    Ok(())
}

/// The name of the line.
pub(crate) fn case(name: &str, workers: u32) -> String {
    format!("{name}, {workers} worker{}", if workers == 1 { "" } else { "s" })
}
