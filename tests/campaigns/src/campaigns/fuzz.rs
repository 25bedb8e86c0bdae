//! `fuzz`: invalid rows, written by SQL, rows of which a trigger refuses a change, and tasks of odd types, inserted by queues.

mod inserts;
mod json;
mod late;
mod refused;
mod rows;
mod table;

use super::verdict::judge_ledger;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::roles::worker::{COMMON, WorkerSettings};
use crate::world::{Process, World};
use fang_faults::{Book, check};
use rows::{Fate, ODD_TYPE, Row, Rows};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use table::Table;
use uuid::Uuid;

const BATCH: usize = 1000;
/// There is one valid row for this many fuzzed ones.
const NEIGHBOURS: usize = 10;
/// A change of so many rows of a batch is refused. A process remembers up to 1,000 rows that it cannot claim.
const REFUSED: usize = 3;
/// A row whose claim or results are refused runs at most so often: each process learns it by a few runs.
const MOST_RUNS: usize = 10;
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The log messages of a worker when it cannot work, and when it can again.
const TROUBLE: [(&str, &str); 2] = [
    ("no tasks can be claimed", "tasks can be claimed again"),
    ("results cannot be saved", "results can be saved again"),
];

/// Rows that are due and were not claimed yet, and rows that seem to run.
const OPEN: &str = "SELECT count(*) FROM fang_tasks
    WHERE error_message IS NULL AND coalesce(metadata->>'refuse', '') <> 'claim' AND (
        (state = 'in_progress' AND coalesce(metadata->>'refuse', '') <> 'result')
        OR (state IN ('new', 'retried')
            AND scheduled_at <= now() AND task_type IN ($types) AND mode BETWEEN 0 AND 2))";

/// The state of each remaining row.
const ENDS: &str = "SELECT id, CASE
        WHEN state = 'failed' AND error_message LIKE '%the database refused its result%' THEN 'refused'
        WHEN state = 'failed' AND error_message <> '' THEN 'failed'
        WHEN state NOT IN ('failed', 'finished') AND unknown_since IS NOT NULL AND error_message <> ''
            THEN 'unknown'
        WHEN state IN ('new', 'retried') AND error_message IS NULL THEN 'waits'
        WHEN state = 'in_progress' AND error_message IS NULL THEN 'in progress'
        ELSE state || ' without a reason'
    END FROM fang_tasks";

/// Writes fuzzed and valid rows while workers run, and checks what became of each.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    refused::create_trigger(&world)?;
    let mut workers = start(&world, options)?;
    let mut report = Report::new("fuzz", options);
    let (fates, written, took) = late::judge_during(&world, &mut report, |report| {
        let mut fates = write(&world, options)?;
        let written = fates.len();
        inserts::write(&world, options, &mut fates, report)?;
        Ok((fates, written, all_claimed(&world, options)?))
    })?;
    let fuzzed = fates.values().filter(|fate| **fate != Fate::Runs).count();
    report.tell("fuzzed and refused rows, valid rows beside them", format!("{fuzzed}, {}", written - fuzzed));
    refused::judge_names(&world, &fates, &mut report)?;
    report.tell("time from the last insert until all were claimed", format!("{:.0} s", took.as_secs_f64()));
    judge_workers(&mut workers, &world, &mut report)?;
    judge_runs(&world, &fates, &mut report)?;
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

/// Two processes of each mode: one for the usual task type, one for the odd one.
fn start(world: &World, options: &Options) -> Result<Vec<Process>, Failure> {
    let runtimes = options.mode.all().iter();
    let settings = runtimes.flat_map(|runtime| {
        [COMMON, ODD_TYPE].map(|task_type| WorkerSettings {
            task_type: task_type.to_owned(),
            ..world.worker_settings(*runtime)
        })
    });
    let workers = settings.map(|settings| world.worker(&settings)).collect::<Result<Vec<_>, _>>()?;
    world.wait_for(&workers)?;
    Ok(workers)
}

