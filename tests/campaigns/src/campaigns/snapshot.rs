//! `snapshot`: a transaction stays open, so that the server cannot remove dead rows.

use super::ending::end;
use super::meter::{self, CLAIM, Spent, Waits};
use super::rate;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::producer::ProducerSettings;
use crate::world::World;
use fang::{Mode, Priority};
use fang_faults::clock;
use std::time::{Duration, Instant};

/// The share of the undisturbed rate that must remain.
const SHARE: f64 = 0.8;
/// How many times longer a claim may take at the end.
const SLOWER: f64 = 3.0;
/// The noise of a claim's time, in milliseconds.
const NOISE: f64 = 2.0;
/// Into how many parts the time is divided.
const PARTS: u32 = 10;
/// The time after the end of the transaction within which a scan from the beginning must be cheap again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(90);

/// The figures at the end of a part.
struct Look {
    at: u64,
    claims: Spent,
    /// How long a scan from the beginning of the range takes, in milliseconds.
    walk: f64,
}

/// Keeps a snapshot open under load. Compares with the time before and after.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    meter::start(&world)?;
    let _workers = world.workers(options.mode.deal(4))?;
    let producers = producers(&world, options)?;
    std::thread::sleep(Duration::from_secs(1));
    let length = options.length(Duration::from_secs(1800), Duration::from_secs(6));
    let beside = options.either(MINUTE, Duration::from_secs(2)).min(length);
    let before = [look(&world, options)?, look_after(&world, options, beside)?];
    let during = hold(&world, options, length)?;
    let dead = world.number("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'fang_tasks'")?;
    let recovered = recovers(&world, options, before[1].walk)?;
    let after = [look(&world, options)?, look_after(&world, options, beside)?];

    let mut report = Report::new("snapshot", options);
    report.tell("seconds that the transaction was open", length.as_secs());
    report.tell("dead rows at its end, by the statistics", dead);
    let (book, _) = end(&world, options, producers, &[], &mut report)?;
    let ends = book.ends();
    judge_rate(options, &ends, &before, &during, &mut report);
    judge_claims(options, [&before, &during, &after], &mut report);
    report.tell("a claim of one task from the beginning, in each part", row(&during, |look| look.walk));
    let what = "time after the end of the transaction until such a claim was as cheap as before";
    let must = format!("at most {} s", RECOVERS_WITHIN.as_secs());
    let took = recovered.map_or("never".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
    report.judge_in_full(options, what, must, took, recovered.is_some());
    for (when, looks) in [("before", &before[..]), ("in its last part", last(&during)), ("after", &after[..])]
    {
        let waits = Waits::between(&book, looks[0].at, looks[1].at);
        report.tell(format!("time from insert to start {when}: median, 99 %, longest"), waits.text());
    }
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

const MINUTE: Duration = Duration::from_secs(60);

/// Starts producers of tasks that take no time, since only claims are measured.
fn producers(world: &World, options: &Options) -> Result<Vec<crate::world::Process>, Failure> {
    let runtimes = options.mode.all();
    let each = options.either(2000, 300) / u32::try_from(runtimes.len())?;
    let settings = |(runtime, seed): (&Runtime, u64)| ProducerSettings {
        long: 0,
        ..world.producer_settings(*runtime, each, seed)
    };
    runtimes.iter().zip(options.seed..).map(settings).map(|settings| world.producer(&settings)).collect()
}

/// Keeps the snapshot open. Measures at the beginning, and at the end of each part.
fn hold(world: &World, options: &Options, length: Duration) -> Result<Vec<Look>, Failure> {
    let sql = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM fang_tasks; SELECT pg_sleep({}); COMMIT",
        length.as_secs_f64()
    );
    let began = Instant::now();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| world.rows(&sql).map(drop).map_err(|error| error.to_string()));
        let mut looks = vec![look(world, options)?];
        for part in 1..=PARTS {
            // The last measurement falls within the transaction.
            let due = length.mul_f64(f64::from(part) / f64::from(PARTS)).mul_f64(0.99);
            std::thread::sleep(due.saturating_sub(began.elapsed()));
            looks.push(look(world, options)?);
        }
        reader.join().map_err(|_| "the thread with the snapshot panicked")??;
        Ok(looks)
    })
}

