use crate::bench::Bench;
use crate::task::{Act, How};
use chrono::{DateTime, Utc};
use fang_blocking::Backend;
use fang_core::{FangError, Queueable, Runnable, Scheduled, typetag};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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
    let left = bench.store.list(&Default::default()).unwrap();
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
    assert!(bench.store.list(&Default::default()).unwrap().len() <= 2);
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
    assert_eq!(bench.store.count().unwrap().iter().filter(|count| count.tasks > 1).count(), 0);
}