/// Writes all rows. Returns what must become of each.
fn write(world: &World, options: &Options) -> Result<HashMap<Uuid, Fate>, Failure> {
    let table = Table::open(world.uri())?;
    let ledger = world.ledger()?;
    let mut rows = Rows::new(options.seed, options.mode);
    let mut fates = HashMap::new();
    for _ in 0..options.either(1_000_000, 20_000) / BATCH {
        let mut batch: Vec<Row> = (0..BATCH).map(|_| rows.fuzzed()).collect();
        batch.extend((0..BATCH / NEIGHBOURS).map(|_| rows.valid()));
        batch.extend((0..REFUSED).map(|_| rows.refused()));
        table.insert(&batch)?;
        let valid = batch.iter().filter(|row| row.fate.runs_once()).map(|row| row.id);
        ledger.acknowledged(valid)?;
        fates.extend(batch.iter().map(|row| (row.id, row.fate)));
    }
    Ok(fates)
}

/// Waits until every due row was claimed. Returns how long that took.
fn all_claimed(world: &World, options: &Options) -> Result<Duration, Failure> {
    let sql = OPEN.replace("$types", &format!("'{COMMON}', '{}'", ODD_TYPE.replace('\'', "''")));
    let patience = options.either(Duration::from_secs(3600), Duration::from_secs(240));
    world.wait_until("every due row to be claimed", patience, || {
        std::thread::sleep(LOOK_EVERY);
        Ok(world.number(&sql)? == 0)
    })
}

fn judge_workers(workers: &mut [Process], world: &World, report: &mut Report) -> Result<(), Failure> {
    let mut exits = Vec::new();
    for worker in workers {
        exits.extend(worker.ended()?.map(|status| status.to_string()));
    }
    report.judge_none("worker processes that ended", &exits);
    let log = std::fs::read_to_string(world.folder().join("workers.log"))?;
    let lines = |words: &str| log.lines().filter(|line| line.contains(words)).collect::<Vec<_>>();
    for (begun, over) in TROUBLE {
        let (begun_lines, over_lines) = (lines(begun).len(), lines(over).len());
        let must = format!("as often over ({over_lines})");
        report.judge(
            format!("times that workers logged: {begun}"),
            must,
            begun_lines,
            begun_lines == over_lines,
        );
    }
    report.judge_none("panics that workers logged", &lines("panicked"));
    Ok(())
}

fn judge_runs(world: &World, fates: &HashMap<Uuid, Fate>, report: &mut Report) -> Result<(), Failure> {
    let mut book = world.book()?;
    let may_run_again = |id: &Uuid| fates.get(id).is_some_and(|fate| fate.may_run_again());
    let apart: Vec<_> = book.tasks.extract_if(|id, _| may_run_again(id)).collect();
    judge_ledger(&check(&book, &[]), report);
    book.tasks.extend(apart);
    judge_rows(world, &book, fates, report)
}

/// The ledger must show that each removed row ran once. Each other row must say why it did not run.
fn judge_rows(
    world: &World,
    book: &Book,
    fates: &HashMap<Uuid, Fate>,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut ends: HashMap<Uuid, String> = HashMap::new();
    for row in world.rows(ENDS)? {
        let [id, end] = row.as_slice() else { return Err("two columns were asked for".into()) };
        ends.insert(Uuid::try_parse(id)?, end.clone());
    }
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, fate) in fates {
        let runs = book.tasks.get(id).map_or(&[][..], |entry| &entry.runs);
        let ended = runs.iter().filter(|run| run.is_done()).count();
        let end = ends.get(id).map_or("gone", String::as_str);
        let is_right = match (fate, end) {
            (Fate::Runs | Fate::Ends, "gone") => ended == 1,
            (Fate::Ends, "failed" | "unknown")
            | (Fate::Newer, "unknown")
            | (Fate::Waits, "failed" | "waits") => runs.is_empty(),
            (Fate::Unremovable, "refused") => ended == 1,
            (Fate::Unsavable, "in progress") | (Fate::Unclaimable, "gone") => {
                (1..=MOST_RUNS).contains(&ended)
            }
            (Fate::Unclaimable, "waits") => ended <= MOST_RUNS,
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{id} ({fate:?}) {end}, {} runs", runs.len()));
        }
        *counts.entry((format!("{fate:?}"), end)).or_default() += 1;
    }
    for ((fate, end), count) in counts {
        report.tell(format!("rows meant as {fate} that are now: {end}"), count);
    }
    report.judge_none("rows in a wrong state, or without a reason", &wrong);
    Ok(())
}
