//! Drains a backlog while the application watches, to show what that costs: listeners of events, middleware, metrics and
//! spans. Each drain is in a process of its own, since a recorder or subscriber stays for the life of a process.

use crate::drain::empty;
use crate::side::{Mode, Pool, Side};
use crate::tasks::SMALL;
use crate::{Bench, fresh};
use fang::{
    AsyncWorkerPool, Event, FangError, Middleware, MiddlewareBlocking, Next, NextBlocking, Run, WorkerPool,
};
use fang_bench_kit::{Error, Tally};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::process::Command;
use tracing_subscriber::fmt::format::FmtSpan;

/// The first word of the command line of a child.
pub(crate) const WORD: &str = "observed-process";

const TASKS: u64 = 100_000;
const WORKERS: u32 = 10;

/// The ways to watch. `nothing` comes first and last, to show how much the machine varies.
const WATCHES: [&str; 7] =
    ["nothing", "events", "middleware", "metrics", "spans", "all of these", "nothing, again"];

pub(crate) async fn observed(bench: &mut Bench<'_>) -> Result<(), Error> {
    for mode in Side::NAMES {
        for watch in WATCHES {
            let (database, meter) = fresh().await?;
            Side::new(mode, database.uri(), 1).fill_with(0..TASKS, SMALL).await?;
            meter.quiesce().await?;
            let mut child = Command::new(std::env::current_exe()?);
            let output = child.args([WORD, mode, watch, database.uri()]).output().await?;
            let seconds: f64 = String::from_utf8(output.stdout)?.trim().parse()?;
            bench.figures.add("observed", &format!("{mode}, {watch}"), [("tasks/s", TASKS as f64 / seconds)]);
            database.drop().await?;
        }
    }
    Ok(())
}

/// Runs a child with the arguments `async|blocking WATCH URI`. It prints how many seconds its drain took.
pub(crate) async fn child(words: &[String]) -> Result<(), Error> {
    let [mode, watch, uri] = words else { return Err("a mode, a watch and a URI are needed".into()) };
    let has = |name| watch == name || watch == "all of these";
    if has("metrics") {
        metrics::set_global_recorder(metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder())?;
    }
    if has("spans") {
        let builder = tracing_subscriber::fmt().with_span_events(FmtSpan::CLOSE);
        builder.with_writer(std::io::sink).try_init().map_err(|error| error.to_string())?;
    }
    let side = Side::new(mode, uri, 4);
    let tally = Tally::new(usize::try_from(TASKS)?);
    let started = std::time::Instant::now();
    let pool = start(&side, has("events"), has("middleware")).await?;
    empty(pool, tally).await;
    println!("{}", started.elapsed().as_secs_f64());
    Ok(())
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
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let count = |_: &Event| {
        SEEN.fetch_add(1, Ordering::Relaxed);
    };
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
