//! What is done to tasks and pools from outside while they run.

use crate::bench::{Bench, PATIENCE, builder};
use crate::task::{Act, How};
use fang_asynk::{AsyncBackend, Lease};
use fang_core::new_task::Due;
use fang_core::store::{FailedTasks, Filter};
use fang_core::{FangTaskState, NewTask, Priority, QueueError, RetentionMode};
use std::collections::HashMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub async fn a_waiting_task_that_is_cancelled_never_runs<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let cancelled = bench.insert("cancelled", How::Succeed).await;
    bench.insert("next", How::Succeed).await;
    assert!(bench.queue.cancel_task(cancelled.id).await.unwrap());
    assert!(!bench.queue.cancel_task(cancelled.id).await.unwrap(), "it is over");
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!(bench.next().await.name, "next");
    let row = bench.row_in(&cancelled, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled"));
}

pub async fn a_running_task_hears_that_it_was_cancelled_and_is_not_run_again<Q: AsyncBackend>(
    mut bench: Bench<Q>,
) {
    // It does not beat while this lasts.
    let mut pool = builder!(bench, 1_u32).lease(Lease::new(HOUR)).build();
    pool.start().await.unwrap();
    let task = bench.insert("attentive", How::FailWhenCancelled).await;
    bench.next().await;
    assert!(bench.queue.cancel_task(task.id).await.unwrap());
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!((row.error_message.as_deref(), row.retries), (Some("cancelled"), 0));
}

pub async fn a_cancelled_task_that_succeeds_has_succeeded<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let task = bench.insert("quick", How::WaitForShutdown).await;
    bench.next().await;
    assert!(bench.queue.cancel_task(task.id).await.unwrap());
    bench.row_in(&task, FangTaskState::Finished).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

pub async fn a_cancelled_task_that_does_not_listen_is_dropped_after_its_grace<Q: AsyncBackend>(
    mut bench: Bench<Q>,
) {
    let mut pool = builder!(bench, 1_u32).cancel_grace(Duration::from_millis(10)).build();
    pool.start().await.unwrap();
    let task = bench.insert("deaf", How::Wait).await;
    bench.insert("next", How::Succeed).await;
    bench.next().await;
    assert!(bench.queue.cancel_task(task.id).await.unwrap());
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled"));
    assert_eq!(bench.next().await.name, "next", "its worker is free");
}

pub async fn tasks_that_fail_again_and_again_at_once_end_when_they_are_cancelled<Q: AsyncBackend>(
    bench: Bench<Q>,
) {
    let mut pool = bench.pool(4);
    pool.start().await.unwrap();
    let act = Act { retries: i32::MAX, ..Act::new("hopeless", How::FailBefore(u32::MAX)) };
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(bench.queue.insert_task(&act).await.unwrap());
    }
    for task in &tasks {
        assert!(bench.queue.cancel_task(task.id).await.unwrap());
    }
    for task in &tasks {
        let row = bench.row_in(task, FangTaskState::Failed).await;
        assert_eq!(row.error_message.as_deref(), Some("cancelled"));
    }
}

pub async fn failed_tasks_run_again_when_they_are_retried<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let hopeless = Act { retries: 0, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = bench.queue.insert_task(&hopeless).await.unwrap();
    for retried in 0..3 {
        bench.next().await;
        bench.row_in(&task, FangTaskState::Failed).await;
        match retried {
            0 => assert!(bench.queue.retry_task(task.id).await.unwrap()),
            1 => assert_eq!(bench.queue.retry_failed(&FailedTasks::of_kind("Act")).await.unwrap(), 1),
            _ => assert_eq!(bench.queue.retry_failed(&FailedTasks::of_kind("Other")).await.unwrap(), 0),
        }
    }
}

pub async fn a_task_runs_when_it_is_rescheduled_and_by_its_new_priority<Q: AsyncBackend>(
    mut bench: Bench<Q>,
) {
    let later = async |name| {
        let task = NewTask::asynk(&Act::new(name, How::Succeed)).unwrap().delay(HOUR);
        bench.queue.insert(task).await.unwrap().id
    };
    let (first, second) = (later("first").await, later("second").await);
    assert!(bench.queue.set_priority(second, Priority::Urgent).await.unwrap());
    for task in [first, second] {
        assert!(bench.queue.reschedule_task(task, Due::After(Duration::ZERO)).await.unwrap());
    }
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    assert_eq!([bench.next().await.name, bench.next().await.name], ["second", "first"]);
    assert!(!bench.queue.reschedule_task(uuid::Uuid::nil(), Due::After(HOUR)).await.unwrap());
}

