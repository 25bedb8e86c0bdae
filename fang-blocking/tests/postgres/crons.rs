use crate::world::{Ear, PATIENCE, World, ear, heard};
use fang_blocking::{Queue, WorkerPool};
use fang_core::{FangError, Queueable, Runnable, Scheduled, typetag};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Serialize, Deserialize)]
struct Tick;

#[typetag::serde]
impl Runnable for Tick {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        let _ = queue.context().require_state::<Ear>()?.0.send(String::new());
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("* * * * * * *".to_owned()))
    }
}

#[test]
fn ticks_go_on_whichever_of_two_pools_stops() {
    let world = World::new();
    let (sender, ear) = ear();
    world.queue.schedule_task(&Tick).unwrap();
    let mut pools = Vec::new();
    for _ in 0..2 {
        let queue = Queue::builder().uri(world.database.uri()).build();
        let mut pool =
            WorkerPool::builder().number_of_workers(1_u32).queue(queue).state(sender.clone()).build();
        pool.start().unwrap();
        pools.push(pool);
    }
    for _ in 0..3 {
        heard(&ear);
    }
    pools.remove(0).shutdown(PATIENCE);
    let mut last = Instant::now();
    for _ in 0..3 {
        heard(&ear);
        assert!(last.elapsed() < Duration::from_secs(4), "a gap of {:?}", last.elapsed());
        last = Instant::now();
    }
}

/// A cron whose code says something else each time.
#[derive(Serialize, Deserialize)]
struct Changing;

static MINUTE: AtomicU32 = AtomicU32::new(0);

#[typetag::serde]
impl Runnable for Changing {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        let minute = MINUTE.fetch_add(1, Ordering::SeqCst) % 60;
        Some(Scheduled::CronPattern(format!("{minute} 0 1 1 *")))
    }
}

#[test]
fn a_cron_changed_by_many_at_once_leaves_one_tick() {
    let world = World::new();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let queue = world.queue.clone();
            thread::spawn(move || {
                for _ in 0..20 {
                    queue.schedule_task(&Changing).unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap();
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_crons"), 1);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 1);
}

#[test]
fn a_cron_at_no_instant_harms_no_other() {
    let world = World::new();
    let (sender, ear) = ear();
    let endless =
        "INSERT INTO fang_crons (name, pattern, metadata, task_type, mode, priority, last_tick, task_id)
        VALUES ('endless', '* * * * * *', '{}', 'common', 1, 2, 'infinity', gen_random_uuid()),
               ('never', 'no pattern', '{}', 'common', 1, 2, '-infinity', gen_random_uuid())";
    world.run(endless);
    world.queue.schedule_task(&Tick).unwrap();
    let mut pool =
        WorkerPool::builder().number_of_workers(1_u32).queue(world.queue.clone()).state(sender).build();
    pool.start().unwrap();
    for _ in 0..3 {
        heard(&ear);
    }
}

/// The store's clock says what is due: that of the application may be wrong by any amount.
#[test]
fn no_clock_of_the_application_takes_part_in_a_cron() {
    let sources = [
        include_str!("../../../fang-engine/src/parts/crons.rs"),
        include_str!("../../src/handle.rs"),
        include_str!("../../../fang-postgres/src/verbs/crons.rs"),
    ];
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: Vec<&str> = sources.iter().flat_map(|source| source.lines().filter(is_code)).collect();
    for clock in ["Utc::now", "Local::now", "SystemTime", "Instant::now"] {
        assert!(!code.iter().any(|line| line.contains(clock)), "{clock}");
    }
}
