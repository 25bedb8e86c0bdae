use crate::bench::Bench;
use crate::task::{Act, How};
use chrono::{DateTime, TimeDelta, Utc};
use fang_asynk::AsyncBackend;
use fang_core::store::NewCron;
use fang_core::{
    AsyncQueueable, AsyncRunnable, Cron, FangError, FangTaskState, Missed, NewTask, Scheduled, async_trait,
    typetag,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

fn every_second(how: How) -> Act {
    Act { cron: Some("* * * * * * *".to_owned()), retries: 1, ..Act::new("tick", how) }
}

pub async fn a_cron_ticks_again_and_again<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let first = bench.queue.schedule_task(&every_second(How::Succeed)).await.unwrap();
    assert_eq!(bench.next().await.id, first.id);
    let ids: HashSet<_> = [bench.next().await.id, bench.next().await.id, first.id].into();
    assert_eq!(ids.len(), 3);
}

pub async fn a_cron_scheduled_twice_by_two_pools_ticks_once<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let first = bench.queue.schedule_task(&every_second(How::Succeed)).await.unwrap();
    let second = bench.queue.schedule_task(&every_second(How::Succeed)).await.unwrap();
    assert_eq!(first.id, second.id);
    let (mut one, mut two) = (bench.pool(1), bench.pool(1));
    one.start().await.unwrap();
    two.start().await.unwrap();
    let mut instants = HashSet::new();
    for _ in 0..3 {
        let tick = bench.next().await;
        assert!(instants.insert(tick.id), "{tick:?} ran twice");
    }
    one.shutdown(crate::bench::PATIENCE).await;
    two.shutdown(crate::bench::PATIENCE).await;
    // All that is left is the one tick ahead.
    let left = bench.store.list(&Default::default()).await.unwrap();
    assert!(left.len() <= 1, "{left:?}");
}

pub async fn a_failing_cron_task_starts_no_second_chain<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.queue.schedule_task(&every_second(How::FailBefore(2))).await.unwrap();
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let (mut first_attempts, mut retries) = (Vec::new(), 0);
    while first_attempts.len() < 3 {
        let run = bench.next().await;
        match run.attempt {
            1 => first_attempts.push(run.id),
            _ => retries += 1,
        }
    }
    pool.shutdown(crate::bench::PATIENCE).await;
    assert!(retries >= 2);
    assert!(bench.store.list(&Default::default()).await.unwrap().len() <= 2);
}

#[derive(Serialize, Deserialize)]
struct Once(DateTime<Utc>);

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Once {
    async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        queue.insert_task(&Act::new("from the scheduled one", How::Succeed)).await?;
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::ScheduleOnce(self.0))
    }
}

pub async fn a_task_scheduled_once_runs_once<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let at = Utc::now() + chrono::Duration::milliseconds(300);
    let task = bench.queue.schedule_task(&Once(at)).await.unwrap();
    assert_eq!(task.scheduled_at.timestamp_millis(), at.timestamp_millis());
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.next().await.name, "from the scheduled one");
    bench.row_when(&task, |row| row.is_none()).await;
    assert_eq!(bench.store.count().await.unwrap().iter().filter(|count| count.tasks > 1).count(), 0);
}

/// A cron that ticks every hour and whose waiting tick has been due for this many minutes.
async fn hourly<Q: AsyncBackend>(bench: &Bench<Q>, missed: Missed, minutes: i64) {
    let task = NewTask::asynk(&Act::new("tick", How::Succeed)).unwrap().with_id(Uuid::max());
    let first = bench.store.now().await.unwrap() - TimeDelta::minutes(minutes);
    let cron = Cron::every(Duration::from_secs(60 * 60)).missed(missed);
    let cron = NewCron { name: task.cron_name(), cron, task, first };
    bench.store.sync_cron(&cron).await.unwrap();
}

pub async fn a_tick_to_skip_is_gone_before_the_pool_claims_its_first_task<Q: AsyncBackend>(
    mut bench: Bench<Q>,
) {
    hourly(&bench, Missed::Skip, 190).await;
    bench.insert("other", How::Succeed).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.next().await.name, "other");
    pool.shutdown(crate::bench::PATIENCE).await;
    assert!(bench.nothing_more_started());
    assert_eq!(bench.count(FangTaskState::New).await, 1);
}

pub async fn a_pool_catches_up_as_many_ticks_as_its_cron_says<Q: AsyncBackend>(mut bench: Bench<Q>) {
    hourly(&bench, Missed::CatchUp(2), 190).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let ids = [bench.next().await.id, bench.next().await.id];
    assert!(!ids.contains(&Uuid::max()) && ids[0] != ids[1], "{ids:?}");
    pool.shutdown(crate::bench::PATIENCE).await;
    assert!(bench.nothing_more_started());
}

pub async fn a_cron_is_run_now_and_resumed_by_its_name<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    let name = NewTask::asynk(&yearly).unwrap().cron_name();
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.queue.schedule_only(&[&yearly]).await.unwrap(), 0);
    let admin = bench.queue.admin().unwrap();
    assert!(admin.pause_cron(&name).await.unwrap());
    assert_eq!(bench.count(FangTaskState::New).await, 0);
    let id = bench.queue.run_cron(&name).await.unwrap();
    assert_eq!(Some(bench.next().await.id), id);
    assert_eq!(bench.queue.run_cron("none").await.unwrap(), None);
    assert!(admin.resume_cron(&name).await.unwrap());
    let ticks =
        async || bench.store.list(&Default::default()).await.unwrap().iter().any(|task| Some(task.id) != id);
    until(ticks).await;
    assert_eq!(bench.queue.schedule_only(&[]).await.unwrap(), 1);
    assert_eq!(bench.count(FangTaskState::New).await, 0);
}

/// Waits until a condition holds.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let held = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::bench::PATIENCE, held).await.expect("it should come to that");
}
