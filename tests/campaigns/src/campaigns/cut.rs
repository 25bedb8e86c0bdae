//! `cut`: connections end between a commit and its reply.

use super::caller::Caller;
use super::verdict::judge_ledger;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::work::{Manner, Work};
use crate::roles::worker::WorkerSettings;
use crate::world::{Process, World};
use fang::{NewTask, Unique};
use fang_faults::check;
use fang_test_support::{Cut, Network, Proxy};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The share of replies that are lost.
const CHANCE: f64 = 0.3;
/// The tags of the replies. A finish that keeps its row returns a count, and so does a beat now and then.
const INSERTED: &str = "INSERT 0 ";
/// An insert with keys returns rows.
const SELECTED: &str = "SELECT ";
const REMOVED: &str = "DELETE ";
const KEPT: &str = "SELECT 1\0";
const DRAINS_WITHIN: Duration = Duration::from_secs(120);
const ENDS_WITHIN: Duration = Duration::from_secs(40);

/// The replies that are cut, and the retention.
#[derive(Clone, Copy, Debug)]
struct Stage {
    name: &'static str,
    /// Whether finished rows stay.
    keep: bool,
    /// Whether each task has a key of its own within an hour.
    keyed: bool,
    insert: Option<&'static str>,
    finish: Option<&'static str>,
}

const BARE: Stage = Stage { name: "", keep: true, keyed: false, insert: None, finish: None };
/// A repeated insert finds the id or the key of its task if that is still there. Only such inserts are judged.
const STAGES: [Stage; 4] = [
    Stage { name: "insert, rows kept", insert: Some(INSERTED), ..BARE },
    Stage {
        name: "insert with keys, rows removed",
        keep: false,
        keyed: true,
        insert: Some(SELECTED),
        ..BARE
    },
    Stage { name: "finish, rows kept", finish: Some(KEPT), ..BARE },
    Stage { name: "finish, rows removed", keep: false, finish: Some(REMOVED), ..BARE },
];
/// If a task has run before its insert is repeated, its row is gone, and its id with it.
const FORGETFUL: Stage = Stage { name: "insert, rows removed", keep: false, insert: Some(INSERTED), ..BARE };
const HOUR: Duration = Duration::from_secs(3600);

/// The counts of a stage.
#[derive(Default)]
struct Tally {
    cuts: u64,
    repeated_calls: u32,
    tasks: Vec<Uuid>,
}

/// Drops replies, so that the application and the workers repeat their statements. Counts the runs.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let mut report = Report::new("cut", options);
    let each = options.either(340, 10);
    for stage in STAGES {
        let tally = all_modes(&world, options, stage, each)?;
        tell(&mut report, stage, &tally);
        report.judge(
            format!("cuts ({})", stage.name),
            format!("at least {each}"),
            tally.cuts,
            tally.cuts >= each,
        );
    }
    let book = world.book()?;
    judge_ledger(&check(&book, &[]), &mut report);
    // No process failed, so no task was rescued: each result was saved by the commit whose reply was lost.
    let late = world.shutdowns()?.late_results;
    report.tell("results that were saved, and counted as too late when they were sent again", late);
    judge_rows(&world, &mut report)?;
    forgetful(&world, options, each, &mut report)?;
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn tell(report: &mut Report, stage: Stage, tally: &Tally) {
    let what = format!("tasks, cuts, inserts repeated by the application ({})", stage.name);
    report.tell(what, format!("{}, {}, {}", tally.tasks.len(), tally.cuts, tally.repeated_calls));
}

fn all_modes(world: &World, options: &Options, stage: Stage, cuts: u64) -> Result<Tally, Failure> {
    let runtimes = options.mode.all();
    let mut all = Tally::default();
    for (runtime, seed) in runtimes.iter().zip(options.seed..) {
        let tally = one_mode(world, *runtime, stage, cuts.div_ceil(runtimes.len() as u64), seed)?;
        all.cuts += tally.cuts;
        all.repeated_calls += tally.repeated_calls;
        all.tasks.extend(tally.tasks);
    }
    Ok(all)
}

