//! `term`: SIGTERM under load.

use super::ending::end;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::world::{Process, World};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const PROCESSES: usize = 4;
/// The time that an orchestrator allows before it kills.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// How the workers of one slot ended.
#[derive(Default)]
struct Ends {
    took: Vec<Duration>,
    bad: Vec<String>,
}

/// Terminates workers and starts others in their place, in all slots at the same time.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let workers = world.workers(options.mode.deal(PROCESSES))?;
    let mut producers = world.producers(options, options.either(500, 200))?;
    for runtime in options.mode.all() {
        // Long tasks, but shorter than the deadline of a shutdown.
        let mut settings = world.producer_settings(*runtime, 1, options.seed + 100);
        (settings.long, settings.longest) = (100, options.either(20_000, 4000));
        producers.push(world.producer(&settings)?);
    }
    let (last, ends) = strike(&world, options, workers)?;

    let mut report = Report::new("term", options);
    report.tell("processes that got a SIGTERM", ends.took.len() + ends.bad.len());
    end(&world, options, producers, &[], &mut report)?;
    let what =
        format!("workers that ended with another code than 0, or not within {} s", ENDS_WITHIN.as_secs());
    report.judge_none(what, &ends.bad);
    let longest = ends.took.iter().max().copied().unwrap_or_default();
    report.tell("longest time from SIGTERM to the end", format!("{:.1} s", longest.as_secs_f64()));
    let down = world.shutdowns()?;
    report.tell("tasks handed back", down.handed_back);
    let late = down.late_results;
    report.judge("results that came too late", 0, late, late == 0);
    drop(last);
    Ok(report)
}

fn strike(world: &World, options: &Options, workers: Vec<Process>) -> Result<(Vec<Process>, Ends), Failure> {
    let sigterms = AtomicU32::new(options.either(200, 12));
    let end = Instant::now() + options.length(Duration::from_secs(1800), Duration::from_secs(30));
    let slots: Vec<_> = workers.into_iter().zip(options.mode.deal(PROCESSES)).collect();
    let mut all = (Vec::new(), Ends::default());
    std::thread::scope(|scope| {
        let running: Vec<_> = slots
            .into_iter()
            .zip(1..)
            .map(|((worker, runtime), slot)| {
                let (sigterms, seed) = (&sigterms, options.seed.wrapping_mul(slot));
                scope.spawn(move || one_slot(world, worker, runtime, (sigterms, end), seed))
            })
            .collect();
        for slot in running {
            let (worker, ends) = slot.join().map_err(|_| "a slot panicked")??;
            all.0.push(worker);
            all.1.took.extend(ends.took);
            all.1.bad.extend(ends.bad);
        }
        Ok(all)
    })
}

fn one_slot(
    world: &World,
    mut worker: Process,
    runtime: Runtime,
    (sigterms, end): (&AtomicU32, Instant),
    seed: u64,
) -> Result<(Process, Ends), Failure> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ends = Ends::default();
    let take = |left: u32| left.checked_sub(1);
    while Instant::now() < end && sigterms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
        std::thread::sleep(Duration::from_millis(random.u64(500..3000)));
        let began = Instant::now();
        worker.terminate()?;
        match worker.ends_within(ENDS_WITHIN)? {
            Some(status) if status.success() => ends.took.push(began.elapsed()),
            Some(status) => ends.bad.push(status.to_string()),
            None => ends.bad.push(format!("still there after {} s", ENDS_WITHIN.as_secs())),
        }
        worker = world.worker(&world.worker_settings(runtime))?;
        world.wait_for(std::slice::from_ref(&worker))?;
    }
    Ok((worker, ends))
}
