//! Ticks of crons, and tasks that are scheduled once.

use crate::seam::{Act, HOUR, How, PATIENCE, Run, World, both, until};
use chrono::{DateTime, TimeDelta, Utc};
use fang_core::store::{Filter, NewCron, Pause};
use fang_core::{Cron, FangError, FangTaskState, Missed, Scheduled};
use fang_engine::Event;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use uuid::Uuid;

crate::each_mode_and_store! {
    a_cron_ticks_again_and_again,
    a_cron_scheduled_twice_by_two_pools_ticks_once,
    the_retries_of_a_cron_task_insert_no_further_ticks,
    a_task_scheduled_once_runs_once,
    a_missed_tick_is_removed_before_the_pool_claims_its_first_task,
    a_pool_catches_up_as_many_ticks_as_its_cron_says,
    a_cron_is_run_now_and_resumed_by_its_name,
}

async fn a_cron_ticks_again_and_again(world: World) {
    let _pool = world.pool(1).start().await;
    let first = world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    assert_eq!(world.next().await.id, first.id);
    let ids: HashSet<_> = [world.next().await.id, world.next().await.id, first.id].into();
    assert_eq!(ids.len(), 3);
}

async fn a_cron_scheduled_twice_by_two_pools_ticks_once(world: World) {
    let first = world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    let second = world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    assert_eq!(first.id, second.id);
    let (mut one, mut two) = (world.pool(1).start().await, world.pool(1).start().await);
    let mut instants = HashSet::new();
    for _ in 0..3 {
        let tick = world.next().await;
        assert!(instants.insert(tick.id), "{tick:?} ran twice");
    }
    one.shutdown(PATIENCE).await;
    two.shutdown(PATIENCE).await;
    // Only the next tick is left.
    let left = world.queue.list_tasks(&Filter::default()).await.unwrap();
    assert!(left.len() <= 1, "{left:?}");
}

async fn the_retries_of_a_cron_task_insert_no_further_ticks(world: World) {
    world.queue.schedule_task(&Act::every_second(How::FailBefore(2))).await.unwrap();
    let mut pool = world.pool(1).start().await;
    let (mut first_attempts, mut retries) = (Vec::new(), 0);
    while first_attempts.len() < 3 {
        let run = world.next().await;
        match run.attempt {
            1 => first_attempts.push(run.id),
            _ => retries += 1,
        }
    }
    pool.shutdown(PATIENCE).await;
    assert!(retries >= 2);
    assert!(world.queue.list_tasks(&Filter::default()).await.unwrap().len() <= 2);
}

#[derive(Serialize, Deserialize)]
struct Once(DateTime<Utc>);

impl Once {
    async fn does(&self, run: Run<'_>) -> Result<(), FangError> {
        run.insert_task(&Act::new("from the scheduled one", How::Succeed)).await?;
        Ok(())
    }
}

both! {
    Once;

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::ScheduleOnce(self.0))
    }
}

async fn a_task_scheduled_once_runs_once(world: World) {
    let at = Utc::now() + chrono::Duration::milliseconds(300);
    let task = world.queue.schedule_task(&Once(at)).await.unwrap();
    assert_eq!(task.scheduled_at.timestamp_millis(), at.timestamp_millis());
    let _pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "from the scheduled one");
    world.gone(&task).await;
    assert_eq!(world.queue.count_tasks().await.unwrap().iter().filter(|count| count.tasks > 1).count(), 0);
}

/// Inserts a cron that ticks every hour. Its waiting tick has been due for this many minutes.
async fn hourly(world: &World, missed: Missed, minutes: i64) {
    let task = world.new_task(&Act::new("tick", How::Succeed)).with_id(Uuid::max());
    let first = world.queue.admin().now().await.unwrap() - TimeDelta::minutes(minutes);
    let cron = Cron::every(HOUR).missed(missed);
    let cron = NewCron { name: task.cron_name(), cron, task, first };
    world.queue.admin().sync_cron(&cron).await.unwrap();
}

async fn a_missed_tick_is_removed_before_the_pool_claims_its_first_task(world: World) {
    hourly(&world, Missed::Skip, 190).await;
    world.act("other", How::Succeed).await;
    let mut pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "other");
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.told(), []);
    assert_eq!(world.count(FangTaskState::New).await, 1);
}

async fn a_pool_catches_up_as_many_ticks_as_its_cron_says(world: World) {
    hourly(&world, Missed::CatchUp(2), 190).await;
    let (pool, events) = world.pool(1).tells();
    let mut pool = pool.start().await;
    let ids = [world.next().await.id, world.next().await.id];
    assert!(!ids.contains(&Uuid::max()) && ids[0] != ids[1], "{ids:?}");
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.told(), []);
    let events: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    assert!(matches!(&events[0], Event::CronMissed { caught_up: 2, .. }), "{events:?}");
    let fired = events.iter().filter_map(|event| match event {
        Event::CronFired { task, .. } => Some(*task),
        _ => None,
    });
    let fired: Vec<_> = fired.collect();
    assert!(fired.len() == 3 && ids.iter().all(|id| fired.contains(id)), "and the next one: {events:?}");
    assert_eq!((pool.stats().crons_fired, pool.stats().crons_missed), (3, 1));
}

async fn a_cron_is_run_now_and_resumed_by_its_name(world: World) {
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    let name = world.new_task(&yearly).cron_name();
    let _pool = world.pool(1).start().await;
    assert_eq!(world.queue.schedule_only(vec![world.new_task(&yearly)]).await.unwrap(), 0);
    let admin = world.queue.admin();
    assert!(admin.pause_cron(&name, Pause::Begin).await.unwrap());
    assert_eq!(world.count(FangTaskState::New).await, 0);
    let id = world.queue.run_cron(&name).await.unwrap();
    assert_eq!(Some(world.next().await.id), id);
    assert_eq!(world.queue.run_cron("none").await.unwrap(), None);
    assert!(admin.pause_cron(&name, Pause::End).await.unwrap());
    let ticks = async || {
        world.queue.list_tasks(&Filter::default()).await.unwrap().iter().any(|task| Some(task.id) != id)
    };
    until(ticks).await;
    assert_eq!(world.queue.schedule_only(vec![]).await.unwrap(), 1);
    assert_eq!(world.count(FangTaskState::New).await, 0);
}
