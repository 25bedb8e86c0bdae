use crate::world::{Ear, PATIENCE, Queue, World, ear, heard};
use fang_asynk::{AsyncQueue, AsyncWorkerPool};
use fang_core::{AsyncQueueable, AsyncRunnable, FangError, Scheduled, async_trait, typetag};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

#[derive(Serialize, Deserialize)]
struct Tick;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Tick {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        let _ = queue.context().require_state::<Ear>()?.0.send(String::new());
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("* * * * * * *".to_owned()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_go_on_whichever_of_two_pools_stops() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    world.queue.schedule_task(&Tick).await.unwrap();
    let mut pools = Vec::new();
    for _ in 0..2 {
        let queue: Queue = AsyncQueue::builder().uri(world.database.uri()).build();
        let mut pool =
            AsyncWorkerPool::builder().number_of_workers(1_u32).queue(queue).state(sender.clone()).build();
        pool.start().await.unwrap();
        pools.push(pool);
    }
    for _ in 0..3 {
        heard(&mut ear).await;
    }
    pools.remove(0).shutdown(PATIENCE).await;
    let mut last = Instant::now();
    for _ in 0..3 {
        heard(&mut ear).await;
        assert!(last.elapsed() < Duration::from_secs(4), "a gap of {:?}", last.elapsed());
        last = Instant::now();
    }
}

/// A cron whose code says something else each time.
#[derive(Serialize, Deserialize)]
struct Changing;

static MINUTE: AtomicU32 = AtomicU32::new(0);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Changing {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        let minute = MINUTE.fetch_add(1, Ordering::SeqCst) % 60;
        Some(Scheduled::CronPattern(format!("{minute} 0 1 1 *")))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_changed_by_many_at_once_leaves_one_tick() {
    let world = World::new().await;
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let queue = world.queue.clone();
            tokio::spawn(async move {
                for _ in 0..20 {
                    queue.schedule_task(&Changing).await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_crons").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_at_no_instant_harms_no_other() {
    let world = World::new().await;
    let (sender, mut ear) = ear();
    let endless =
        "INSERT INTO fang_crons (name, pattern, metadata, task_type, mode, priority, last_tick, task_id)
        VALUES ('endless', '* * * * * *', '{}', 'common', 1, 2, 'infinity', gen_random_uuid()),
               ('never', 'no pattern', '{}', 'common', 1, 2, '-infinity', gen_random_uuid())";
    world.client.batch_execute(endless).await.unwrap();
    world.queue.schedule_task(&Tick).await.unwrap();
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(1_u32).queue(world.queue.clone()).state(sender).build();
    pool.start().await.unwrap();
    for _ in 0..3 {
        heard(&mut ear).await;
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
