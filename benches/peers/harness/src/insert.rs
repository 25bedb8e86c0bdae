//! Inserts tasks one by one and in bulk.

use crate::Peer;
use crate::outcome::Outcome;
use fang_bench_kit::{Error, Meter};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_millis(1500);
const BULK: u64 = 50_000;
const WARM_UP: Duration = Duration::from_millis(300);
const CALLERS: [usize; 4] = [1, 8, 64, 512];
/// Those that fill the table, if the library has no bulk insert.
pub(crate) const PRODUCERS: usize = 8;

/// Measures inserts one by one by different numbers of callers. The cost is that of a single one.
pub(crate) async fn one_by_one<P: Peer>(peer: Arc<P>, meter: &Meter) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let mut next = 0;
    meter.quiesce().await?;
    for callers in CALLERS {
        // Connections are opened first.
        next += produce(&peer, callers, next..u64::MAX, WARM_UP).await?.0;
        let before = meter.read().await?;
        let (inserted, took) = produce(&peer, callers, next..u64::MAX, SPAN).await?;
        next += inserted;
        let name = format!("{callers} caller{} tasks/s", if callers == 1 { "" } else { "s" });
        outcome.add(&name, inserted as f64 / took.as_secs_f64());
        if callers == 1 {
            let cost = meter.read().await? - before;
            outcome.add("statements/task", cost.statements / inserted as f64);
            outcome.add("WAL B/task", cost.wal_bytes / inserted as f64);
        }
    }
    Ok(outcome)
}

/// Measures the insert of many tasks in one call.
pub(crate) async fn bulk<P: Peer>(peer: &P, meter: &Meter) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    // Opens the connection before the clock starts.
    peer.insert(0).await?;
    meter.quiesce().await?;
    let before = meter.read().await?;
    let started = Instant::now();
    if peer.insert_many(1..BULK + 1).await? {
        outcome.add("tasks/s", BULK as f64 / started.elapsed().as_secs_f64());
        outcome.add("WAL B/task", (meter.read().await? - before).wal_bytes / BULK as f64);
    } else {
        outcome.note("has no bulk insert".to_owned());
    }
    Ok(outcome)
}

/// Runs producers that each insert a task, wait for the answer and repeat. Returns the number of tasks and the time.
pub(crate) async fn produce<P: Peer>(
    peer: &Arc<P>,
    producers: usize,
    numbers: Range<u64>,
    at_most: Duration,
) -> Result<(u64, Duration), Error> {
    let began = Instant::now();
    let next = Arc::new(AtomicU64::new(numbers.start));
    let mut running = Vec::new();
    for _ in 0..producers {
        let (peer, next, end) = (peer.clone(), next.clone(), numbers.end);
        running.push(tokio::spawn(async move {
            let mut inserted = 0;
            while began.elapsed() < at_most {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    break;
                }
                peer.insert(number).await?;
                inserted += 1;
            }
            Ok::<u64, Error>(inserted)
        }));
    }
    let mut inserted = 0;
    for producer in running {
        inserted += producer.await??;
    }
    Ok((inserted, began.elapsed()))
}
