//! `kill`: `kill -9` of workers under load.

use super::ending::end;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::{Process, World};
use fang_faults::{
    Book, Strike,
    clock::{self, micros},
};
use fastrand::Rng;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PROCESSES: usize = 4;

/// One kill, and the tasks that the table says its process had claimed.
struct Kill {
    strike: Strike,
    held: Vec<Uuid>,
}

/// Kills a random worker now and then, and starts another in its place. Counts what that costs.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let (world, began) = (World::create(options)?, clock::now());
    let mut workers = world.workers(options.mode.deal(PROCESSES))?;
    let producers = world.producers(options, options.either(2000, 300))?;
    let kills = strike(&world, options, &mut workers)?;

    let mut report = Report::new("kill", options);
    report.tell("processes killed", kills.len());
    let strikes: Vec<Strike> = kills.iter().map(|kill| kill.strike).collect();
    let (book, findings) = end(&world, options, producers, &strikes, &mut report)?;
    report.tell("tasks that ran again, running or unsaved at the kill", findings.repeated_after_strike);
    report.tell(
        "longest time from the end of an unsaved run to the kill",
        format!("{:.0?}", findings.longest_unsaved),
    );
    judge_rescues(options, began, &kills, &book, &mut report);
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn strike(world: &World, options: &Options, workers: &mut [Process]) -> Result<Vec<Kill>, Failure> {
    let mut random = Rng::with_seed(options.seed);
    let runtimes: Vec<_> = options.mode.deal(PROCESSES).collect();
    let interval = options.either(Duration::from_secs(6), Duration::from_secs(1));
    let end = Instant::now() + options.length(Duration::from_secs(600), Duration::from_secs(10));
    let mut kills = Vec::new();
    while Instant::now() < end {
        std::thread::sleep(interval.mul_f64(0.5 + random.f64()));
        let index = random.usize(0..PROCESSES);
        let (Some(victim), Some(runtime)) = (workers.get_mut(index), runtimes.get(index)) else { continue };
        let (pid, from) = (victim.pid(), clock::now());
        let strike = Strike { from, ..Strike::death(pid, victim.kill()?) };
        kills.push(Kill { strike, held: world.held_by(pid)? });
        *victim = world.worker(&world.worker_settings(*runtime))?;
    }
    Ok(kills)
}

/// The time from each kill until each task of the dead process was with another process: it began there, or was there
/// at a later kill. Nobody is declared dead in the first lease of a table, so the time counts from its end.
fn judge_rescues(options: &Options, began: u64, kills: &[Kill], book: &Book, report: &mut Report) {
    let first_lease = began + micros(options.lease());
    let (mut waits, mut longest) = (Vec::new(), 0);
    let mut never = Vec::new();
    for (index, kill) in kills.iter().enumerate() {
        let later = kills.get(index + 1..).unwrap_or_default();
        for id in &kill.held {
            let runs = book.tasks.get(id).map_or(&[][..], |entry| &entry.runs);
            let begun = runs.iter().map(|run| run.start).find(|start| *start > kill.strike.to);
            let caught = later.iter().find(|later| later.held.contains(id)).map(|later| later.strike.to);
            match begun.into_iter().chain(caught).min() {
                Some(at) => {
                    longest = longest.max(at - kill.strike.to);
                    waits.push(at.saturating_sub(kill.strike.to.max(first_lease)));
                }
                // The server may still have saved it after the kill.
                None if runs.iter().any(|run| run.end.is_some()) => {}
                None => never.push(*id),
            }
        }
    }
    waits.sort_unstable();
    report.tell("tasks of the dead processes", waits.len() + never.len());
    report.tell("of those, never with another process again", never.len());
    let limit = options.rescued_within();
    let late = waits.iter().filter(|wait| **wait > micros(limit)).count();
    let seconds = |wait: Option<&u64>| wait.copied().unwrap_or_default() as f64 / 1e6;
    let measured = format!(
        "{late} (the median waited {:.1} s, the longest {:.1} s, or {:.1} s with the first lease of the table)",
        seconds(waits.get(waits.len() / 2)),
        seconds(waits.last()),
        seconds(Some(&longest))
    );
    let what = format!("of those, with another process only after more than {} s", limit.as_secs());
    report.judge(what, 0, measured, late == 0);
}
