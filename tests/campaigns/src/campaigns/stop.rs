//! `stop`: processes are paused for longer than their lease, then resumed.

use super::ending::end;
use crate::options::Options;
use crate::report::Report;
use crate::world::{Process, World};
use crate::{Failure, roles::worker::WorkerSettings};
use fang_faults::{
    Book, Findings, Strike,
    clock::{self, micros},
};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

const PROCESSES: usize = 6;
/// How many are paused at the same time.
const AT_ONCE: usize = 3;

/// Pauses some processes at a time for two leases. Counts results that were accepted too late, and runs that began too
/// early.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let settings = |runtime| WorkerSettings { keep: true, ..world.worker_settings(runtime) };
    let started: Result<Vec<Process>, Failure> =
        options.mode.deal(PROCESSES).map(|runtime| world.worker(&settings(runtime))).collect();
    let workers = started?;
    world.wait_for(&workers)?;
    let producers = world.producers(options, 200)?;
    let strikes = strike(options, &workers)?;

    let mut report = Report::new("stop", options);
    let pause = options.lease() * 2;
    report.tell("pauses", format!("{} of {} s each", strikes.len(), pause.as_secs()));
    let (book, findings) = end(&world, options, producers, &strikes, &mut report)?;
    report.tell("tasks that ran again after a pause", findings.repeated_after_strike);
    judge_overlaps(options, &findings, &mut report);
    judge_results(&world, &book, &mut report)?;
    stop(workers, &world, &mut report)?;
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn strike(options: &Options, workers: &[Process]) -> Result<Vec<Strike>, Failure> {
    let full = Duration::from_secs(60 * 50 / AT_ONCE as u64 + 17 * 5);
    let length = options.length(full, Duration::from_secs(15));
    let end = clock::now() + micros(length);
    let mut random = fastrand::Rng::with_seed(options.seed);
    let mut strikes = Vec::new();
    while clock::now() < end {
        let victims = random.choose_multiple(workers.iter(), AT_ONCE);
        let mut paused = Vec::new();
        for worker in victims {
            paused.push((worker, worker.pause()?));
            std::thread::sleep(options.lease().mul_f64(random.f64() / 30.0));
        }
        std::thread::sleep(options.lease() * 2);
        for (worker, from) in paused {
            strikes.push(Strike::silence(worker.pid(), from, worker.resume()?));
        }
        std::thread::sleep(options.lease() / 6);
    }
    Ok(strikes)
}

/// No task may be rescued before the lease of its worker is over. The last beat may have come just before the pause, or
/// as long as a beat interval before it.
fn judge_overlaps(options: &Options, findings: &Findings, report: &mut Report) {
    let lease = fang::Lease::new(options.lease());
    let silence = micros(lease.dead_after - lease.beat_every);
    let early: Vec<Uuid> = findings
        .overlapping_after_strike
        .iter()
        .filter(|(_, strike, second)| second.start < strike.from + silence)
        .map(|(id, _, _)| *id)
        .collect();
    report.tell("runs at the same time as a paused one", findings.overlapping_after_strike.len());
    report.judge_none("of those, begun before the lease was over", &early);
}

/// A row says under which claim its task was finished, and when. That claim must be its last, and its run must have
/// ended by then.
fn judge_results(world: &World, book: &Book, report: &mut Report) -> Result<(), Failure> {
    let epoch = clock::since_epoch();
    let finished = world.rows(
        "SELECT id, lease, (extract(epoch FROM updated_at) * 1000000)::bigint FROM fang_tasks WHERE state = 'finished'",
    )?;
    let mut rows: HashMap<Uuid, (i32, u64)> = HashMap::new();
    for row in &finished {
        let [id, lease, at] = row.as_slice() else { return Err("three columns were asked for".into()) };
        rows.insert(Uuid::try_parse(id)?, (lease.parse()?, at.parse::<u64>()?.saturating_sub(epoch)));
    }
    let mut stale = Vec::new();
    for (id, (lease, at)) in rows {
        let runs = book.tasks.get(&id).map_or(&[][..], |entry| &entry.runs);
        let last = runs.iter().max_by_key(|run| run.lease);
        // The two clocks differ by some microseconds.
        let is_right =
            last.is_some_and(|run| run.lease == lease && run.end.is_some_and(|end| end <= at + 1000));
        if !is_right {
            stale.push(id);
        }
    }
    report.tell("finished rows compared with the ledger", finished.len());
    report.judge_none("rows finished by another run than the last", &stale);
    Ok(())
}

/// Shuts the workers down. They report how many results they dropped.
fn stop(workers: Vec<Process>, world: &World, report: &mut Report) -> Result<(), Failure> {
    let mut workers = workers;
    workers.iter().try_for_each(Process::terminate)?;
    for worker in &mut workers {
        worker.ends_within(Duration::from_secs(40))?.ok_or("a worker does not end")?;
    }
    let late = world.shutdowns()?.late_results;
    report.tell("results that came too late and were dropped", late);
    Ok(())
}
