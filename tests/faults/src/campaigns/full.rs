//! The disk of the server is full, and somebody holds a lock: whatever is sent fails, or waits.

mod effort;

use super::ending::end;
use crate::Failure;
use crate::options::Options;
use crate::report::Report;
use crate::world::{Process, World};
use effort::Effort;
use fang_test_support::{Cluster, Disk, Durability};
use std::io::Write;
use std::time::{Duration, Instant};

/// What the server's files, the table and its log have to fit into.
const MEGABYTES: u32 = 200;
/// So that the log of the server does not fill the disk by itself.
const SMALL_LOG: &str = "max_wal_size = 64MB\nmin_wal_size = 32MB\n";
const PROCESSES: usize = 4;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Longer than any statement may take.
const LOCKED_FOR: Duration = Duration::from_secs(45);

/// How much of one processor each worker may use while nothing can be done ...
const IDLE_SHARE: f64 = 0.2;
/// ... how many warnings it may write each time ...
const WARNINGS: usize = 20;
/// ... and how much it may grow, in megabytes.
const GROWTH: u64 = 100;

/// Fills the disk, then holds a lock on the tasks, by turns; counts what that cost.
///
/// # Errors
/// When it could not be carried out, above all when no disk can be mounted.
pub fn run(options: &Options) -> Result<Report, Failure> {
    let disk = Disk::mount(MEGABYTES)?;
    let world = World::over(cluster(&disk)?, options)?;
    let mut workers = world.workers(options.mode.deal(PROCESSES))?;
    let mut producers = world.producers(options, options.either(500, 200))?;
    std::thread::sleep(Duration::from_secs(2));
    let rounds = options.either(3, 1);
    let length = options.length(Duration::from_secs(180), Duration::from_secs(6)) / rounds;
    let mut effort = Effort::new(&workers)?;
    for _ in 0..rounds {
        effort.measure(|| full(&world, &disk, length))?;
        work_goes_on(&world)?;
        effort.measure(|| locked(&world, options.either(LOCKED_FOR, length)))?;
        work_goes_on(&world)?;
    }

    let mut report = Report::new("full", options);
    report.tell(
        "times that the disk was full, and for how long",
        format!("{rounds}, {} s each", length.as_secs()),
    );
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

/// A server that cannot write its log stops, and may not come back before there is space.
fn full(world: &World, disk: &Disk, length: Duration) -> Result<(), Failure> {
    let end = Instant::now() + length;
    while Instant::now() < end {
        // What it has freed meanwhile goes as well.
        disk.fill()?;
        std::thread::sleep(LOOK_EVERY);
    }
    disk.free()?;
    let is_up = || world.number("SELECT 1").is_ok();
    let comes_back = world.wait_until("the server to come back", Duration::from_secs(5), || Ok(is_up()));
    if comes_back.is_err() {
        world.cluster().start()?;
    }
    Ok(())
}

fn locked(world: &World, length: Duration) -> Result<(), Failure> {
    let seconds = length.as_secs_f64();
    world.rows(&format!(
        "BEGIN; LOCK TABLE fang_tasks IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT"
    ))?;
    Ok(())
}

/// Waits until tasks come to their end that were inserted from now on.
fn work_goes_on(world: &World) -> Result<(), Failure> {
    let before = world.book()?.ends().len();
    world.wait_until("the work to go on", Duration::from_secs(60), || {
        Ok(world.book()?.ends().len() > before + 100)
    })?;
    Ok(())
}

/// Whether anybody met the full disk.
fn judge_space(world: &World, report: &mut Report) -> Result<(), Failure> {
    let mut met = Vec::new();
    for log in ["workers.log", "producers.log"] {
        let text = std::fs::read_to_string(world.folder().join(log))?;
        met.push(text.lines().filter(|line| line.contains("No space left")).count());
    }
    let all = met.iter().sum::<usize>();
    report.judge("times that a statement failed for the lack of space, by the logs", "some", all, all > 0);
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
