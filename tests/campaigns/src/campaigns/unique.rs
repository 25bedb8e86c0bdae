//! `unique`: producers race for the same unique tasks, while they and the workers are killed.

use super::ending::end;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::racer::{ALIVE, PERIOD, PRODUCERS, RacerSettings, STARTED, WITHIN};
use crate::roles::worker::WorkerSettings;
use crate::world::{Process, World};
use fang_faults::{Book, Entry, Fate, Strike, clock::micros, clock::now};
use fastrand::Rng;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many processes of producers, and of workers.
const PROCESSES: usize = 4;
/// Short, since a task of a dead worker keeps its key until it is rescued.
const LEASE: Duration = Duration::from_secs(3);
const COUNT_EVERY: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The processes, the kills, and the findings during the race.
struct Race<'w> {
    world: &'w World,
    runtimes: Vec<Runtime>,
    workers: Vec<Process>,
    racers: Vec<Process>,
    random: Rng,
    strikes: Vec<Strike>,
    racers_killed: usize,
    looks: usize,
    /// Keys that had two tasks at one moment.
    twice: Vec<String>,
}

/// Lets producers race until there are enough tries, and kills some processes now and then.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let mut race = Race::start(&world, options)?;
    race.run(options)?;

    let mut report = Report::new("unique", options);
    report.tell("producers, tries", format!("{}, {}", PROCESSES as u64 * PRODUCERS, tries(&world)?));
    report.tell(
        "processes of producers killed, of workers",
        format!("{}, {}", race.racers_killed, race.strikes.len()),
    );
    let (book, _) = end(&world, options, race.racers, &race.strikes, &mut report)?;
    report.tell("looks at the table", race.looks);
    report.judge_none("keys with two tasks at one moment", &race.twice);
    judge_rows(&world, &book, &mut report)?;
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn worker(world: &World, runtime: Runtime) -> WorkerSettings {
    let lease = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
    WorkerSettings { keep: true, lease, ..world.worker_settings(runtime) }
}

fn racer(world: &World, runtime: Runtime, seed: u64) -> RacerSettings {
    RacerSettings { uri: world.uri().to_owned(), folder: world.folder().to_owned(), runtime, seed }
}

impl<'w> Race<'w> {
    fn start(world: &'w World, options: &Options) -> Result<Self, Failure> {
        let runtimes: Vec<Runtime> = options.mode.deal(PROCESSES).collect();
        let start = |runtime: &Runtime| world.worker(&worker(world, *runtime));
        let workers = runtimes.iter().map(start).collect::<Result<Vec<_>, _>>()?;
        world.wait_for(&workers)?;
        let start = |(runtime, seed): (&Runtime, u64)| world.racer(&racer(world, *runtime, seed));
        let racers = runtimes.iter().zip(options.seed..).map(start).collect::<Result<Vec<_>, _>>()?;
        let random = Rng::with_seed(options.seed);
        let (strikes, twice) = (Vec::new(), Vec::new());
        Ok(Self { world, runtimes, workers, racers, random, strikes, racers_killed: 0, looks: 0, twice })
    }

