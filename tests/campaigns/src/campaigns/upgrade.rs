//! `upgrade`: a rolling upgrade and its rollback, under load.

use super::ending::{end, stop_producers};
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::world::{Process, World};
use std::time::Duration;

const PROCESSES: usize = 4;
const OLD: &str = "worker-old";
const NEW: &str = "worker-new";
/// The longest that a worker may take to end after a SIGTERM.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Replaces old workers by new ones, one by one, and back, while tasks arrive whose kind only the new ones know.
/// Upgrades again at the end.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let runtimes: Vec<Runtime> = options.mode.deal(PROCESSES).collect();
    let mut workers = Vec::new();
    for runtime in &runtimes {
        workers.push(world.worker_of(OLD, &world.worker_settings(*runtime))?);
    }
    world.wait_for(&workers)?;
    let producers = produce(&world, options)?;
    let pause = options.length(Duration::from_secs(240), Duration::from_secs(6)) / 12;
    for program in [NEW, OLD] {
        roll(&world, program, &runtimes, &mut workers, pause)?;
        std::thread::sleep(pause * 2);
    }
    stop_producers(producers)?;
    let waiting = world.number("SELECT count(*) FROM fang_tasks WHERE unknown_since IS NOT NULL")?;
    roll(&world, NEW, &runtimes, &mut workers, Duration::ZERO)?;

    let mut report = Report::new("upgrade", options);
    report.tell("processes replaced", PROCESSES * 3);
    report.tell("tasks of the new kind that waited for a program that knows it", waiting);
    end(&world, options, Vec::new(), &[], &mut report)?;
    drop(workers);
    Ok(report)
}

/// One task in five is of the new kind.
fn produce(world: &World, options: &Options) -> Result<Vec<Process>, Failure> {
    let each = options.either(500, 100);
    let settings = options.mode.all().iter().zip(options.seed..).map(|(runtime, seed)| {
        let mut settings = world.producer_settings(*runtime, each, seed);
        settings.novel = 5;
        settings
    });
    settings.map(|settings| world.producer(&settings)).collect()
}

/// Replaces all workers, one by one.
fn roll(
    world: &World,
    program: &str,
    runtimes: &[Runtime],
    workers: &mut [Process],
    pause: Duration,
) -> Result<(), Failure> {
    for (worker, runtime) in workers.iter_mut().zip(runtimes) {
        worker.terminate()?;
        worker.ends_within(ENDS_WITHIN)?.ok_or("a worker does not end after a SIGTERM")?;
        *worker = world.worker_of(program, &world.worker_settings(*runtime))?;
        world.wait_for(std::slice::from_ref(worker))?;
        std::thread::sleep(pause);
    }
    Ok(())
}
