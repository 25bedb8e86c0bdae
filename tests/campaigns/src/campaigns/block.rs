//! `block`: tasks block every thread of the runtime for longer than a lease.

use super::ending::end;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::roles::work::{Manner, Work};
use crate::roles::worker::WorkerSettings;
use crate::world::World;
use std::time::Duration;
use uuid::Uuid;

/// How many tasks of each mode. A process has two threads of tokio, so of four processes one gets two blocking tasks.
const TASKS: usize = 6;

/// Blocks all threads of one process of each mode, beside processes that could rescue its tasks.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let settings = |runtime| WorkerSettings { keep: true, ..world.worker_settings(runtime) };
    let started: Result<Vec<_>, _> =
        options.mode.deal(4).map(|runtime| world.worker(&settings(runtime))).collect();
    let workers = started?;
    world.wait_for(&workers)?;
    let time = options.length(Duration::from_secs(120), options.lease() * 2);
    let ids = insert(&world, options, time)?;
    std::thread::sleep(time);

    let mut report = Report::new("block", options);
    report.tell("tasks that block a thread", format!("{}, for {:.0} s", ids.len(), time.as_secs_f64()));
    let (book, _) = end(&world, options, Vec::new(), &[], &mut report)?;
    let again: Vec<&Uuid> =
        ids.iter().filter(|id| book.tasks.get(*id).is_none_or(|entry| entry.runs.len() != 1)).collect();
    report.judge_none("tasks that were not begun exactly once", &again);
    let crashed = world.ids("SELECT id FROM fang_tasks WHERE crashes > 0 OR lease > 1")?;
    report.judge_none("rows with a crash or a second claim", &crashed);
    let dead = world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL")?;
    report.judge("workers declared dead", 0, dead, dead == 0);
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn insert(world: &World, options: &Options, time: Duration) -> Result<Vec<Uuid>, Failure> {
    let work = Work { millis: u64::try_from(time.as_millis())?, manner: Manner::Block };
    let mut ids = Vec::new();
    for runtime in options.mode.all() {
        let tasks: Result<Vec<_>, _> = (0..TASKS).map(|_| work.task(*runtime)).collect();
        ids.extend(world.insert(tasks?)?);
    }
    Ok(ids)
}
