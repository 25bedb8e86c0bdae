//! `away`: Postgres is unreachable for longer than a lease while tasks run.

use super::ending::end;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::roles::work::{Manner, Work};
use crate::world::World;
use std::time::{Duration, Instant};

/// How many leases an outage takes.
const LEASES: u32 = 3;

/// Stops Postgres for three leases, while short tasks and tasks longer than the outage run.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let _workers = world.workers(options.mode.deal(4))?;
    let producers = world.producers(options, options.either(500, 200))?;
    let away = options.lease() * LEASES;
    let length = options.length(Duration::from_secs(600), Duration::ZERO);
    let (began, mut outages) = (Instant::now(), 0);
    while outages == 0 || began.elapsed() + away < length {
        outage(&world, options, away)?;
        outages += 1;
    }

    let mut report = Report::new("away", options);
    report.tell("outages", format!("{outages} of {:.0} s each", away.as_secs_f64()));
    end(&world, options, producers, &[], &mut report)?;
    let deaths = world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL")?;
    report.judge("workers declared dead", 0, deaths, deaths == 0);
    Ok(report)
}

/// One outage. Tasks run when it begins, and end during it or after it.
fn outage(world: &World, options: &Options, away: Duration) -> Result<(), Failure> {
    let mut tasks = Vec::new();
    for share in [0.2, 0.5, 0.8, 1.0, 1.2] {
        for runtime in options.mode.all() {
            let millis = u64::try_from(away.mul_f64(share).as_millis())?;
            tasks.push(Work { millis, manner: Manner::Wait }.task(*runtime)?);
        }
    }
    let ids = world.insert(tasks)?;
    let begun = || {
        let book = world.book()?;
        Ok(ids.iter().all(|id| book.tasks.get(id).is_some_and(|entry| !entry.runs.is_empty())))
    };
    world.wait_until("the long tasks to begin", Duration::from_secs(60), begun)?;
    world.cluster().stop_immediate()?;
    std::thread::sleep(away);
    world.cluster().start()?;
    // Long enough for a false rescue to happen.
    std::thread::sleep(options.lease() * 2);
    Ok(())
}
