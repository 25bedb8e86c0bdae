//! `restart`: Postgres restarts as after a crash, again and again.

use super::{ending::end, rate};
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::World;
use fang_faults::clock;
use std::time::{Duration, Instant};

/// The time before the first restart, which restarts are compared with.
const WARM_UP: Duration = Duration::from_secs(5);
/// The time within which the rate must be back.
const BACK_WITHIN: Duration = Duration::from_secs(5);
const RESTARTS: u32 = 20;

/// Restarts Postgres under a steady load. Counts what was lost, and how soon the rate was back.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let _workers = world.workers(options.mode.deal(4))?;
    let producers = world.producers(options, options.either(1000, 300))?;
    std::thread::sleep(Duration::from_secs(1));
    let began = clock::now();
    std::thread::sleep(WARM_UP);
    let calm = (began, clock::now());
    let starts = strike(&world, options)?;

    let mut report = Report::new("restart", options);
    report.tell("immediate restarts", starts.len());
    let (book, _) = end(&world, options, producers, &[], &mut report)?;
    judge_rates(options, &book.ends(), calm, &starts, &mut report);
    Ok(report)
}

/// When the server started, by its own account. The tool that starts it reports only later that it accepts connections.
const STARTED: &str = "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint";

/// Restarts. Returns when each new server started; it accepts connections a little later.
fn strike(world: &World, options: &Options) -> Result<Vec<u64>, Failure> {
    let restarts = options.either(RESTARTS, 3);
    let length = options.length(Duration::from_secs(400), Duration::from_secs(12));
    let mut starts = Vec::new();
    for _ in 0..restarts {
        let next = Instant::now() + length / restarts;
        world.cluster().restart_immediate()?;
        starts.push(world.number(STARTED)?.saturating_sub(clock::since_epoch()));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(starts)
}

fn judge_rates(options: &Options, ends: &[u64], calm: (u64, u64), starts: &[u64], report: &mut Report) {
    let before = rate::mean(ends, calm.0, calm.1);
    report.tell("tasks a second before the first restart", format!("{before:.0}"));
    let silences: Vec<u64> = starts
        .iter()
        .filter_map(|start| Some(ends.get(ends.partition_point(|end| end < start))? - start))
        .collect();
    let silence = silences.iter().max().copied().unwrap_or_default() / 1000;
    report.tell(
        "longest time from the start of the new server to the first task that ended",
        format!("{silence} ms"),
    );
    let patience = BACK_WITHIN * 3;
    let back: Vec<Option<Duration>> =
        starts.iter().map(|at| rate::back_to(ends, before * 0.9, *at, patience)).collect();
    let longest = back.iter().flatten().max().copied().unwrap_or_default();
    let is_back = back.iter().all(|back| back.is_some_and(|back| back <= BACK_WITHIN));
    let measured = match back.iter().filter(|back| back.is_none()).count() {
        0 => format!("{:.1} s", longest.as_secs_f64()),
        missing => format!("{missing} times not within {} s", patience.as_secs()),
    };
    let what = "longest time from the start of the new server until 90 % of that rate";
    report.judge_in_full(options, what, format!("{} s", BACK_WITHIN.as_secs()), measured, is_back);
}
