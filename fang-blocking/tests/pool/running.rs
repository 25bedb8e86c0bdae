use crate::bench::Bench;
use crate::task::{Act, Elsewhere, How};
use fang_blocking::{Backend, block_on};
use fang_core::{FangTaskState, NewTask, QueueError, RetentionMode};
use std::collections::HashSet;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(10);

pub fn a_task_runs_and_its_row_goes<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(2);
    pool.start().unwrap();
    let task = bench.insert("first", How::Succeed);
    assert_eq!(task.state, FangTaskState::New);
    assert_eq!(task.kind(), Some("Act"));
    assert_eq!(bench.next().name, "first");
    bench.row_when(&task, |row| row.is_none());
}

pub fn keep_all_keeps_what_has_finished<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let task = bench.insert("kept", How::Succeed);
    bench.next();
    let row = bench.row_in(&task, FangTaskState::Finished);
    assert_eq!((row.retries, row.lease, row.error_message), (0, 1, None));
}

pub fn a_task_sees_who_it_is_and_the_state_of_its_pool<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let task = bench.insert("me", How::Succeed);
    let report = bench.next();
    assert_eq!((report.id, report.attempt, report.lease), (task.id, 1, 1));
}

pub fn a_task_inserts_further_tasks<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    bench.insert("parent", How::Insert("child".to_owned()));
    assert_eq!([bench.next().name, bench.next().name], ["parent", "child"]);
}

pub fn a_pool_runs_its_own_task_type_only<Q: Backend>(bench: &Bench<Q>) {
    let other = bench.queue.insert_task(&Elsewhere).unwrap();
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    bench.insert("mine", How::Succeed);
    bench.next();
    pool.shutdown(DEADLINE);
    let row = bench.queue.find_task_by_id(other.id).unwrap().unwrap();
    assert_eq!((row.state, row.lease), (FangTaskState::New, 0));
}

pub fn what_was_inserted_before_the_start_runs_too<Q: Backend>(bench: &Bench<Q>) {
    bench.insert("early", How::Succeed);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    assert_eq!(bench.next().name, "early");
}

pub fn a_hundred_tasks_on_ten_workers_run_once_each<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(10);
    pool.start().unwrap();
    bench.insert_many(100, &How::Succeed);
    let mut names = HashSet::new();
    for _ in 0..100 {
        names.insert(bench.next().name);
    }
    let report = pool.shutdown(DEADLINE);
    assert_eq!(names.len(), 100);
    assert!(bench.nothing_more_started());
    assert_eq!((report.handed_back, report.still_running, report.late_results), (0, 0, 0));
    assert_eq!(block_on(bench.store.count()).unwrap(), []);
}

pub fn as_many_tasks_run_at_once_as_there_are_workers<Q: Backend>(bench: &Bench<Q>) {
    bench.insert_many(5, &How::Wait);
    let mut pool = bench.pool(3);
    pool.start().unwrap();
    for _ in 0..3 {
        bench.next();
    }
    assert!(bench.nothing_more_started());
    bench.gate.open(1);
    bench.next();
    bench.gate.open(4);
    bench.next();
    pool.shutdown(DEADLINE);
    assert_eq!(block_on(bench.store.count()).unwrap(), []);
}

pub fn a_delayed_task_waits<Q: Backend>(bench: &Bench<Q>) {
    let later = NewTask::blocking(&Act::new("later", How::Succeed)).unwrap().delay(Duration::from_secs(3600));
    let soon = NewTask::blocking(&Act::new("soon", How::Succeed)).unwrap().delay(Duration::from_millis(50));
    let later = bench.queue.insert(later).unwrap();
    let soon = bench.queue.insert(soon).unwrap();
    assert!(soon.scheduled_at > soon.created_at && later.scheduled_at > soon.scheduled_at);
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    assert_eq!(bench.next().name, "soon");
    bench.row_when(&soon, |row| row.is_none());
    assert!(bench.nothing_more_started());
}

pub fn a_pool_without_workers_is_refused<Q: Backend>(bench: &Bench<Q>) {
    let error = bench.pool(0).start().unwrap_err();
    assert!(matches!(error, QueueError::NoWorkers));
    assert!(error.to_string().contains("number_of_workers"), "{error}");
}
