//! `payload`: payloads of megabytes, beside small ones. They are refused by default. Where they are allowed, they cost
//! memory.

use super::caller::Caller;
use super::ending::end;
use super::meter::Waits;
use super::rate;
use crate::Failure;
use crate::options::{Options, Runtime};
use crate::report::Report;
use crate::roles::bulk::task;
use crate::roles::worker::WorkerSettings;
use crate::world::{Process, World};
use fang::{Mode, NewTask, PayloadError, QueueError};
use fang_faults::clock;
use std::time::{Duration, Instant};
use uuid::Uuid;

const MIB: usize = 1024 * 1024;
/// The default limit of a queue.
const CAP: usize = MIB;
const REFUSED: [usize; 3] = [CAP + 1, 10 * MIB, 255 * MIB];
/// More than Postgres can store in one string of a JSON.
const TOO_LONG: usize = 257 * MIB;
/// How many payloads of 255 MiB exceed what Postgres takes in one message.
const TOO_MANY: usize = 5;
/// Workers in each process.
const WORKERS: u32 = 2;
const PROCESSES: usize = 4;
/// How many copies of a payload may be in memory while its task runs: as received, as text, and decoded.
const COPIES: u64 = 4;
/// How many bytes the log of the server may grow for each byte of a payload.
const LOG: f64 = 1.3;
/// The share of the undisturbed rate of small tasks that must remain.
const SHARE: f64 = 0.8;
const RUN_WITHIN: Duration = Duration::from_secs(180);

/// The large tasks, and their cost.
struct Load {
    ids: Vec<Uuid>,
    bytes: u64,
    /// The bytes that were sent, repetitions included.
    sent: u64,
    logged: u64,
    /// Inserts that failed and were sent again.
    repeated: u32,
    longest_insert: Duration,
    from: u64,
    to: u64,
}

/// Inserts payloads of all sizes, and measures what they cost the workers and their neighbours.
///
/// # Errors
/// When it could not be carried out.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let world = World::create(options)?;
    let mut report = Report::new("payload", options);
    for runtime in options.mode.all() {
        refused(&world, *runtime, &mut report)?;
    }
    let settings = |runtime| WorkerSettings { workers: WORKERS, ..world.worker_settings(runtime) };
    let workers: Result<Vec<_>, _> =
        options.mode.deal(PROCESSES).map(|runtime| world.worker(&settings(runtime))).collect();
    let mut workers = workers?;
    world.wait_for(&workers)?;
    let producers = world.producers(options, 100)?;
    let began = clock::now();
    std::thread::sleep(options.either(Duration::from_secs(30), Duration::from_secs(3)));
    let base = peak(&workers)?;
    let load = load(&world, options)?;
    let peak = peak(&workers)?;
    for runtime in options.mode.all() {
        too_long(&world, options, *runtime, &mut report)?;
    }
    let mut exits = Vec::new();
    for worker in &mut workers {
        exits.extend(worker.ended()?.map(|status| status.to_string()));
    }
    report.judge_none("workers that ended by themselves", &exits);
    let (mut book, _) = end(&world, options, producers, &[], &mut report)?;
    let (ran, ends) = (
        load.ids.iter().filter(|id| book.tasks.get(*id).is_some_and(|entry| entry.runs.len() == 1)),
        book.ends(),
    );
    let (ran, all) = (ran.count(), load.ids.len());
    report.judge("large tasks begun once, and whole", all, ran, ran == all);
    judge_cost(options, &load, (base, peak), &mut report);
    let (without, with) = (rate::mean(&ends, began, load.from), rate::mean(&ends, load.from, load.to));
    report.tell("tasks a second, without large tasks", format!("{without:.0}"));
    let must = format!("at least {:.0}", without * SHARE);
    report.judge_in_full(
        options,
        "tasks a second, beside large tasks",
        must,
        format!("{with:.0}"),
        with >= without * SHARE,
    );
    // The large tasks were due later, so their waits say nothing.
    load.ids.iter().for_each(|id| drop(book.tasks.remove(id)));
    for (when, from, to) in
        [("without large tasks", began, load.from), ("beside large tasks", load.from, load.to)]
    {
        let what = format!("time from insert to start {when}: median, 99 %, longest");
        report.tell(what, Waits::between(&book, from, to).text());
    }
    if !report.passed() {
        world.keep();
    }
    Ok(report)
}

