//! What failed tasks that are retried by a filter, a million at full speed or gently, cost a fleet that runs 20,000 tasks a second.

mod clients;
pub(crate) mod look;
mod program;
mod spent;
mod steady;
mod viewers;

use crate::{Bench, fresh};
use fang::asynk::Admin;
use fang::asynk::async_queue::AsyncQueue;
use fang::store::{Change, Changes, Filter};
use fang::{AsyncBackend, FangTaskState, NoTls};
use fang_bench_kit::{Error, Meter};
use fang_test_support::TestDatabase;
use std::time::{Duration, Instant};
use steady::Fleet;

/// How long the fleet runs in each phase.
const SPAN: Duration = Duration::from_secs(6);
/// How many tasks have failed, one each millisecond.
const FAILED: i64 = 1_000_000;
const FAIL: &str = "
    INSERT INTO fang_tasks (metadata, task_type, mode, state, error_message, retries, updated_at)
    SELECT '{\"type\":\"Nothing\",\"text\":\"a payload of some sixty bytes, as they are\"}', 'parked', 1, 'failed',
        'no route to host ' || n % 100, 20,
        now() - n * interval '1 ms'
    FROM generate_series(1, $1::bigint) n";

/// Nobody works on their type, so that they wait.
const FAIL_AGAIN: &str = "
    UPDATE fang_tasks SET state = 'failed', error_message = 'no route to host', retries = 20 WHERE task_type = 'parked'";

pub(crate) async fn steer(bench: &mut Bench<'_>) -> Result<(), Error> {
    let (database, meter, mut fleet) = busy().await?;
    let admin = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(2_u32).build().admin()?;
    fleet.phase(BETWEEN, SPAN).await?;
    let changes = || Changes::new(Filter::in_state(FangTaskState::Failed), Change::Retry);
    retry(bench, &mut fleet, &admin, &GENTLY, &mut changes().gently()).await?;
    meter.client().batch_execute(FAIL_AGAIN).await?;
    meter.client().batch_execute("VACUUM (ANALYZE) fang_tasks").await?;
    fleet.phase(BETWEEN, SPAN).await?;
    retry(bench, &mut fleet, &admin, &FULL_SPEED, &mut changes()).await?;
    // Vacuums what the retry left behind, so that autovacuum does not do so in a later phase.
    meter.client().batch_execute("VACUUM fang_tasks").await?;
    fleet.phase("after the retry", SPAN).await?;
    fleet.end("steer", bench).await?;
    Ok(database.drop().await?)
}

/// A database with failed tasks, and a fleet at it.
async fn busy() -> Result<(TestDatabase, Meter, Fleet), Error> {
    let (database, meter) = fresh().await?;
    meter.client().execute(FAIL, &[&FAILED]).await?;
    meter.client().batch_execute("VACUUM (ANALYZE) fang_tasks").await?;
    meter.quiesce().await?;
    let mut fleet = Fleet::start(database.uri()).await?;
    fleet.phase("warming up", SPAN).await?;
    Ok((database, meter, fleet))
}

/// How fast failed tasks are retried. A slice ends after so many tasks at the latest, so that enough are left for the next ones.
struct Pace {
    name: &'static str,
    slices: usize,
    tasks: u64,
}

const FULL_SPEED: Pace = Pace { name: "retry at full speed", slices: 3, tasks: 250_000 };
/// Enough to compare, in four minutes.
const GENTLY: Pace = Pace { name: "retry gently", slices: 20, tasks: 50_000 };
const BETWEEN: &str = "between";

/// Retries failed tasks while the fleet runs, in slices with spans between in which it runs alone.
async fn retry(
    bench: &mut Bench<'_>,
    fleet: &mut Fleet,
    admin: &Admin,
    pace: &Pace,
    changes: &mut Changes,
) -> Result<(), Error> {
    for _ in 0..pace.slices {
        let phase = fleet.begin(pace.name);
        let before = changes.progress().changed;
        let changed = |changes: &Changes| changes.progress().changed - before;
        while phase.began.elapsed() < SPAN && changed(changes) < pace.tasks && !changes.progress().is_done {
            let at = Instant::now();
            admin.change_batch(changes).await?;
            let pause = changes.pause_after(at.elapsed());
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
        let per_second = changed(changes) as f64 / phase.began.elapsed().as_secs_f64();
        bench.figures.add("steer", pace.name, [("retried/s", per_second)]);
        fleet.finish(phase);
        fleet.phase(BETWEEN, SPAN).await?;
    }
    Ok(())
}
