//! The time from the start of a pool until its first task runs, and until each of many pools runs one that start together on
//! a server with too few connections for all.

use crate::side::{Pool, Side, migrate};
use crate::{Bench, fresh};
use fang_bench_kit::{Error, Tally};
use fang_test_support::{Cluster, TestDatabase};
use std::time::{Duration, Instant};

/// How often a single start is measured in a round.
const STARTS: u64 = 11;
/// How many pools start together, with as many connections of the server.
const POOLS: u64 = 100;
const AT_MOST: Duration = Duration::from_secs(60);

pub(crate) async fn start(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        alone(bench, name).await?;
        together(bench, name).await?;
    }
    Ok(())
}

async fn alone(bench: &mut Bench<'_>, name: &str) -> Result<(), Error> {
    let (database, _meter) = fresh().await?;
    let mut millis = Vec::new();
    for number in 0..STARTS {
        Side::new(name, database.uri(), 1).fill(number..number + 1).await?;
        Tally::new(usize::try_from(STARTS)?);
        let mut starts = Tally::watch();
        // A queue without any connection, as in a process that starts.
        let side = Side::new(name, database.uri(), 1);
        let began = Instant::now();
        let pool = side.start(10).await?;
        let started = began.elapsed();
        let (_, ran) = starts.recv().await.ok_or("no task ran")?;
        millis.push((started.as_secs_f64() * 1e3, (ran - began).as_secs_f64() * 1e3));
        pool.stop().await;
    }
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let started = median(millis.iter().map(|(started, _)| *started).collect());
    let ran = median(millis.iter().map(|(_, ran)| *ran).collect());
    bench.figures.add(
        "start",
        &format!("{name}, one pool"),
        [("started ms", started), ("first run ms", ran)],
    );
    Ok(database.drop().await?)
}

/// Each pool serves a task type of its own, of which one task waits.
async fn together(bench: &mut Bench<'_>, name: &'static str) -> Result<(), Error> {
    let cluster = Cluster::create_with(&format!("max_connections = {POOLS}\n"))?;
    let database = TestDatabase::create_in(&cluster.uri("postgres")).await?;
    migrate(database.uri()).await?;
    let side = Side::new(name, database.uri(), 1);
    for number in 0..POOLS {
        side.fill_type(&format!("type {number}"), number).await?;
    }
    drop(side);
    let tally = Tally::new(usize::try_from(POOLS)?);
    let began = Instant::now();
    let starting: Vec<_> = (0..POOLS).map(|number| begin(name, database.uri().to_owned(), number)).collect();
    let has_run = tally.all_ran(AT_MOST).await;
    let took = began.elapsed();
    let case = format!("{name}, {POOLS} pools on {POOLS} connections");
    bench.figures.add("start", &case, [("all ran s", took.as_secs_f64()), ("ran", tally.distinct() as f64)]);
    if !has_run {
        bench.figures.note("start", &case, "some pools ran nothing");
    }
    let mut stopping = Vec::new();
    for starting in starting {
        // The others were refused.
        if let Ok(pool) = starting.await? {
            stopping.push(tokio::spawn(pool.stop()));
        }
    }
    bench.figures.add("start", &case, [("started", stopping.len() as f64)]);
    for stopping in stopping {
        stopping.await?;
    }
    Ok(())
}

fn begin(name: &'static str, uri: String, number: u64) -> tokio::task::JoinHandle<Result<Pool, String>> {
    let runtime = tokio::runtime::Handle::current();
    // In the blocking mode a start blocks its thread.
    tokio::task::spawn_blocking(move || {
        let side = Side::new(name, &uri, 1);
        runtime.block_on(side.start_type(&format!("type {number}"))).map_err(|error| error.to_string())
    })
}