fn mode(runtime: Runtime) -> Mode {
    if runtime == Runtime::Asynk { Mode::Asynk } else { Mode::Blocking }
}

/// Inserts payloads over the limit. Nothing may reach the server, and the error must say what is too large.
fn refused(world: &World, runtime: Runtime, report: &mut Report) -> Result<(), Failure> {
    let caller = Caller::new(runtime, world.uri())?;
    // The first connection is not to be measured.
    world.insert(Vec::new())?;
    let before = log_position(world)?;
    let mut wrong = Vec::new();
    for bytes in REFUSED {
        match caller.insert(vec![task(bytes, mode(runtime), Duration::ZERO)]) {
            Err(error @ QueueError::Payload(PayloadError::TooLarge { .. })) if tells(&error, bytes) => {}
            Err(error) => wrong.push(format!("{bytes} bytes: {error:.200}")),
            Ok(()) => wrong.push(format!("{bytes} bytes: accepted")),
        }
    }
    let name = runtime.name();
    report.judge_none(
        format!("payloads of 1 MiB and a byte, of 10 and 255 MiB, that were not refused with kind and size ({name})"),
        &wrong,
    );
    let rows = world.number("SELECT count(*) FROM fang_tasks")?;
    report.judge(format!("rows of these payloads ({name})"), 0, rows, rows == 0);
    let logged = log_position(world)?.saturating_sub(before);
    let what = format!("bytes of the server's log for these payloads ({name})");
    report.judge(what, format!("under {CAP}"), logged, logged < CAP as u64);
    Ok(())
}

/// Whether the error names the kind, the size and the limit, and does not contain the payload.
fn tells(error: &QueueError, bytes: usize) -> bool {
    let text = error.to_string();
    let words = ["Bulk".to_owned(), bytes.to_string(), CAP.to_string(), "max_payload_bytes".to_owned()];
    words.iter().all(|word| text.contains(word)) && text.len() < 500
}

/// Inserts all sizes into queues that allow them, due at the same moment, and waits until they have run.
fn load(world: &World, options: &Options) -> Result<Load, Failure> {
    let plan: &[(usize, usize)] = options.either(&[(1, 20), (10, 10), (255, 2)], &[(1, 4), (10, 3)]);
    // Time to insert them all. A server takes seconds for each of the largest, and more on a busy machine.
    let after = options.either(Duration::from_secs(180), Duration::from_secs(4));
    let (began, logged) = (Instant::now(), log_position(world)?);
    let mut load = Load {
        ids: Vec::new(),
        bytes: 0,
        sent: 0,
        logged: 0,
        repeated: 0,
        longest_insert: Duration::ZERO,
        from: clock::now(),
        to: 0,
    };
    let ledger = world.ledger()?;
    for runtime in options.mode.all() {
        let caller = Caller::roomy(*runtime, world.uri(), 256 * MIB)?;
        for (size, count) in plan {
            for _ in 0..*count {
                let due = after.saturating_sub(began.elapsed());
                let task = task(size * MIB, mode(*runtime), due);
                let id = task.id();
                ledger.wanted([id])?;
                let inserting = Instant::now();
                let repeated = caller.insist(&[task])?;
                load.repeated += repeated;
                load.sent += u64::from(repeated + 1) * (size * MIB) as u64;
                load.longest_insert = load.longest_insert.max(inserting.elapsed());
                ledger.acknowledged([id])?;
                load.ids.push(id);
                load.bytes += (size * MIB) as u64;
            }
        }
    }
    world.wait_until("the large tasks to run", after + RUN_WITHIN, || {
        let sql = "SELECT count(*) FROM fang_tasks WHERE metadata->>'type' = 'Bulk'";
        std::thread::sleep(Duration::from_millis(200));
        Ok(world.number(sql)? == 0)
    })?;
    load.to = clock::now();
    load.logged = log_position(world)?.saturating_sub(logged);
    Ok(load)
}