/// Inserts small batches until there are enough cuts.
fn one_mode(world: &World, runtime: Runtime, stage: Stage, cuts: u64, seed: u64) -> Result<Tally, Failure> {
    let (to_insert, to_finish) = (Proxy::start(world.uri())?, Proxy::start(world.uri())?);
    let uri = to_finish.uri().to_owned();
    let settings = WorkerSettings { uri, keep: stage.keep, ..world.worker_settings(runtime) };
    let mut worker = world.worker(&settings)?;
    world.wait_for(std::slice::from_ref(&worker))?;
    let cut = |tag: &str| Network::CutAt(Cut::answers([tag]).by_chance(CHANCE, seed).times(cuts));
    if let Some(tag) = stage.insert {
        to_insert.set(cut(tag));
    }
    if let Some(tag) = stage.finish {
        to_finish.set(cut(tag));
    }
    let caller = Caller::new(runtime, to_insert.uri())?;
    let mut tally = Tally::default();
    let mut random = fastrand::Rng::with_seed(seed);
    let began = Instant::now();
    while to_insert.cuts() + to_finish.cuts() < cuts {
        let tasks = tasks(runtime, stage, random.usize(1..=5))?;
        insert(world, &caller, &tasks, &mut tally)?;
        if began.elapsed() > DRAINS_WITHIN * 5 {
            break;
        }
    }
    world.drain(DRAINS_WITHIN)?;
    tally.cuts = to_insert.cuts() + to_finish.cuts();
    stop(&mut worker)?;
    Ok(tally)
}

fn tasks(runtime: Runtime, stage: Stage, count: usize) -> Result<Vec<NewTask>, Failure> {
    let task = || -> Result<NewTask, Failure> {
        let task = Work { millis: 0, manner: Manner::Wait }.task(runtime)?;
        let key = Unique::key(task.id().to_string()).within(HOUR);
        Ok(if stage.keyed { task.unique_by(key) } else { task })
    };
    (0..count).map(|_| task()).collect()
}

fn insert(world: &World, caller: &Caller, tasks: &[NewTask], tally: &mut Tally) -> Result<(), Failure> {
    let ids: Vec<Uuid> = tasks.iter().map(|task| task.id()).collect();
    let ledger = world.ledger()?;
    ledger.wanted(ids.iter().copied())?;
    tally.repeated_calls += caller.insist(tasks)?;
    ledger.acknowledged(ids.iter().copied())?;
    tally.tasks.extend(ids);
    Ok(())
}

/// Shuts a worker down, so that it saves its last results.
fn stop(worker: &mut Process) -> Result<(), Failure> {
    worker.terminate()?;
    let ended = worker.ends_within(ENDS_WITHIN)?.ok_or("a worker does not end; see workers.log")?;
    if ended.success() { Ok(()) } else { Err(format!("a worker failed, see workers.log: {ended}").into()) }
}

/// Each row that stayed belongs to one finished run.
fn judge_rows(world: &World, report: &mut Report) -> Result<(), Failure> {
    let odd = world.ids("SELECT id FROM fang_tasks WHERE state <> 'finished' OR lease <> 1")?;
    report.judge_none("rows claimed more than once, or not finished", &odd);
    Ok(())
}

/// Inserts whose rows are removed. How often their tasks run is not judged: the promise is at least once.
fn forgetful(world: &World, options: &Options, cuts: u64, report: &mut Report) -> Result<(), Failure> {
    let tally = all_modes(world, options, FORGETFUL, cuts)?;
    tell(report, FORGETFUL, &tally);
    let tasks: HashSet<Uuid> = tally.tasks.iter().copied().collect();
    let findings = check(&world.book()?, &[]);
    let of_stage = |ids: &[Uuid]| ids.iter().filter(|id| tasks.contains(id)).copied().collect::<Vec<_>>();
    report.judge_none("of this stage, acknowledged tasks that never ran", &of_stage(&findings.lost));
    report.tell(
        "of this stage, tasks that ran again because their row was gone when the insert was repeated",
        of_stage(&findings.repeated).len(),
    );
    Ok(())
}
