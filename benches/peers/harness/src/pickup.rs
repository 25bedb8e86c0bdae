//! The time in which idle workers start a task, from the begin of its insert.

use crate::Peer;
use crate::outcome::Outcome;
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

const SAMPLES: u64 = 60;
/// The time for all samples. Libraries that poll every few seconds get fewer samples.
const AT_MOST: Duration = Duration::from_secs(12);
const WORST: Duration = Duration::from_secs(20);

pub(crate) async fn pickup<P: Peer>(peer: &P) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let (mut insert, mut whole) = (Latency::new()?, Latency::new()?);
    peer.start().await?;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    Tally::new(1);
    let mut starts = Tally::watch();
    let first = Instant::now();
    for number in 0..SAMPLES {
        if first.elapsed() > AT_MOST {
            break;
        }
        // The wait varies, so that it is not in step with a poll.
        tokio::time::sleep(Duration::from_millis(130 + number * 7 % 50)).await;
        let began = Instant::now();
        peer.insert(number).await?;
        insert.record(began.elapsed());
        match tokio::time::timeout(WORST, start_of(number, &mut starts)).await {
            Ok(Some(started)) => whole.record(started.saturating_duration_since(began)),
            _ => outcome.note(format!("a task did not start within {} s", WORST.as_secs())),
        }
    }
    if whole.count() > 0 {
        outcome.add("p50 ms", whole.ms(0.5));
        outcome.add("p99 ms", whole.ms(0.99));
    }
    outcome.add("insert p50 ms", insert.ms(0.5));
    outcome.add("samples", whole.count() as f64);
    Ok(outcome)
}

/// Waits for the start of this task. Skips repeated starts of earlier tasks.
async fn start_of(number: u64, starts: &mut UnboundedReceiver<(u64, Instant)>) -> Option<Instant> {
    loop {
        let (started, at) = starts.recv().await?;
        if started == number {
            return Some(at);
        }
    }
}
