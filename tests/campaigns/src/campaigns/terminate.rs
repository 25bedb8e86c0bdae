//! `terminate`: Postgres ends random connections.

use super::{ending::end, rate};
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::World;
use fang_faults::clock;
use std::time::{Duration, Instant};

/// The share of the undisturbed rate that must remain.
const SHARE: f64 = 0.8;
/// Ten random backends of the workers and the producers.
const TERMINATE: &str = "SELECT count(pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 10
) victims";

/// Terminates ten backends a second. Compares the rate with that of an undisturbed time.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let _workers = world.workers(options.mode.deal(4))?;
    let producers = world.producers(options, options.either(1000, 300))?;
    std::thread::sleep(Duration::from_secs(1));
    let length = options.length(Duration::from_secs(300), Duration::from_secs(8));
    let began = clock::now();
    std::thread::sleep(options.either(Duration::from_secs(60), Duration::from_secs(3)).min(length));
    let (struck, terminated) = (clock::now(), strike(&world, length)?);
    let over = clock::now();

    let mut report = Report::new("terminate", options);
    report.tell("backends terminated", format!("{terminated} in {} s", length.as_secs()));
    let (book, _) = end(&world, options, producers, &[], &mut report)?;
    let ends = book.ends();
    let (without, with) = (rate::mean(&ends, began, struck), rate::mean(&ends, struck, over));
    report.tell("tasks a second, undisturbed", format!("{without:.0}"));
    let must = format!("at least {:.0}", without * SHARE);
    report.judge_in_full(
        options,
        "tasks a second, with terminated backends",
        must,
        format!("{with:.0}"),
        with >= without * SHARE,
    );
    Ok(report)
}

fn strike(world: &World, length: Duration) -> Result<u64, Failure> {
    let end = Instant::now() + length;
    let mut terminated = 0;
    while Instant::now() < end {
        let next = Instant::now() + Duration::from_secs(1);
        terminated += world.number(TERMINATE)?;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(terminated)
}
