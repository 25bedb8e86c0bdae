//! A fleet under a steady load, measured phase by phase.

use super::BETWEEN;
use crate::Bench;
use crate::side::{Mode, Side};
use crate::starts::{Starts, next};
use fang_bench_kit::{Error, Latency, Tally, busy_ticks};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A batch of tasks is inserted in each span of this length.
const STEP: Duration = Duration::from_millis(10);
const BATCH: u64 = 200;

/// A pool, and a producer that inserts at a fixed rate until the fleet ends.
pub(super) struct Fleet {
    pool: crate::side::Pool,
    starts: Starts,
    began: Instant,
    producer: JoinHandle<Result<u64, Error>>,
    stop: Arc<tokio::sync::Notify>,
    phases: Vec<Phase>,
}

/// A part of the time. `ticks` are those in which the processors were busy.
pub(super) struct Phase {
    name: &'static str,
    pub(super) began: Instant,
    ended: Instant,
    ticks: u64,
}

impl Fleet {
    pub(super) async fn start(uri: &str) -> Result<Self, Error> {
        let side = Side::new("async", uri, 8);
        Tally::new(1);
        let starts = Tally::watch();
        let pool = side.start(10).await?;
        let stop = Arc::<tokio::sync::Notify>::default();
        let began = Instant::now();
        let producer = tokio::spawn(produce(side, began, stop.clone()));
        Ok(Self { pool, starts, began, producer, stop, phases: Vec::new() })
    }

    pub(super) fn begin(&self, name: &'static str) -> Phase {
        let now = Instant::now();
        Phase { name, began: now, ended: now, ticks: busy_ticks() }
    }

    pub(super) fn finish(&mut self, mut phase: Phase) {
        phase.ticks = busy_ticks() - phase.ticks;
        phase.ended = Instant::now();
        self.phases.push(phase);
    }

    pub(super) async fn phase(&mut self, name: &'static str, span: Duration) -> Result<(), Error> {
        let phase = self.begin(name);
        tokio::time::sleep(span).await;
        self.finish(phase);
        Ok(())
    }

    /// Ends the fleet and tells of each phase.
    pub(super) async fn end(mut self, part: &'static str, bench: &mut Bench<'_>) -> Result<(), Error> {
        self.stop.notify_one();
        let inserted = self.producer.await??;
        let mut ran = 0;
        let mut latencies = Vec::new();
        self.phases.iter().try_for_each(|_| Latency::new().map(|latency| latencies.push(latency)))?;
        while ran < inserted {
            let (number, at) = next(&mut self.starts, Duration::from_secs(20)).await?;
            let due = self.began + STEP * u32::try_from(number / BATCH)?;
            let place = self.phases.iter().position(|phase| phase.began <= due && due < phase.ended);
            if let Some(latency) = place.and_then(|place| latencies.get_mut(place)) {
                latency.record(at.saturating_duration_since(due));
            }
            ran += 1;
        }
        self.pool.stop().await;
        against_neighbours(&self.phases, part, bench, &latencies);
        for (phase, latency) in self.phases.iter().zip(&latencies) {
            let seconds = (phase.ended - phase.began).as_secs_f64();
            let figures = [
                ("tasks/s", latency.count() as f64 / seconds),
                ("p50 ms", latency.ms(0.5)),
                ("p99 ms", latency.ms(0.99)),
                ("busy, of a core", phase.ticks as f64 / 100.0 / seconds),
            ];
            bench.figures.add(part, phase.name, figures);
        }
        Ok(())
    }
}

/// Tells the p99 of each slice of a retry against the mean of the spans before and after it.
fn against_neighbours(phases: &[Phase], part: &'static str, bench: &mut Bench<'_>, latencies: &[Latency]) {
    let p99s: Vec<_> = latencies.iter().map(|latency| latency.ms(0.99)).collect();
    for (near, phases) in p99s.windows(3).zip(phases.windows(3)) {
        let [before, slice, after] = phases else { continue };
        if before.name == BETWEEN && slice.name != BETWEEN && after.name == BETWEEN {
            let ratio = 2.0 * near[1] / (near[0] + near[2]);
            bench.figures.add(part, slice.name, [("p99 against neighbours", ratio)]);
        }
    }
}

/// Inserts a batch when it is due, or at once if it is behind. Returns how many tasks it has inserted once it is stopped.
async fn produce(side: Side, began: Instant, stop: Arc<tokio::sync::Notify>) -> Result<u64, Error> {
    let Mode::Async(_) = &side.queue else { return Err("the producer waits without a thread".into()) };
    let mut stopped = std::pin::pin!(stop.notified());
    for step in 0.. {
        let due = began + STEP * step;
        let number = u64::from(step) * BATCH;
        tokio::select! {
            biased;
            () = &mut stopped => return Ok(number),
            () = tokio::time::sleep_until(due.into()) => side.fill(number..number + BATCH).await?,
        }
    }
    Ok(0)
}
