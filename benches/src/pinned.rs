//! Work under a snapshot that pins old row versions: a transaction somebody left open.

use crate::side::Side;
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Tally};
use std::time::{Duration, Instant};

/// Tasks of one refill, and how many may wait before the next.
const REFILL: u64 = 10_000;

/// Rows, and lists of what was held, that have gone under the snapshot before the short form begins; the long one makes
/// them by itself.
const DEAD: i64 = 3_000_000;
const DEAD_LISTS: i64 = 250_000;
const LIST: &str = "
    INSERT INTO fang_lock_claims (transaction, worker, slot, task_type, ids, leases)
    SELECT '3', n, 0, 'common', '{}', '{}' FROM generate_series(1, $1::bigint) n";
const INSERT: &str = "
    INSERT INTO fang_tasks (metadata, mode, scheduled_at)
    SELECT '{\"type\":\"Nothing\",\"text\":\"a payload of some sixty bytes, as they are\"}', 1,
        now() - interval '1 hour' + n * interval '1 millisecond'
    FROM generate_series(1, $1::bigint) n";

pub(crate) async fn pinned(bench: &mut Bench<'_>) -> Result<(), Error> {
    // The one goes first in one round, the other in the next.
    let order = if bench.round.is_multiple_of(2) { [false, true] } else { [true, false] };
    for is_pinned in order {
        let span = Duration::from_secs(match (bench.is_long, is_pinned) {
            (false, _) => 20,
            (true, true) => 30 * 60,
            // Nothing grows without a snapshot: the rate of minutes is that of half an hour.
            (true, false) => 5 * 60,
        });
        let dead = if bench.is_long { (0, 0) } else { (DEAD, DEAD_LISTS) };
        let (first, last) = go_on(is_pinned, dead, span).await?;
        let case = if is_pinned { "snapshot open" } else { "no snapshot" };
        bench.figures.add("pinned", case, [("tasks/s", (first + last) / 2.0)]);
        bench.figures.add("pinned", case, [("first half tasks/s", first), ("second half tasks/s", last)]);
    }
    Ok(())
}

/// Keeps a pool of 10 busy. Returns the rates of the two halves.
async fn go_on(is_pinned: bool, dead: (i64, i64), span: Duration) -> Result<(f64, f64), Error> {
    let (database, meter) = fresh().await?;
    let side = Side::new("async", database.uri(), 4);
    let reader = database.client().await?;
    meter.client().execute(INSERT, &[&dead.0]).await?;
    meter.client().execute(LIST, &[&dead.1]).await?;
    if is_pinned {
        reader.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM fang_tasks LIMIT 1").await?;
    }
    meter.client().batch_execute("DELETE FROM fang_tasks; DELETE FROM fang_lock_claims").await?;
    meter.quiesce().await?;
    let pool = side.start(10).await?;
    let tally = Tally::new(0);
    let began = Instant::now();
    let (mut inserted, mut halfway) = (0, None);
    while began.elapsed() < span {
        let ran = tally.started() as u64;
        if began.elapsed() >= span / 2 && halfway.is_none() {
            halfway = Some((began.elapsed(), ran));
        }
        if inserted - ran.min(inserted) < REFILL {
            side.fill(inserted..inserted + REFILL).await?;
            inserted += REFILL;
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let (took, ran) = (began.elapsed(), tally.started() as u64);
    let (half, ran_by_then) = halfway.ok_or("too short")?;
    pool.stop().await;
    drop(reader);
    database.drop().await?;
    let rate = |tasks: u64, span: Duration| tasks as f64 / span.as_secs_f64();
    Ok((rate(ran_by_then, half), rate(ran - ran_by_then, took - half)))
}
