use crate::bench::Bench;
use crate::task::{Act, Elsewhere, How};
use fang_asynk::AsyncBackend;
use fang_core::{FangTaskState, NewTask, QueueError, RetentionMode};
use std::collections::HashSet;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(10);

pub async fn a_task_runs_and_its_row_goes<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(2);
    pool.start().await.unwrap();
    let task = bench.insert("first", How::Succeed).await;
    assert_eq!(task.state, FangTaskState::New);
    assert_eq!(task.kind(), Some("Act"));
    assert_eq!(bench.next().await.name, "first");
    bench.row_when(&task, |row| row.is_none()).await;
}

pub async fn keep_all_keeps_what_has_finished<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let task = bench.insert("kept", How::Succeed).await;
    bench.next().await;
    let row = bench.row_in(&task, FangTaskState::Finished).await;
    assert_eq!((row.retries, row.lease, row.error_message), (0, 1, None));
}

pub async fn a_task_sees_who_it_is_and_the_state_of_its_pool<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let task = bench.insert("me", How::Succeed).await;
    let report = bench.next().await;
    assert_eq!((report.id, report.attempt, report.lease), (task.id, 1, 1));
}

pub async fn a_task_inserts_further_tasks<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.insert("parent", How::Insert("child".to_owned())).await;
    assert_eq!([bench.next().await.name, bench.next().await.name], ["parent", "child"]);
}

pub async fn a_pool_runs_its_own_task_type_only<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let other = bench.queue.insert_task(&Elsewhere).await.unwrap();
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.insert("mine", How::Succeed).await;
    bench.next().await;
    pool.shutdown(DEADLINE).await;
    let row = bench.queue.find_task_by_id(other.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.lease), (FangTaskState::New, 0));
}

pub async fn what_was_inserted_before_the_start_runs_too<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.insert("early", How::Succeed).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.next().await.name, "early");
}

pub async fn a_hundred_tasks_on_ten_workers_run_once_each<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(10);
    pool.start().await.unwrap();
    bench.insert_many(100, How::Succeed).await;
    let mut names = HashSet::new();
    for _ in 0..100 {
        names.insert(bench.next().await.name);
    }
    let report = pool.shutdown(DEADLINE).await;
    assert_eq!(names.len(), 100);
    assert!(bench.nothing_more_started());
    assert_eq!((report.handed_back, report.still_running, report.late_results), (0, 0, 0));
    assert_eq!(bench.store.count().await.unwrap(), []);
}

pub async fn as_many_tasks_run_at_once_as_there_are_workers<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.insert_many(5, How::Wait).await;
    let mut pool = bench.pool(3);
    pool.start().await.unwrap();
    for _ in 0..3 {
        bench.next().await;
    }
    assert!(bench.nothing_more_started());
    bench.gate.0.add_permits(1);
    bench.next().await;
    bench.gate.0.add_permits(4);
    bench.next().await;
    pool.shutdown(DEADLINE).await;
    assert_eq!(bench.store.count().await.unwrap(), []);
}

pub async fn a_delayed_task_waits<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let later = NewTask::asynk(&Act::new("later", How::Succeed)).unwrap().delay(Duration::from_secs(3600));
    let soon = NewTask::asynk(&Act::new("soon", How::Succeed)).unwrap().delay(Duration::from_millis(50));
    let later = bench.queue.insert(later).await.unwrap();
    let soon = bench.queue.insert(soon).await.unwrap();
    assert!(soon.scheduled_at > soon.created_at && later.scheduled_at > soon.scheduled_at);
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.next().await.name, "soon");
    bench.row_when(&soon, |row| row.is_none()).await;
    assert!(bench.nothing_more_started());
}

pub async fn a_pool_without_workers_is_refused<Q: AsyncBackend>(bench: Bench<Q>) {
    let error = bench.pool(0).start().await.unwrap_err();
    assert!(matches!(error, QueueError::NoWorkers));
    assert!(error.to_string().contains("number_of_workers"), "{error}");
}