    /// Checks the table and kills processes until there are enough tries.
    fn run(&mut self, options: &Options) -> Result<(), Failure> {
        let enough = options.either(100_000, 4_000);
        let interval = options.either(Duration::from_secs(3), Duration::from_secs(1));
        let (mut counted, mut struck) = (Instant::now(), Instant::now());
        loop {
            self.look()?;
            if struck.elapsed() > interval {
                self.strike()?;
                struck = Instant::now();
            }
            if counted.elapsed() > COUNT_EVERY {
                if tries(self.world)? >= enough {
                    return Ok(());
                }
                counted = Instant::now();
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Kills a process. One in three is a worker.
    fn strike(&mut self) -> Result<(), Failure> {
        let index = self.random.usize(0..PROCESSES);
        let runtime = *self.runtimes.get(index).ok_or("no such process")?;
        if self.random.u8(0..3) == 0 {
            let victim = self.workers.get_mut(index).ok_or("no such worker")?;
            let (pid, from) = (victim.pid(), now());
            self.strikes.push(Strike { from, ..Strike::death(pid, victim.kill()?) });
            *victim = self.world.worker(&worker(self.world, runtime))?;
        } else {
            let victim = self.racers.get_mut(index).ok_or("no such producer")?;
            victim.kill()?;
            self.racers_killed += 1;
            *victim = self.world.racer(&racer(self.world, runtime, self.random.u64(..)))?;
        }
        Ok(())
    }

    /// Checks the table for keys with two tasks. One statement sees one moment.
    fn look(&mut self) -> Result<(), Failure> {
        let sql = format!(
            "SELECT options->'tags'->>0 AS key FROM fang_tasks
             WHERE state IN ('new', 'retried', 'in_progress') AND options->'tags'->>0 LIKE '{ALIVE}%'
             GROUP BY key HAVING count(*) > 1
             UNION ALL
             SELECT options->'tags'->>0 AS key FROM fang_tasks
             WHERE state = 'new' AND lease = 0 AND options->'tags'->>0 LIKE '{STARTED}%'
             GROUP BY key HAVING count(*) > 1"
        );
        self.looks += 1;
        self.twice.extend(self.world.rows(&sql)?.into_iter().flatten());
        Ok(())
    }
}

/// How many inserts were tried so far.
fn tries(world: &World) -> Result<usize, Failure> {
    let lines = BufReader::new(File::open(world.ledger_path())?).lines();
    Ok(lines.map_while(Result::ok).filter(|line| line.starts_with("want")).count())
}

/// All rows are kept, so the table must have each accepted task, and no other.
fn judge_rows(world: &World, book: &Book, report: &mut Report) -> Result<(), Failure> {
    let rows = world.rows("SELECT id, options->'tags'->>0 FROM fang_tasks")?;
    let mut keys: HashMap<Uuid, String> = HashMap::new();
    for row in rows {
        let [id, key] = <[String; 2]>::try_from(row).map_err(|_| "a row of two columns")?;
        keys.insert(Uuid::try_parse(&id)?, key);
    }
    let of_fate = |fate: Fate| book.tasks.iter().filter(move |(_, entry)| entry.fate == Some(fate));
    let missing: Vec<_> =
        of_fate(Fate::Acked).map(|(id, _)| *id).filter(|id| !keys.contains_key(id)).collect();
    report.judge_none("accepted tasks without a row", &missing);
    let kept_out: Vec<_> =
        of_fate(Fate::RolledBack).map(|(id, _)| *id).filter(|id| keys.contains_key(id)).collect();
    report.judge_none("tasks that were kept out or rolled back, with a row", &kept_out);
    let unanswered = of_fate(Fate::Unknown).filter(|(id, _)| keys.contains_key(id)).count();
    report.tell("rows; of those, from inserts without an answer", format!("{}, {unanswered}", keys.len()));
    report
        .judge_none("tasks that ran before an earlier task of their key had ended", &too_early(book, &keys));
    let sql = format!(
        "SELECT id FROM (SELECT id, created_at - lag(created_at) OVER (
            PARTITION BY options->'tags'->>0 ORDER BY created_at) AS gap
         FROM fang_tasks WHERE options->'tags'->>0 LIKE '{WITHIN}%') row
         WHERE gap < interval '{} microseconds'",
        micros(PERIOD)
    );
    report.judge_none("tasks inserted within the period of another", &world.ids(&sql)?);
    Ok(())
}

/// Tasks that are unique while alive and began before the previous one had ended for good.
fn too_early(book: &Book, keys: &HashMap<Uuid, String>) -> Vec<Uuid> {
    let mut lives: HashMap<&str, Vec<(u64, u64, Uuid)>> = HashMap::new();
    for (id, key) in keys.iter().filter(|(_, key)| key.starts_with(ALIVE)) {
        if let Some((start, end)) = book.tasks.get(id).and_then(life) {
            lives.entry(key).or_default().push((start, end, *id));
        }
    }
    let mut early = Vec::new();
    for lives in lives.values_mut() {
        lives.sort_unstable();
        let overlapping = lives.windows(2).filter(|pair| pair[1].0 < pair[0].1);
        early.extend(overlapping.map(|pair| pair[1].2));
    }
    early
}

/// From the start of the first run to the last known moment of a run.
fn life(entry: &Entry) -> Option<(u64, u64)> {
    let first = entry.runs.first()?;
    let last = entry.runs.iter().map(|run| run.end.unwrap_or(run.start)).max()?;
    Some((first.start, last))
}
