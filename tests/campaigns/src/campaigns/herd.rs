//! `herd`: 64 producers at once. Each notification makes every commit of the database wait, so there must be few.

use super::ending::end;
use super::meter::{self, NOTIFY, Waits};
use super::{ending::stop_producers, rate};
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::roles::herd::{HerdSettings, PRODUCERS};
use crate::roles::worker::WorkerSettings;
use crate::world::{Process, World};
use fang_faults::{Book, clock};
use fang_test_support::{Cluster, Durability};
use std::time::Duration;

/// How many processes of producers, and of workers.
const PROCESSES: usize = 4;
/// Milliseconds between two herds: longer than the longest sleep of a pool, so that all pools sleep when the herd
/// comes.
const PAUSE: u64 = 2500;
/// The most notifications that a process sends in a second. It may send two more at the beginning.
const A_SECOND: f64 = 10.0;
/// How many seconds a stage may last longer than its round, until the producers have ended.
const SLACK: f64 = 2.0;
/// The time within which 99 of 100 tasks begin that were inserted while all pools slept.
const STARTS_WITHIN: Duration = Duration::from_millis(200);
/// The rate must be this many times that with a notification for each insert.
const TIMES: f64 = 2.0;

/// A notification for each insert, in its transaction, as other libraries do.
const NOTIFY_EACH: &str = "
    CREATE FUNCTION notify_each() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_notify('fang', NEW.task_type); RETURN NEW; END $$;
    CREATE TRIGGER notify_each AFTER INSERT ON fang_tasks FOR EACH ROW EXECUTE FUNCTION notify_each()";
const NOTIFY_FEW: &str = "DROP TRIGGER notify_each ON fang_tasks; DROP FUNCTION notify_each()";

/// How the herd inserts.
#[derive(Clone, Copy)]
struct Stage {
    name: &'static str,
    every: u64,
    within: bool,
    mute: bool,
    /// Whether a trigger sends a notification for every row.
    naive: bool,
}

const CALLS: Stage = Stage { name: "pools at work", every: 0, within: false, mute: false, naive: false };
const ASLEEP: Stage = Stage { name: "pools asleep", every: PAUSE, ..CALLS };
const DEAF: Stage = Stage { name: "listening off", ..CALLS };
const WITHIN: Stage = Stage { name: "within transactions of the application", within: true, ..CALLS };
const MUTE: Stage =
    Stage { name: "within transactions, without notifications", within: true, mute: true, ..CALLS };
const NAIVE: Stage = Stage { name: "a notification for each insert, by a trigger", naive: true, ..CALLS };

/// The figures of one stage.
struct Round {
    stage: Stage,
    from: u64,
    to: u64,
    notifications: u64,
}

/// Runs the herd in every stage.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    // Only commits that wait for the disk show the cost of waiting for each other.
    let world =
        World::over(Cluster::create(options.either(Durability::Durable, Durability::Fast))?, options)?;
    meter::start(&world)?;
    let each = options.length(Duration::from_secs(120), Duration::from_secs(6)) / 6;
    let mut rounds = Vec::new();
    let workers = workers(&world, options, false)?;
    rounds.push(round(&world, options, ASLEEP, options.either(each, Duration::from_millis(PAUSE)))?);
    for stage in [CALLS, WITHIN, MUTE, NAIVE] {
        rounds.push(round(&world, options, stage, each)?);
    }
    stop(workers)?;
    let _deaf = self::workers(&world, options, true)?;
    rounds.push(round(&world, options, DEAF, each)?);

    let mut report = Report::new("herd", options);
    report.tell("producers, in processes", format!("{}, {PROCESSES}", PROCESSES as u32 * PRODUCERS));
    let (book, _) = end(&world, options, Vec::new(), &[], &mut report)?;
    rounds.iter().for_each(|round| tell(round, &book, &mut report));
    judge_rates(options, &rounds, &book, &mut report);
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn workers(world: &World, options: &Options, deaf: bool) -> Result<Vec<Process>, Failure> {
    let settings = |runtime| WorkerSettings { deaf, ..world.worker_settings(runtime) };
    let started: Result<Vec<_>, _> =
        options.mode.deal(PROCESSES).map(|runtime| world.worker(&settings(runtime))).collect();
    let started = started?;
    world.wait_for(&started)?;
    Ok(started)
}

