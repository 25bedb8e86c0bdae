//! Inserts and drains while the application watches, to show what that costs: listeners of events, middleware, code before
//! inserts, metrics and spans. Each is in a process of its own, since a recorder or subscriber stays for the life of a process.

use crate::drain::empty;
use crate::side::{Mode, Pool, Side};
use crate::tasks::SMALL;
use crate::{Bench, fresh};
use fang::asynk::async_queue::AsyncQueue;
use fang::{
    AsyncWorkerPool, Event, FangError, Middleware, MiddlewareBlocking, Next, NextBlocking, Queue, Run,
    WorkerPool,
};
use fang_bench_kit::{Error, Tally};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::process::Command;
use tracing_subscriber::fmt::format::FmtSpan;

/// The first word of the command line of a child.
pub(crate) const WORD: &str = "observed-process";

const TASKS: u64 = 100_000;
const WORKERS: u32 = 10;

/// The ways to watch. `nothing` comes first and last, to show how much the machine varies.
const INSERT_WATCHES: [&str; 6] =
    ["nothing", "events", "before_insert", "metrics", "all of these", "nothing, again"];
const WATCHES: [&str; 7] =
    ["nothing", "events", "middleware", "metrics", "spans", "all of these", "nothing, again"];

pub(crate) async fn observed(bench: &mut Bench<'_>) -> Result<(), Error> {
    for mode in Side::NAMES {
        let mut rates = Vec::new();
        for watch in WATCHES {
            let (database, meter) = fresh().await?;
            Side::new(mode, database.uri(), 1).fill_with(0..TASKS, SMALL).await?;
            meter.quiesce().await?;
            rates.push((watch, measure("drain", mode, watch, database.uri()).await?));
            database.drop().await?;
        }
        add(bench, "observed drain", mode, &rates);
        rates.clear();
        for watch in INSERT_WATCHES {
            let (database, meter) = fresh().await?;
            meter.quiesce().await?;
            rates.push((watch, measure("insert", mode, watch, database.uri()).await?));
            database.drop().await?;
        }
        add(bench, "observed bulk insert", mode, &rates);
    }
    Ok(())
}

/// Adds the rates of one round, and what they are of the mean of its two without a watch.
fn add(bench: &mut Bench<'_>, part: &str, mode: &str, rates: &[(&str, f64)]) {
    let nothing = rates.iter().filter(|(watch, _)| watch.starts_with("nothing")).map(|(_, rate)| rate);
    let base = nothing.clone().sum::<f64>() / nothing.count() as f64;
    for (watch, rate) in rates {
        let figures = [("tasks/s", *rate), ("of nothing", rate / base)];
        bench.figures.add(part, &format!("{mode}, {watch}"), figures);
    }
}

/// Runs a child. Returns how many tasks it handled in a second.
async fn measure(what: &str, mode: &str, watch: &str, uri: &str) -> Result<f64, Error> {
    let output = Command::new(std::env::current_exe()?).args([WORD, what, mode, watch, uri]).output().await?;
    let seconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(TASKS as f64 / seconds)
}

/// Runs a child with the arguments `drain|insert async|blocking WATCH URI`. It prints how many seconds that took.
pub(crate) async fn child(words: &[String]) -> Result<(), Error> {
    let [what, mode, watch, uri] = words else { return Err("four arguments are needed".into()) };
    let has = |name| watch == name || watch == "all of these";
    if has("metrics") {
        metrics::set_global_recorder(metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder())?;
    }
    if has("spans") {
        let builder = tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE);
        builder.with_writer(std::io::sink).try_init().map_err(|error| error.to_string())?;
    }
    let took = match what.as_str() {
        "drain" => drain(mode, uri, has("events"), has("middleware")).await?,
        _ => insert(mode, uri, has("events"), has("before_insert")).await?,
    };
    println!("{}", took.as_secs_f64());
    Ok(())
}

async fn drain(mode: &str, uri: &str, events: bool, middleware: bool) -> Result<Duration, Error> {
    let side = Side::new(mode, uri, 4);
    let tally = Tally::new(usize::try_from(TASKS)?);
    let started = Instant::now();
    empty(start(&side, events, middleware).await?, tally).await;
    Ok(started.elapsed())
}

async fn insert(mode: &str, uri: &str, events: bool, before_insert: bool) -> Result<Duration, Error> {
    macro_rules! built {
        ($builder:expr) => {{
            let builder = $builder.uri(uri).max_pool_size(2);
            let builder = if events { builder.on_event(count) } else { builder };
            if before_insert { builder.before_insert(Ok).build() } else { builder.build() }
        }};
    }
    let side = match mode {
        "async" => Side::of(Mode::Async(built!(AsyncQueue::builder()))),
        _ => Side::of(Mode::Blocking(built!(Queue::builder()))),
    };
    // The connection is opened before the clock starts.
    side.insert(0).await?;
    let started = Instant::now();
    side.fill_with(0..TASKS, SMALL).await?;
    Ok(started.elapsed())
}

fn count(_: &Event) {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    SEEN.fetch_add(1, Ordering::Relaxed);
}

/// Middleware that only passes the run on.
struct Through;

impl Middleware for Through {
    async fn call(&self, _: &Run, next: Next<'_>) -> Result<(), FangError> {
        next.run().await
    }
}

impl MiddlewareBlocking for Through {
    fn call(&self, _: &Run, next: NextBlocking<'_>) -> Result<(), FangError> {
        next.run()
    }
}

async fn start(side: &Side, events: bool, middleware: bool) -> Result<Pool, Error> {
    macro_rules! built {
        ($pool:ident, $queue:expr) => {{
            let builder = $pool::builder().number_of_workers(WORKERS).queue($queue.clone());
            let builder = if events { builder.on_event(count) } else { builder };
            if middleware { builder.middleware(Through).build() } else { builder.build() }
        }};
    }
    Ok(match &side.queue {
        Mode::Async(queue) => {
            let mut pool = built!(AsyncWorkerPool, queue);
            pool.start().await?;
            Pool::Async(pool)
        }
        Mode::Blocking(queue) => {
            let mut pool = built!(WorkerPool, queue);
            pool.start()?;
            Pool::Blocking(pool)
        }
    })
}
