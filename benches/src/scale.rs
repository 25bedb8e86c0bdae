//! The cost of a poll and of a claim in a table with very many tasks that are not due yet.

use crate::{Bench, fresh};
use fang::asynk::async_queue::AsyncQueue;
use fang::store::{Claim, Claimed, DbInstant, Finish, NonBlocking, ScanRange, Verdict, WorkerId};
use fang::{AsyncBackend, Mode, NoTls, Priority};
use fang_bench_kit::{Error, Latency};
use std::sync::Arc;
use std::time::Instant;

const BATCH: usize = 100;
const POLLS: usize = 1000;
const CLAIMS: usize = 3000;
/// One task type has only tasks that are not due yet. The other has such tasks and due ones.
const FILL: &str = "
    INSERT INTO fang_tasks (metadata, task_type, mode, scheduled_at)
    SELECT '{\"type\":\"Nothing\",\"text\":\"a payload of some sixty bytes, as they are\"}', $1, 1,
        now() + CASE WHEN $2 THEN interval '1 day' ELSE interval '-1 day' END + n * interval '1 microsecond'
    FROM generate_series(1, $3::bigint) n";

pub(crate) async fn scale(bench: &mut Bench<'_>) -> Result<(), Error> {
    let (future, ready): (i64, i64) =
        if bench.is_long { (10_000_000, 1_000_000) } else { (400_000, 400_000) };
    let (database, meter) = fresh().await?;
    let client = meter.client();
    for (task_type, is_future, rows) in
        [("later", true, future / 2), ("common", true, future / 2), ("common", false, ready)]
    {
        client.execute(FILL, &[&task_type, &is_future, &rows]).await?;
    }
    client.batch_execute("VACUUM (ANALYZE) fang_tasks").await?;
    meter.quiesce().await?;
    let case = format!("{future} future and {ready} ready rows");
    let claimer = Claimer::new(database.uri()).await?;
    let mut polls = Latency::new()?;
    for _ in 0..POLLS {
        let began = Instant::now();
        let claimed = claimer.claim("later").await?;
        polls.record(began.elapsed());
        if !claimed.is_empty() {
            return Err("a future row was claimed".into());
        }
    }
    let mut claims = Latency::new()?;
    for _ in 0..CLAIMS {
        let began = Instant::now();
        let claimed = claimer.claim("common").await?;
        claims.record(began.elapsed());
        if claimed.len() != BATCH {
            return Err(format!("a claim returned {} tasks", claimed.len()).into());
        }
        claimer.remove(&claimed).await?;
    }
    for (what, latency) in [("empty poll", polls), ("claim of 100", claims)] {
        let figures =
            [("p50 ms", latency.ms(0.5)), ("p99 ms", latency.ms(0.99)), ("longest ms", latency.ms(1.0))];
        bench.figures.add("scale", &format!("{what}, {case}"), figures);
    }
    Ok(database.drop().await?)
}

/// Claims and removes tasks as a pool does.
struct Claimer {
    store: Arc<dyn NonBlocking>,
    worker: WorkerId,
    ranges: Vec<ScanRange>,
}

impl Claimer {
    async fn new(uri: &str) -> Result<Self, Error> {
        let store = AsyncQueue::<NoTls>::builder().uri(uri).build().engine()?;
        let worker = store.register("{}").await?;

        let range = |mode, priority| ScanRange { mode, priority, floor: DbInstant::MIN, is_shared: false };
        let ranges = Priority::ALL.map(|priority| [range(Mode::Asynk, priority), range(Mode::Any, priority)]);
        Ok(Self { store, worker, ranges: ranges.concat() })
    }

    async fn claim(&self, task_type: &str) -> Result<Vec<Claimed>, Error> {
        Ok(self.store.claim(&Claim::new(self.worker, task_type, BATCH, &self.ranges)).await?.tasks)
    }

    async fn remove(&self, claimed: &[Claimed]) -> Result<(), Error> {
        let finish =
            |task: &Claimed| Finish { id: task.id, lease: task.lease, verdict: Verdict::Remove, keep: None };
        let results: Vec<_> = claimed.iter().map(finish).collect();
        self.store.finish(self.worker, &results).await?;
        Ok(())
    }
}
