//! `poison`: tasks that abort their process, beside innocent tasks.

use super::ending::drained;
use super::verdict::{MAX_CRASHES, judge_ledger};
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::producer::ProducerSettings;
use crate::roles::work::{Manner, Work};
use crate::world::{Process, World};
use fang_faults::{Book, Strike, clock};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The poison tasks of each mode, by the milliseconds after which they abort. When the first aborts, its neighbours
/// still wait; when the second does, some have begun.
const POISONS: [u64; 2] = [0, 100];
const INNOCENTS: usize = 40;
/// How long the pools run only short tasks before.
const WARM_UP: Duration = Duration::from_secs(2);

/// Lets tasks abort their processes, starts the processes again, and counts the deaths and the innocent tasks that
/// failed.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let runtimes: Vec<Runtime> = options.mode.deal(4).collect();
    let mut workers = world.workers(runtimes.iter().copied())?;
    let producers = produce(&world, options)?;
    let (poisons, innocents) = insert(&world, options)?;
    let strikes = supervise(&world, options, &runtimes, &mut workers, &poisons)?;

    let mut report = Report::new("poison", options);
    report
        .tell("poison tasks, innocent tasks beside them", format!("{}, {}", poisons.len(), innocents.len()));
    report.tell("processes that died", strikes.len());
    let book = judge(&world, options, producers, &strikes, &poisons, &mut report)?;
    let begun: Vec<String> = innocents
        .iter()
        .filter_map(|id| Some((id, book.tasks.get(id)?.runs.len())))
        .filter(|(_, runs)| *runs > MAX_CRASHES)
        .map(|(id, runs)| format!("{id} {runs} times"))
        .collect();
    report.tell(format!("innocent tasks begun more than {MAX_CRASHES} times"), begun.len());
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

/// Starts producers of tasks that take no time, since only then does a pool claim more than it can run at once.
fn produce(world: &World, options: &Options) -> Result<Vec<Process>, Failure> {
    let settings = options.mode.all().iter().zip(options.seed..).map(|(runtime, seed)| {
        let usual = world.producer_settings(*runtime, 50, seed);
        ProducerSettings { long: 0, longest: 0, ..usual }
    });
    let producers: Result<Vec<_>, Failure> = settings.map(|settings| world.producer(&settings)).collect();
    std::thread::sleep(WARM_UP);
    producers
}

/// Inserts each poison task with innocent ones in one batch, so that they are claimed together. Some innocent tasks run
/// when the poison task aborts, others still wait.
fn insert(world: &World, options: &Options) -> Result<(HashSet<Uuid>, Vec<Uuid>), Failure> {
    let (mut poisons, mut innocents) = (HashSet::new(), Vec::new());
    for runtime in options.mode.all() {
        for millis in POISONS {
            let poison = Work { millis, manner: Manner::Abort }.task(*runtime)?;
            poisons.insert(poison.id());
            let innocent = |millis| Work { millis, manner: Manner::Wait }.task(*runtime);
            let beside = (0..INNOCENTS).map(|number| innocent(if number % 2 == 0 { 300 } else { 0 }));
            let mut batch = beside.collect::<Result<Vec<_>, _>>()?;
            innocents.extend(batch.iter().map(|task| task.id()));
            batch.insert(1, poison);
            world.insert(batch)?;
        }
    }
    Ok((poisons, innocents))
}

/// Restarts each process that dies, until each poison task has failed.
fn supervise(
    world: &World,
    options: &Options,
    runtimes: &[Runtime],
    workers: &mut [Process],
    poisons: &HashSet<Uuid>,
) -> Result<Vec<Strike>, Failure> {
    let patience = (options.lease() + Duration::from_secs(15)) * 10;
    let began = Instant::now();
    // Between two looks at the processes.
    let (mut strikes, mut from) = (Vec::new(), clock::now());
    let ids: Vec<String> = poisons.iter().map(Uuid::to_string).collect();
    let failed =
        format!("SELECT count(*) FROM fang_tasks WHERE state = 'failed' AND id IN ('{}')", ids.join("', '"));
    while world.number(&failed)? < poisons.len() as u64 {
        let looked = clock::now();
        for (worker, runtime) in workers.iter_mut().zip(runtimes) {
            if worker.ended()?.is_some() {
                strikes.push(Strike { from, ..Strike::death(worker.pid(), clock::now()) });
                *worker = world.worker(&world.worker_settings(*runtime))?;
            }
        }
        from = looked;
        if began.elapsed() > patience {
            world.keep();
            return Err(format!("some poison tasks have not failed after {patience:?}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(strikes)
}

fn judge(
    world: &World,
    options: &Options,
    producers: Vec<Process>,
    strikes: &[Strike],
    poisons: &HashSet<Uuid>,
    report: &mut Report,
) -> Result<Book, Failure> {
    let (book, mut findings, _) = drained(world, options, producers, strikes)?;
    // Poison tasks never end, and are not lost.
    findings.lost.retain(|id| !poisons.contains(id));
    let deaths = deaths_of(&book, poisons);
    let most = deaths.values().max().copied().unwrap_or_default();
    report.judge(
        "most processes that one poison task killed",
        format!("at most {MAX_CRASHES}"),
        most,
        most <= MAX_CRASHES,
    );
    judge_ledger(&findings, report);
    let failed = world.ids("SELECT id FROM fang_tasks WHERE state = 'failed'")?;
    let innocent: Vec<Uuid> = failed.into_iter().filter(|id| !poisons.contains(id)).collect();
    let was_begun = |id: &&Uuid| book.tasks.get(*id).is_some_and(|entry| !entry.runs.is_empty());
    let (begun, waited): (Vec<&Uuid>, Vec<&Uuid>) = innocent.iter().partition(was_begun);
    report.judge_none("innocent tasks that failed, begun beside a poison task", &begun);
    report.judge_none("innocent tasks that failed without ever being begun", &waited);
    Ok(book)
}

/// How many processes each poison task killed. Each of its runs ends one.
fn deaths_of(book: &Book, poisons: &HashSet<Uuid>) -> HashMap<Uuid, usize> {
    let runs = book.runs().filter(|(id, _)| poisons.contains(id));
    runs.fold(HashMap::new(), |mut deaths, (id, _)| {
        *deaths.entry(id).or_default() += 1;
        deaths
    })
}
