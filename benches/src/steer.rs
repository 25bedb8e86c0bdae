//! What operators cost a fleet that runs 20,000 tasks a second: a million failed tasks retried by a filter, at full speed and
//! gently, and ten clients that look.

mod steady;

use crate::{Bench, fresh};
use fang::asynk::Admin;
use fang::asynk::async_queue::AsyncQueue;
use fang::store::{Change, Changes, Filter};
use fang::{AsyncBackend, FangTaskState, NoTls};
use fang_bench_kit::Error;
use fang_observe::Metrics;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use steady::Fleet;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

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
/// How many clients scrape `/metrics`, and how many are processes of `fang top`.
const CLIENTS: usize = 10;
const SCRAPE_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn steer(bench: &mut Bench<'_>) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    meter.client().execute(FAIL, &[&FAILED]).await?;
    meter.client().batch_execute("VACUUM (ANALYZE) fang_tasks").await?;
    meter.quiesce().await?;
    let admin = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(2_u32).build().admin()?;
    let mut fleet = Fleet::start(database.uri()).await?;
    fleet.phase("warming up", SPAN).await?;
    fleet.phase(BETWEEN, SPAN).await?;
    let mut changes = Changes::new(Filter::in_state(FangTaskState::Failed), Change::Retry);
    retry(bench, &mut fleet, &admin, &FULL_SPEED, &mut changes).await?;
    retry(bench, &mut fleet, &admin, &GENTLY, &mut changes.gently()).await?;
    // Vacuums what the retry left behind, so that autovacuum does not do so in a later phase.
    meter.client().batch_execute("VACUUM fang_tasks").await?;
    fleet.phase("after the retry", SPAN).await?;
    for _ in 0..3 {
        let mut watchers = watch(&admin, database.uri())?;
        // What a client does when it starts is not what it costs.
        fleet.phase("clients start", SPAN / 3).await?;
        fleet.phase("ten clients look", SPAN).await?;
        if let Some(ended) = watchers.scrapers.try_join_next() {
            return ended?.and(Err("a client has stopped looking".into()));
        }
        for top in &mut watchers.tops {
            if let Some(code) = top.try_wait()? {
                return Err(format!("fang top has ended: {code}").into());
            }
        }
        drop(watchers);
        fleet.phase("nobody looks", SPAN).await?;
    }
    fleet.end(bench).await?;
    Ok(database.drop().await?)
}

/// How fast failed tasks are retried. A slice ends after so many tasks at the latest, so that enough are left for the next ones.
struct Pace {
    name: &'static str,
    slices: usize,
    tasks: u64,
}

const FULL_SPEED: Pace = Pace { name: "retry at full speed", slices: 3, tasks: 250_000 };
const GENTLY: Pace = Pace { name: "retry gently", slices: 5, tasks: 50_000 };
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

/// Clients that look until this is dropped.
struct Watchers {
    scrapers: JoinSet<Result<(), Error>>,
    tops: Vec<Child>,
}

fn watch(admin: &Admin, uri: &str) -> Result<Watchers, Error> {
    let metrics = Arc::new(Metrics::new(admin.clone()));
    let mut scrapers = JoinSet::new();
    for _ in 0..CLIENTS {
        let metrics = metrics.clone();
        scrapers.spawn(async move {
            loop {
                metrics.text().await?;
                tokio::time::sleep(SCRAPE_EVERY).await;
            }
        });
    }
    let top = || {
        Command::new(command()?)
            .arg("top")
            .env("DATABASE_URL", uri)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    };
    let tops = (0..CLIENTS).map(|_| top()).collect::<Result<_, _>>()?;
    Ok(Watchers { scrapers, tops })
}

/// The program `fang`, which is built beside this one.
fn command() -> std::io::Result<PathBuf> {
    let fang = std::env::current_exe()?.with_file_name("fang");
    if fang.exists() {
        return Ok(fang);
    }
    Err(std::io::Error::other(format!("{} is missing: cargo build --release -p fang-cli", fang.display())))
}
