//! Measures how many tasks fang processes per second on a Postgres server, and the cost of each task.
//!
//! `make bench` runs all parts against a throwaway cluster with durable settings. `cargo run --release -p
//! fang-bench -- --rounds 5 drain idle` runs some parts. Each round runs all parts one after the other, so that a
//! disturbance of the machine does not hit all samples of one part. Compare the figures of one run with each other,
//! not with those of another run. The part `observed` needs the feature of that name, which `make bench ARGS=observed` turns on.

mod backlog;
mod bulk;
mod callers;
mod charts;
mod child;
mod drain;
mod due;
mod end_to_end;
mod fleet;
mod growth;
mod idle;
mod mixed;
#[cfg(feature = "observed")]
mod observed;
mod offer;
mod offered;
mod pickup;
mod pinned;
mod processes;
mod report;
mod scale;
mod side;
mod start;
mod starts;
mod steer;
mod sustained;
mod tasks;
mod transactions;
mod trickle;
mod types;
mod vacuum;
mod workers;

use fang_bench_kit::{Error, Figures, Machine, Meter, Options};
use fang_test_support::TestDatabase;
use std::time::{Duration, Instant};

/// All parts. The arguments select some of them.
const PARTS: &[&str] = &[
    "callers",
    "offered",
    "bulk",
    "drain",
    "workers",
    #[cfg(feature = "observed")]
    "observed",
    "processes",
    "sustained",
    "mixed",
    "pickup",
    "due",
    "idle",
    "trickle",
    "pinned",
    "backlog",
    "scale",
    "growth",
    "transactions",
    "vacuum",
    "start",
    "types-idle",
    "types-pickup",
    "types-drain",
    "steer",
    "watch",
];

/// After this time no part begins, unless `--long` is given.
const LAST_PART: Duration = Duration::from_secs(15 * 60);

/// The state that a part measures with.
struct Bench<'a> {
    round: usize,
    is_long: bool,
    /// For how long to insert at a given rate.
    seconds: u64,
    figures: &'a mut Figures,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == child::WORD) {
        return child::run(&words[1..]).await;
    }
    #[cfg(feature = "observed")]
    if words.first().is_some_and(|word| word == observed::WORD) {
        return observed::child(&words[1..]).await;
    }
    let options = Options::parse(words, PARTS)?;
    let database = TestDatabase::create().await?;
    let machine = Machine::read(&database.client().await?).await?;
    database.drop().await?;
    let mut figures = Figures::default();
    let began = Instant::now();
    for round in 0..options.rounds {
        for part in PARTS.iter().filter(|part| options.wants(part)) {
            if !options.long && began.elapsed() > LAST_PART {
                figures.note(part, "all", "a round was left out for lack of time");
                continue;
            }
            eprintln!("round {} of {}: {part}", round + 1, options.rounds);
            let (is_long, seconds) = (options.long, options.seconds);
            attempt(part, &mut Bench { round, is_long, seconds, figures: &mut figures }).await;
        }
    }
    report::print(&machine, &figures, &options)?;
    options.charts.map_or(Ok(()), |folder| charts::draw(&figures, &folder))
}

/// Runs one part once. If it fails, a line in its table says so, and the other parts go on.
async fn attempt(part: &str, bench: &mut Bench<'_>) {
    let limit = Duration::from_secs(if bench.is_long { 4 * 3600 } else { 300 });
    let outcome = tokio::time::timeout(limit, run(part, bench)).await;
    let error = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("not done within {} s", limit.as_secs()),
    };
    eprintln!("{part}: {error}");
    bench.figures.note(part, "failed", error);
}

async fn run(part: &str, bench: &mut Bench<'_>) -> Result<(), Error> {
    match part {
        "callers" => callers::callers(bench).await,
        "offered" => offered::offered(bench).await,
        "bulk" => bulk::bulk(bench).await,
        "drain" => drain::drain(bench).await,
        "workers" => workers::workers(bench).await,
        #[cfg(feature = "observed")]
        "observed" => observed::observed(bench).await,
        "processes" => processes::processes(bench).await,
        "sustained" => sustained::sustained(bench).await,
        "mixed" => mixed::mixed(bench).await,
        "pickup" => pickup::pickup(bench).await,
        "due" => due::due(bench).await,
        "idle" => idle::idle(bench).await,
        "trickle" => trickle::trickle(bench).await,
        "pinned" => pinned::pinned(bench).await,
        "backlog" => backlog::backlog(bench).await,
        "scale" => scale::scale(bench).await,
        "growth" => growth::growth(bench).await,
        "transactions" => transactions::transactions(bench).await,
        "vacuum" => vacuum::vacuum(bench).await,
        "start" => start::start(bench).await,
        "types-idle" => types::all_idle(bench).await,
        "types-pickup" => types::pickups(bench).await,
        "types-drain" => types::drains(bench).await,
        "steer" => steer::steer(bench).await,
        _ => steer::look::watch_fleet(bench).await,
    }
}

/// Creates a migrated database, and a meter for it.
async fn fresh() -> Result<(TestDatabase, Meter), Error> {
    let database = TestDatabase::create().await?;
    side::migrate(database.uri()).await?;
    let meter = Meter::new(database.client().await?).await?;
    Ok((database, meter))
}
