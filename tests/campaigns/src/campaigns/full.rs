//! `full`: the disk of the server is full, then the table is locked. Statements fail, or wait.

mod effort;

use super::ending::end;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::roles::work::{Manner, Work};
use crate::world::{Process, World};
use effort::Effort;
use fang_test_support::{Cluster, Disk, Durability};
use std::io::Write;
use std::time::{Duration, Instant};

/// The size of the disk.
const MEGABYTES: u32 = 200;
/// Keeps the log of the server from filling the disk by itself.
const SMALL_LOG: &str = "max_wal_size = 64MB\nmin_wal_size = 32MB\n";
const PROCESSES: usize = 4;
/// Workers in each process.
const WORKERS: u64 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The longest that a stopped server may take to start again by itself.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(5);

/// How long the table is locked: longer than any statement may take.
const LOCKED_FOR: Duration = Duration::from_secs(45);

/// The share of one processor that a worker may use during a fault.
const IDLE_SHARE: f64 = 0.2;
/// How many warnings a worker may write in each fault.
const WARNINGS: usize = 20;
/// How much the memory of a worker may grow, in megabytes.
const GROWTH: u64 = 100;

/// Fills the disk, then locks the table of tasks, alternating. Counts what that costs.
///
/// # Errors
/// When it could not be carried out, for example because no disk can be mounted.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let disk = Disk::mount(MEGABYTES)?;
    let world = World::over(cluster(&disk)?, options)?;
    let mut workers = world.workers(options.mode.deal(PROCESSES))?;
    let mut producers = world.producers(options, options.either(500, 200))?;
    std::thread::sleep(Duration::from_secs(2));
    let rounds = options.either(3, 1);
    let length = options.length(Duration::from_secs(180), Duration::from_secs(6)) / rounds;
    let (mut effort, mut stops) = (Effort::new(&workers)?, 0);
    for _ in 0..rounds {
        backlog(&world, options, length)?;
        effort.measure(|| {
            stops += u32::from(full(&world, &disk, length)?);
            Ok(())
        })?;
        work_goes_on(&world)?;
        backlog(&world, options, length)?;
        effort.measure(|| locked(&world, options.either(LOCKED_FOR, length)))?;
        work_goes_on(&world)?;
    }

    let mut report = Report::new("full", options);
    let seconds = length.as_secs();
    report.tell("times that the disk was full, and for how long", format!("{rounds}, {seconds} s each"));
    report.tell("of those, times that the server itself stopped", stops);
    judge_space(&world, &mut report)?;
    judge_alive("workers", &mut workers, &mut report)?;
    judge_alive("producers", &mut producers, &mut report)?;
    effort.judge(&world, options, (IDLE_SHARE, WARNINGS, GROWTH), &mut report)?;
    end(&world, options, producers, &[], &mut report)?;
    judge_alive("workers, after the end", &mut workers, &mut report)?;
    let deaths = world.number("SELECT count(*) FROM fang_workers WHERE dead_at IS NOT NULL")?;
    report.tell("workers declared dead", deaths);
    Ok(report)
}

fn cluster(disk: &Disk) -> Result<Cluster, Failure> {
    let cluster = Cluster::create_in(Durability::Fast, disk.path())?;
    let settings = cluster.data_dir().join("postgresql.conf");
    std::fs::OpenOptions::new().append(true).open(settings)?.write_all(SMALL_LOG.as_bytes())?;
    cluster.restart_immediate()?;
    Ok(cluster)
}

/// Inserts more tasks than all workers can run during the fault, so that there is always something to claim and to
/// save.
fn backlog(world: &World, options: &Options, length: Duration) -> Result<(), Failure> {
    const MILLIS: u64 = 100;
    let each = u64::try_from(length.as_millis())? / MILLIS * WORKERS * PROCESSES as u64;
    let runtimes = options.mode.deal(usize::try_from(each)?);
    let tasks: Result<Vec<_>, _> =
        runtimes.map(|runtime| Work { millis: MILLIS, manner: Manner::Wait }.task(runtime)).collect();
    world.insert(tasks?)?;
    Ok(())
}

/// Fills the disk. Returns whether the server stopped: it does if it cannot write its log, and may not come back before
/// there is space.
fn full(world: &World, disk: &Disk, length: Duration) -> Result<bool, Failure> {
    let began = Instant::now();
    while began.elapsed() < length {
        // Fill what the server has freed meanwhile.
        disk.fill()?;
        if began.elapsed() > length.mul_f64(0.7) {
            // The server finds no space for a new file of its log. The answer does not matter.
            let _ = world.rows("SELECT pg_switch_wal()");
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let is_up = || world.number("SELECT 1").is_ok();
    let stopped = !is_up();
    disk.free()?;
    let freed = Instant::now();
    while !is_up() {
        if freed.elapsed() > COMES_BACK_WITHIN {
            world.cluster().start()?;
            break;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(stopped)
}

fn locked(world: &World, length: Duration) -> Result<(), Failure> {
    let seconds = length.as_secs_f64();
    world.rows(&format!(
        "BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT"
    ))?;
    Ok(())
}

/// Waits until more tasks have ended.
fn work_goes_on(world: &World) -> Result<(), Failure> {
    let before = world.book()?.ends().len();
    world.wait_until("the work to go on", Duration::from_secs(60), || {
        Ok(world.book()?.ends().len() > before + 100)
    })?;
    Ok(())
}

/// Counts the statements that met the full disk.
fn judge_space(world: &World, report: &mut Report) -> Result<(), Failure> {
    let mut met = Vec::new();
    for log in ["workers.log", "producers.log"] {
        let text = std::fs::read_to_string(world.folder().join(log))?;
        met.push(text.lines().filter(|line| line.contains("No space left")).count());
    }
    let all = met.iter().sum::<usize>();
    report.judge("statements that failed for lack of space, by the logs", "some", all, all > 0);
    Ok(())
}

fn judge_alive(who: &str, processes: &mut [Process], report: &mut Report) -> Result<(), Failure> {
    let mut exits = Vec::new();
    for process in processes {
        exits.extend(process.ended()?.map(|status| status.to_string()));
    }
    report.judge_none(format!("{who} that ended by themselves"), &exits);
    Ok(())
}
