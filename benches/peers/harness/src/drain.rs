//! Drains a backlog of no-op tasks. The clock runs from the start of the workers until all results are saved.

use crate::Peer;
use crate::insert::{PRODUCERS, produce};
use crate::outcome::Outcome;
use fang_bench_kit::{Error, Meter, Tally};
use std::sync::Arc;
use std::time::{Duration, Instant};

const AT_MOST: Duration = Duration::from_secs(12);
/// The most tasks of one bulk insert.
const BULK: u64 = 20_000;
const SAVED_AFTER: Duration = Duration::from_secs(5);

pub(crate) async fn drain<P: Peer>(peer: Arc<P>, meter: &Meter, tasks: u64) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    if !fill(&*peer, tasks).await? {
        produce(&peer, PRODUCERS, 0..tasks, Duration::from_secs(60)).await?;
    }
    meter.quiesce().await?;
    let tally = Tally::new(usize::try_from(tasks)?);
    let before = meter.read().await?;
    let started = Instant::now();
    peer.start().await?;
    let all_ran = tally.all_ran(AT_MOST).await;
    let all_saved = all_ran && meter.wait_until(P::IS_DONE, SAVED_AFTER).await?;
    let took = started.elapsed();
    peer.stop().await?;
    let cost = meter.read().await? - before;
    let ran = tally.distinct() as f64;
    outcome.add("tasks/s", ran / took.as_secs_f64());
    outcome.add("tasks", ran);
    outcome.add("statements/task", cost.statements / ran);
    outcome.add("WAL B/task", cost.wal_bytes / ran);
    outcome.add("run twice", tally.doubled() as f64);
    if !all_ran {
        outcome.note(format!("stopped after {} s, not all of {tasks} tasks had run", AT_MOST.as_secs()));
    } else if !all_saved {
        outcome.note(format!("not all results were saved {} s after the last task", SAVED_AFTER.as_secs()));
    }
    Ok(outcome)
}

/// Inserts all tasks, in calls of as many as users may have. Returns `false` if the library has no bulk insert.
async fn fill<P: Peer>(peer: &P, tasks: u64) -> Result<bool, Error> {
    let mut first = 0;
    while first < tasks {
        let end = tasks.min(first + BULK);
        if !peer.insert_many(first..end).await? {
            return Ok(false);
        }
        first = end;
    }
    Ok(true)
}
