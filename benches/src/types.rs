//! What pools of many task types cost, and of all: idle, at the start of a task, and while they drain a backlog.

use crate::fleet::Fleet;
use crate::side::{Served, Side};
use crate::starts::{Starts, next};
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Latency, Meter, Tally};
use std::time::{Duration, Instant};

const SERVED: [Served; 5] =
    [Served::Types(1), Served::Types(100), Served::Types(1_000), Served::Types(10_000), Served::All];

/// How long an idle pool is measured. The processor time of the server is told in hundredths of a second.
const SPAN: Duration = Duration::from_secs(10);
const CALM_AFTER: Duration = Duration::from_secs(8);

/// The samples of pickups.
const SAMPLES: u64 = 60;

/// The backlog, and over how many task types it is spread.
const TASKS: u64 = 100_000;
const SPREAD: [usize; 3] = [1, 1_000, 10_000];
const AT_MOST: Duration = Duration::from_secs(60);

pub(crate) async fn all_idle(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for served in SERVED {
            idle(bench, name, served, false).await?;
        }
        idle(bench, name, Served::Types(10_000), true).await?;
    }
    Ok(())
}

pub(crate) async fn pickups(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for served in SERVED {
            pickup(bench, name, served).await?;
        }
    }
    Ok(())
}

pub(crate) async fn drains(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for types in SPREAD {
            drain(bench, name, types, Served::Types(types)).await?;
        }
        drain(bench, name, 1_000, Served::All).await?;
    }
    Ok(())
}

/// A pool without tasks to run. With `waiting`, each type has a task of the day after tomorrow.
async fn idle(bench: &mut Bench<'_>, name: &str, served: Served, waiting: bool) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    if waiting {
        let fill = "INSERT INTO fang_tasks (metadata, task_type, mode, scheduled_at)
            SELECT '{}', 'type ' || n, 0, now() + interval '2 days' FROM generate_series(0, 9999) n";
        meter.client().batch_execute(fill).await?;
        meter.client().batch_execute("VACUUM ANALYZE fang_tasks").await?;
    }
    let mut fleet = Fleet::launch_serving(name, database.uri(), 10, served).await?;
    fleet.start().await?;
    // Rounds that cost much come every ten seconds.
    let span = if waiting { SPAN * 3 } else { SPAN };
    tokio::time::sleep(CALM_AFTER).await;
    let (before, (busy_before, _), server_before) =
        (meter.read().await?, fleet.cost().await?, server(&meter).await?);
    tokio::time::sleep(span).await;
    let (cost, (busy, megabytes)) = (meter.read().await? - before, fleet.cost().await?);
    let (seconds, served_by) = (span.as_secs_f64(), server(&meter).await?);
    let percent =
        |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() / seconds * 100.0;
    bench.figures.add(
        "types-idle",
        &format!("{name}, {served}{}", if waiting { ", each with a later task" } else { "" }),
        [
            ("statements/s", cost.statements / seconds),
            ("pool, % of a core", percent(busy_before, busy)),
            ("server, % of a core", percent(server_before, served_by)),
            ("resident MB", megabytes),
        ],
    );
    fleet.stop().await?;
    Ok(database.drop().await?)
}

/// The processor time of the server's processes that serve this database, but for the one of the meter.
async fn server(meter: &Meter) -> Result<Duration, Error> {
    let processes = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let mut ticks = 0;
    for row in meter.client().query(processes, &[]).await? {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", row.get::<_, i32>(0))).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        ticks += fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// The time from the insert of another process to the start, for tasks of types all over the list.
async fn pickup(bench: &mut Bench<'_>, name: &str, served: Served) -> Result<(), Error> {
    let (database, _meter) = fresh().await?;
    let far = Side::new(name, database.uri(), 1);
    let pool = Side::new(name, database.uri(), 4).start_serving(10, served).await?;
    Tally::new(1);
    let mut starts: Starts = Tally::watch();
    let mut whole = Latency::new()?;
    for number in 0..SAMPLES {
        tokio::time::sleep(Duration::from_millis(150 + number * 7 % 50)).await;
        let task_type = served.task_type(usize::try_from(number)? * 7919);
        let began = Instant::now();
        far.insert_of_type(&task_type, number).await?;
        let (_, started) = next(&mut starts, Duration::from_secs(5)).await?;
        whole.record(started.saturating_duration_since(began));
    }
    let figures = [("insert to start p50 ms", whole.ms(0.5)), ("insert to start p99 ms", whole.ms(0.99))];
    bench.figures.add("types-pickup", &format!("{name}, {served}"), figures);
    pool.stop().await;
    Ok(database.drop().await?)
}

async fn drain(bench: &mut Bench<'_>, name: &str, types: usize, served: Served) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    Side::new(name, database.uri(), 1).fill_types(TASKS, types).await?;
    meter.quiesce().await?;
    let before = meter.read_alone().await?;
    let tally = Tally::new(usize::try_from(TASKS)?);
    let started = Instant::now();
    let pool = Side::new(name, database.uri(), 4).start_serving(10, served).await?;
    tally.all_ran(AT_MOST).await;
    pool.stop().await;
    let took = started.elapsed();
    let cost = meter.read_alone().await? - before;
    let case = format!("{name}, tasks of {types} types, {served}");
    bench.figures.add("types-drain", &case, [("tasks/s", tally.distinct() as f64 / took.as_secs_f64())]);
    bench.figures.add("types-drain", &case, cost.per_task(tally.distinct() as f64));
    if tally.missing() + tally.doubled() > 0 {
        bench.figures.note(
            "types-drain",
            &case,
            format!("{} lost, {} doubled", tally.missing(), tally.doubled()),
        );
    }
    Ok(database.drop().await?)
}