/// Inserts payloads that Postgres itself refuses. That must be an error, and the next insert must succeed.
fn too_long(world: &World, options: &Options, runtime: Runtime, report: &mut Report) -> Result<(), Failure> {
    let caller = Caller::roomy(runtime, world.uri(), usize::MAX)?;
    let bulk = |bytes| task(bytes, mode(runtime), Duration::ZERO);
    let mut batches: Vec<(&str, Vec<NewTask>, bool)> = Vec::new();
    if !options.short {
        batches.push(("a payload of 257 MiB", vec![bulk(TOO_LONG)], true));
        let many = (0..TOO_MANY).map(|_| bulk(255 * MIB)).collect();
        batches.push(("five of 255 MiB in one insert", many, false));
    }
    for (what, tasks, is_too_long) in batches {
        let began = Instant::now();
        let outcome = caller.insert(tasks);
        let seconds = began.elapsed().as_secs_f64();
        let told = match &outcome {
            Err(error) => format!("{seconds:.1} s: {error:.160}"),
            Ok(()) => "accepted".to_owned(),
        };
        let what = format!("{what} ({})", runtime.name());
        let told = told.replace(['|', '\n'], " ");
        match is_too_long {
            true => report.judge(what, "an error", told, outcome.is_err()),
            // Each is inserted by itself, so the server may manage all of them in time.
            false => report.tell(what, told),
        }
        let small = crate::roles::work::Work { millis: 0, manner: crate::roles::work::Manner::Wait };
        let next = caller.insert(vec![small.task(runtime)?]);
        let told = next.as_ref().map_or_else(ToString::to_string, |()| "accepted".to_owned());
        report.judge("a small task after it, over the same queue", "accepted", told, next.is_ok());
    }
    Ok(())
}

/// The peak memory of the largest worker so far, in megabytes.
fn peak(workers: &[Process]) -> Result<u64, Failure> {
    let mut most = 0;
    for worker in workers {
        let status = std::fs::read_to_string(format!("/proc/{}/status", worker.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no memory in /proc")?;
        most = most.max(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024);
    }
    Ok(most)
}

/// How far the server has written its log, in bytes.
fn log_position(world: &World) -> Result<u64, Failure> {
    world.number("SELECT (pg_current_wal_insert_lsn() - '0/0')::int8")
}

fn judge_cost(options: &Options, load: &Load, (base, peak): (u64, u64), report: &mut Report) {
    let largest = options.either(255, 10);
    report.tell("large tasks, megabytes of them", format!("{}, {}", load.ids.len(), load.bytes / MIB as u64));
    let longest = format!("{:.1} s", load.longest_insert.as_secs_f64());
    report.tell(
        "the longest insert; inserts that failed and were sent again",
        format!("{longest}; {}", load.repeated),
    );
    // An insert that exceeded its time may have written everything.
    let log = load.logged as f64 / load.sent as f64;
    report.judge_in_full(
        options,
        "bytes of the server's log for each byte sent",
        format!("at most {LOG}"),
        format!("{log:.2}"),
        log <= LOG,
    );
    report.tell("peak memory of a worker before, in megabytes", base);
    let most = base + u64::from(WORKERS) * COPIES * largest + 64;
    let what = format!("peak memory of a worker that runs {WORKERS} at once, in megabytes");
    report.judge(what, format!("at most {most}"), peak, peak <= most);
}