fn stop(mut workers: Vec<Process>) -> Result<(), Failure> {
    for worker in &mut workers {
        worker.terminate()?;
        worker.ends_within(Duration::from_secs(40))?.ok_or("a worker does not end")?;
    }
    Ok(())
}

fn round(world: &World, options: &Options, stage: Stage, time: Duration) -> Result<Round, Failure> {
    if stage.naive {
        world.rows(NOTIFY_EACH)?;
    }
    let settings = |runtime| HerdSettings {
        uri: world.uri().to_owned(),
        folder: world.folder().to_owned(),
        runtime,
        every: stage.every,
        within: stage.within,
        mute: stage.mute,
    };
    let before = meter::spent(world, NOTIFY)?.calls;
    let from = clock::now();
    let herd: Result<Vec<_>, _> =
        options.mode.deal(PROCESSES).map(|runtime| world.herd(&settings(runtime))).collect();
    let herd = herd?;
    std::thread::sleep(time);
    let to = clock::now();
    stop_producers(herd)?;
    let notifications = meter::spent(world, NOTIFY)?.calls - before;
    world.drain(Duration::from_secs(120))?;
    if stage.naive {
        world.rows(NOTIFY_FEW)?;
    }
    Ok(Round { stage, from, to, notifications })
}

impl Round {
    fn seconds(&self) -> f64 {
        (self.to - self.from) as f64 / 1e6
    }

    /// Inserts a second.
    fn rate(&self, book: &Book) -> f64 {
        let mut acked: Vec<u64> = book.tasks.values().filter_map(|entry| entry.acked_at).collect();
        acked.sort_unstable();
        rate::mean(&acked, self.from, self.to)
    }
}

fn tell(round: &Round, book: &Book, report: &mut Report) {
    let Round { stage, notifications, .. } = round;
    let waits = Waits::between(book, round.from, round.to);
    let counted = format!("{}, {:.0}, {notifications}", waits.count(), round.rate(book));
    report.tell(format!("tasks, tasks a second, notifications by the library ({})", stage.name), counted);
    let what = format!("time from insert to start: median, 99 %, longest ({})", stage.name);
    report.tell(what, waits.text());
    if stage.mute {
        report.judge(
            format!("notifications by the library ({})", stage.name),
            0,
            notifications,
            *notifications == 0,
        );
    } else if !stage.within {
        let most = ((round.seconds() + SLACK) * A_SECOND + 2.0) * PROCESSES as f64;
        let what = format!("notifications by the library ({})", stage.name);
        report.judge(what, format!("at most {most:.0}"), notifications, *notifications as f64 <= most);
    }
}

fn judge_rates(options: &Options, rounds: &[Round], book: &Book, report: &mut Report) {
    let [asleep, calls, within, mute, naive, deaf] = rounds else { return };
    let waits = Waits::between(book, asleep.from, asleep.to);
    let (limit, measured) = (STARTS_WITHIN.as_millis() as f64, waits.at(0.99));
    let what = "time until 99 of 100 tasks had begun, for a herd that met sleeping pools";
    report.judge_in_full(
        options,
        what,
        format!("{limit} ms"),
        format!("{measured:.1} ms"),
        measured <= limit,
    );
    let ratio = calls.rate(book) / naive.rate(book).max(1.0);
    let what = "the rate, divided by that with a notification for each insert";
    report.judge_in_full(options, what, format!("at least {TIMES}"), format!("{ratio:.2}"), ratio >= TIMES);
    let ratio = mute.rate(book) / within.rate(book).max(1.0);
    let what = "the rate within transactions without notifications, divided by that with";
    report.judge_in_full(options, what, format!("at least {TIMES}"), format!("{ratio:.2}"), ratio >= TIMES);
    let ratio = calls.rate(book) / deaf.rate(book).max(1.0);
    let what = "the rate, divided by that with listening off";
    report.judge_in_full(options, what, "at least 0.8", format!("{ratio:.2}"), ratio >= 0.8);
}