fn look_after(world: &World, options: &Options, time: Duration) -> Result<Look, Failure> {
    std::thread::sleep(time);
    look(world, options)
}

fn look(world: &World, options: &Options) -> Result<Look, Failure> {
    let claims = meter::spent(world, CLAIM)?;
    Ok(Look { at: clock::now(), claims, walk: walk(world, options)? })
}

/// How long a scan without a floor takes, in milliseconds. The longer of both modes.
fn walk(world: &World, options: &Options) -> Result<f64, Failure> {
    let mut longest = 0_f64;
    for runtime in options.mode.all() {
        let mode = if *runtime == Runtime::Asynk { Mode::Asynk } else { Mode::Blocking } as i16;
        let priority = Priority::Normal as i16;
        let plan = world.rows(&format!(
            "EXPLAIN (ANALYZE, TIMING OFF) SELECT ctid FROM fang_tasks
             WHERE task_type = 'common' AND mode = {mode} AND priority = {priority} AND state IN ('new', 'retried')
               AND scheduled_at <= now() ORDER BY scheduled_at LIMIT 1"
        ))?;
        let mut lines = plan.iter().flatten();
        let time = lines.find_map(|line| line.trim().strip_prefix("Execution Time: ")?.strip_suffix(" ms"));
        longest = longest.max(time.ok_or("a plan without its time")?.parse()?);
    }
    Ok(longest)
}

/// The time until a scan from the beginning is as cheap as before. `None` if that takes too long.
fn recovers(world: &World, options: &Options, before: f64) -> Result<Option<Duration>, Failure> {
    let began = Instant::now();
    let at_most = options.either(RECOVERS_WITHIN, Duration::from_secs(2));
    while began.elapsed() < at_most {
        if walk(world, options)? <= before * SLOWER + NOISE {
            return Ok(Some(began.elapsed()));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(None)
}

fn last(looks: &[Look]) -> &[Look] {
    looks.get(looks.len().saturating_sub(2)..).unwrap_or_default()
}

fn row(looks: &[Look], value: impl Fn(&Look) -> f64) -> String {
    let values: Vec<String> = looks.iter().skip(1).map(|look| format!("{:.1}", value(look))).collect();
    format!("{} ms", values.join(", "))
}

fn judge_rate(options: &Options, ends: &[u64], before: &[Look], during: &[Look], report: &mut Report) {
    let mean = |looks: &[Look]| match looks {
        [first, .., last] => rate::mean(ends, first.at, last.at),
        _ => 0.0,
    };
    let without = mean(before);
    report.tell("tasks a second before", format!("{without:.0}"));
    let must = format!("at least {:.0}", without * SHARE);
    for (when, with) in [("overall", mean(during)), ("in its last part", mean(last(during)))] {
        let what = format!("tasks a second with the snapshot, {when}");
        report.judge_in_full(options, what, &must, format!("{with:.0}"), with >= without * SHARE);
    }
}

fn judge_claims(options: &Options, looks: [&[Look]; 3], report: &mut Report) {
    let mean = |looks: &[Look]| match looks {
        [first, .., last] => last.claims.mean_since(first.claims),
        _ => 0.0,
    };
    let [before, during, after] = looks;
    let without = mean(before);
    report.tell("a claim before, on average", format!("{without:.2} ms"));
    let parts: Vec<String> = during.windows(2).map(|part| format!("{:.2}", mean(part))).collect();
    report.tell("a claim on average, in each part with the snapshot", format!("{} ms", parts.join(", ")));
    let limit = without * SLOWER + NOISE;
    for (when, with) in [("in its last part", mean(last(during))), ("after its end", mean(after))] {
        let must = format!("at most {limit:.2} ms");
        let what = format!("a claim on average, {when}");
        report.judge_in_full(options, what, must, format!("{with:.2} ms"), with <= limit);
    }
}