pub async fn a_paused_task_type_runs_nothing_until_it_is_resumed<Q: AsyncBackend>(mut bench: Bench<Q>) {
    assert!(bench.queue.pause("common").await.unwrap() && !bench.queue.pause("common").await.unwrap());
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.insert("paused", How::Succeed).await;
    let other = bench.queue.insert(bench.of_type("other", How::Succeed)).await.unwrap();
    let mut others = builder!(bench, 1_u32).task_type("other").build();
    others.start().await.unwrap();
    assert_eq!(bench.next().await.name, "other", "others run");
    bench.row_when(&other, |row| row.is_none()).await;
    assert_eq!(bench.queue.list_tasks(&Filter::default()).await.unwrap().len(), 1);
    assert_eq!(bench.queue.count_tasks().await.unwrap()[0].tasks, 1);
    assert!(bench.queue.resume("common").await.unwrap() && !bench.queue.resume("common").await.unwrap());
    assert_eq!(bench.next().await.name, "paused");
}

pub async fn a_task_sees_its_deadline_and_its_own_task_type<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = builder!(bench, 1_u32).task_types([("common", 1), ("other", 1)]).build();
    pool.start().await.unwrap();
    let timed = Act { timeout: Some(HOUR), ..Act::new("timed", How::Succeed) };
    let other = bench.of_type("other", How::Succeed);
    bench.queue.insert_task(&timed).await.unwrap();
    let report = bench.next().await;
    assert_eq!(report.task_type, "common");
    assert!(report.left.unwrap() <= HOUR && report.left.unwrap() > HOUR - PATIENCE);
    bench.queue.insert(other).await.unwrap();
    let report = bench.next().await;
    assert_eq!((report.task_type.as_str(), report.left), ("other", None));
}

pub async fn task_types_share_a_pool_by_their_weights<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.insert_of_types(&[("mail", 4000), ("sync", 4000)]).await;
    let mut pool = builder!(bench, 4_u32).task_types([("mail", 3), ("sync", 1)]).build();
    pool.start().await.unwrap();
    let mut started: HashMap<String, i32> = HashMap::new();
    for _ in 0..4000 {
        *started.entry(bench.next().await.task_type).or_default() += 1;
    }
    // Short tasks are claimed by the hundreds.
    assert!((started["mail"] - 3000).abs() < 500, "three of four while both have work: {started:?}");
    pool.shutdown(PATIENCE).await;
}

pub async fn a_task_type_that_is_alone_has_the_whole_pool<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = builder!(bench, 4_u32).task_types([("mail", 1), ("sync", 1000)]).build();
    pool.start().await.unwrap();
    for _ in 0..4 {
        bench.queue.insert(bench.of_type("mail", How::Wait)).await.unwrap();
    }
    for _ in 0..4 {
        assert_eq!(bench.next().await.task_type, "mail");
    }
    bench.open(4);
}

pub async fn task_types_without_names_or_weights_of_their_own_are_refused<Q: AsyncBackend>(bench: Bench<Q>) {
    for bad in [[("mail", 1), ("mail", 2)], [("mail", 1), ("sync", 0)]] {
        let error = builder!(bench, 1_u32).task_types(bad).build().start().await.unwrap_err();
        assert!(matches!(error, QueueError::TaskTypes { .. }), "{error:?}");
    }
}

pub async fn a_pool_that_grows_runs_more_at_once<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.insert_many(5, How::Wait).await;
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    bench.next().await;
    assert!(bench.nothing_more_started());
    pool.resize(5).unwrap();
    for _ in 0..4 {
        bench.next().await;
    }
    bench.open(5);
    assert_eq!(pool.shutdown(PATIENCE).await.handed_back, 0);
}

pub async fn a_pool_that_shrinks_lets_its_workers_end_what_they_run<Q: AsyncBackend>(mut bench: Bench<Q>) {
    bench.insert_many(8, How::Wait).await;
    let mut pool = bench.pool_keeping(5, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    for _ in 0..5 {
        bench.next().await;
    }
    pool.resize(1).unwrap();
    assert!(matches!(pool.resize(0), Err(QueueError::NoWorkers)));
    // Each permit ends one run; only the fifth leaves a worker that begins another.
    bench.open(4);
    bench.until_in_state(FangTaskState::Finished, 4).await;
    assert!(bench.nothing_more_started());
    for _ in 0..3 {
        bench.open(1);
        bench.next().await;
        assert!(bench.nothing_more_started());
    }
    pool.resize(2).unwrap();
    bench.insert("two", How::Wait).await;
    assert_eq!(bench.next().await.name, "two", "it grows again");
    bench.open(2);
    assert_eq!(pool.shutdown(PATIENCE).await.still_running, 0);
}
