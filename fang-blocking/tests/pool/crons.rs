use crate::bench::Bench;
use crate::task::{Act, How};
use chrono::{DateTime, TimeDelta, Utc};
use fang_blocking::{Backend, block_on};
use fang_core::store::NewCron;
use fang_core::{Cron, FangError, FangTaskState, Missed, NewTask, Queueable, Runnable, Scheduled, typetag};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

fn every_second(how: How) -> Act {
    Act { cron: Some("* * * * * * *".to_owned()), retries: 1, ..Act::new("tick", how) }
}

pub fn a_cron_ticks_again_and_again<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let first = bench.queue.schedule_task(&every_second(How::Succeed)).unwrap();
    assert_eq!(bench.next().id, first.id);
    let ids: HashSet<_> = [bench.next().id, bench.next().id, first.id].into();
    assert_eq!(ids.len(), 3);
}

pub fn a_cron_scheduled_twice_by_two_pools_ticks_once<Q: Backend>(bench: &Bench<Q>) {
    let first = bench.queue.schedule_task(&every_second(How::Succeed)).unwrap();
    let second = bench.queue.schedule_task(&every_second(How::Succeed)).unwrap();
    assert_eq!(first.id, second.id);
    let (mut one, mut two) = (bench.pool(1), bench.pool(1));
    one.start().unwrap();
    two.start().unwrap();
    let mut instants = HashSet::new();
    for _ in 0..3 {
        let tick = bench.next();
        assert!(instants.insert(tick.id), "{tick:?} ran twice");
    }
    one.shutdown(crate::bench::PATIENCE);
    two.shutdown(crate::bench::PATIENCE);
    // All that is left is the one tick ahead.
    let left = block_on(bench.store.list(&Default::default())).unwrap();
    assert!(left.len() <= 1, "{left:?}");
}

pub fn a_failing_cron_task_starts_no_second_chain<Q: Backend>(bench: &Bench<Q>) {
    bench.queue.schedule_task(&every_second(How::FailBefore(2))).unwrap();
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let (mut first_attempts, mut retries) = (Vec::new(), 0);
    while first_attempts.len() < 3 {
        let run = bench.next();
        match run.attempt {
            1 => first_attempts.push(run.id),
            _ => retries += 1,
        }
    }
    pool.shutdown(crate::bench::PATIENCE);
    assert!(retries >= 2);
    assert!(block_on(bench.store.list(&Default::default())).unwrap().len() <= 2);
}

#[derive(Serialize, Deserialize)]
struct Once(DateTime<Utc>);

#[typetag::serde]
impl Runnable for Once {
    fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
        queue.insert_task(&Act::new("from the scheduled one", How::Succeed))?;
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::ScheduleOnce(self.0))
    }
}

pub fn a_task_scheduled_once_runs_once<Q: Backend>(bench: &Bench<Q>) {
    let at = Utc::now() + chrono::Duration::milliseconds(300);
    let task = bench.queue.schedule_task(&Once(at)).unwrap();
    assert_eq!(task.scheduled_at.timestamp_millis(), at.timestamp_millis());
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    assert_eq!(bench.next().name, "from the scheduled one");
    bench.row_when(&task, |row| row.is_none());
    assert_eq!(block_on(bench.store.count()).unwrap().iter().filter(|count| count.tasks > 1).count(), 0);
}

/// A cron that ticks every hour and whose waiting tick has been due for this many minutes.
fn hourly<Q: Backend>(bench: &Bench<Q>, missed: Missed, minutes: i64) {
    let task = NewTask::blocking(&Act::new("tick", How::Succeed)).unwrap().with_id(Uuid::max());
    let first = block_on(bench.store.now()).unwrap() - TimeDelta::minutes(minutes);
    let cron = Cron::every(Duration::from_secs(60 * 60)).missed(missed);
    let cron = NewCron { name: task.cron_name(), cron, task, first };
    block_on(bench.store.sync_cron(&cron)).unwrap();
}

pub fn a_tick_to_skip_is_gone_before_the_pool_claims_its_first_task<Q: Backend>(bench: &Bench<Q>) {
    hourly(bench, Missed::Skip, 190);
    bench.insert("other", How::Succeed);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    assert_eq!(bench.next().name, "other");
    pool.shutdown(crate::bench::PATIENCE);
    assert!(bench.nothing_more_started());
    assert_eq!(bench.count(FangTaskState::New), 1);
}

pub fn a_pool_catches_up_as_many_ticks_as_its_cron_says<Q: Backend>(bench: &Bench<Q>) {
    hourly(bench, Missed::CatchUp(2), 190);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let ids = [bench.next().id, bench.next().id];
    assert!(!ids.contains(&Uuid::max()) && ids[0] != ids[1], "{ids:?}");
    pool.shutdown(crate::bench::PATIENCE);
    assert!(bench.nothing_more_started());
}

pub fn a_cron_is_run_now_and_resumed_by_its_name<Q: Backend>(bench: &Bench<Q>) {
    let yearly = Act { cron: Some("0 0 0 1 1 * *".to_owned()), ..Act::new("yearly", How::Succeed) };
    let name = NewTask::blocking(&yearly).unwrap().cron_name();
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    assert_eq!(bench.queue.schedule_only(&[&yearly]).unwrap(), 0);
    let admin = bench.queue.admin().unwrap();
    assert!(block_on(admin.pause_cron(&name)).unwrap());
    assert_eq!(bench.count(FangTaskState::New), 0);
    let id = bench.queue.run_cron(&name).unwrap();
    assert_eq!(Some(bench.next().id), id);
    assert_eq!(bench.queue.run_cron("none").unwrap(), None);
    assert!(block_on(admin.resume_cron(&name)).unwrap());
    let ticks =
        || block_on(bench.store.list(&Default::default())).unwrap().iter().any(|task| Some(task.id) != id);
    until(ticks);
    assert_eq!(bench.queue.schedule_only(&[]).unwrap(), 1);
    assert_eq!(bench.count(FangTaskState::New), 0);
}

/// Waits until a condition holds.
fn until(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < crate::bench::PATIENCE, "it should come to that");
        std::thread::yield_now();
    }
}
