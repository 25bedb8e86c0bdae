//! Control of tasks and pools: cancel, retry, reschedule, pause and resize.

use crate::seam::{Act, HOUR, How, PATIENCE, World};
use fang_asynk::Lease;
use fang_core::new_task::Due;
use fang_core::store::{Depth, FailedTasks, Filter};
use fang_core::{FangTaskState, Priority, QueueError, RetentionMode};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use uuid::Uuid;

crate::each_mode_and_store! {
    the_depth_of_a_task_type_is_counted_up_to_ten_thousand,
    a_waiting_task_that_is_cancelled_never_runs,
    a_running_task_hears_that_it_was_cancelled_and_is_not_run_again,
    a_cancelled_task_that_still_succeeds_counts_as_finished,
    tasks_that_are_retried_at_once_end_when_they_are_cancelled,
    failed_tasks_run_again_when_they_are_retried,
    a_task_runs_when_it_is_rescheduled_and_by_its_new_priority,
    a_paused_task_type_runs_nothing_until_it_is_resumed,
    a_task_sees_its_deadline_and_its_own_task_type,
    task_types_share_a_pool_by_their_weights,
    a_task_type_gets_the_whole_pool_while_the_others_have_no_tasks,
    task_types_without_names_or_weights_of_their_own_are_refused,
    a_pool_that_grows_runs_more_at_once,
    a_pool_that_shrinks_lets_running_tasks_end,
    a_pool_that_is_resized_right_after_its_start_has_the_last_number_of_workers,
}

crate::each_store! {
    only_asynk, Asynk,
    a_cancelled_task_that_does_not_listen_is_dropped_after_the_grace_period,
}

crate::each_store! {
    only_blocking, Blocking,
    the_result_of_a_cancelled_thread_that_does_not_listen_counts,
}

async fn a_waiting_task_that_is_cancelled_never_runs(world: World) {
    let cancelled = world.act("cancelled", How::Succeed).await;
    world.act("next", How::Succeed).await;
    assert!(world.queue.cancel_task(cancelled.id).await.unwrap());
    assert!(!world.queue.cancel_task(cancelled.id).await.unwrap(), "the task is over");
    let _pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "next");
    let row = world.row_in(&cancelled, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled"));
}

async fn a_running_task_hears_that_it_was_cancelled_and_is_not_run_again(world: World) {
    // The pool does not beat during this test.
    let _pool = world.pool(1).lease(Lease::new(HOUR)).start().await;
    let task = world.act("attentive", How::FailWhenCancelled).await;
    world.next().await;
    assert!(world.queue.cancel_task(task.id).await.unwrap());
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!((row.error_message.as_deref(), row.retries), (Some("cancelled"), 0));
}

async fn a_cancelled_task_that_still_succeeds_counts_as_finished(world: World) {
    let mut pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let task = world.act("quick", How::WaitForShutdown).await;
    world.next().await;
    assert!(world.queue.cancel_task(task.id).await.unwrap());
    world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_cancelled_task_that_does_not_listen_is_dropped_after_the_grace_period(world: World) {
    let _pool = world.pool(1).cancel_grace(Duration::from_millis(10)).start().await;
    let task = world.act("deaf", How::Wait).await;
    world.act("next", How::Succeed).await;
    world.next().await;
    assert!(world.queue.cancel_task(task.id).await.unwrap());
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled"));
    assert_eq!(world.next().await.name, "next", "its worker is free");
}

async fn the_result_of_a_cancelled_thread_that_does_not_listen_counts(world: World) {
    let mut pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let task = world.act("deaf", How::Wait).await;
    world.next().await;
    assert!(world.queue.cancel_task(task.id).await.unwrap());
    assert_eq!(world.row_in(&task, FangTaskState::InProgress).await.lease, 1, "a thread cannot be stopped");
    world.stage.open(1);
    world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!(pool.shutdown(PATIENCE).await.late_results, 0);
}

async fn tasks_that_are_retried_at_once_end_when_they_are_cancelled(world: World) {
    let _pool = world.pool(4).start().await;
    let act = Act { retries: i32::MAX, ..Act::new("hopeless", How::FailBefore(u32::MAX)) };
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(world.queue.insert_task(&act).await.unwrap());
    }
    for task in &tasks {
        assert!(world.queue.cancel_task(task.id).await.unwrap());
    }
    for task in &tasks {
        let row = world.row_in(task, FangTaskState::Failed).await;
        assert_eq!(row.error_message.as_deref(), Some("cancelled"));
    }
}

async fn failed_tasks_run_again_when_they_are_retried(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let hopeless = Act { retries: 0, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = world.queue.insert_task(&hopeless).await.unwrap();
    for retried in 0..3 {
        world.next().await;
        world.row_in(&task, FangTaskState::Failed).await;
        match retried {
            0 => assert!(world.queue.retry_task(task.id).await.unwrap()),
            1 => assert_eq!(world.queue.retry_failed(&FailedTasks::of_kind("Act")).await.unwrap(), 1),
            _ => assert_eq!(world.queue.retry_failed(&FailedTasks::of_kind("Other")).await.unwrap(), 0),
        }
    }
}

async fn a_task_runs_when_it_is_rescheduled_and_by_its_new_priority(world: World) {
    let later = async |name| {
        let task = world.new_task(&Act::new(name, How::Succeed)).delay(HOUR);
        world.queue.insert(task).await.unwrap().id
    };
    let (first, second) = (later("first").await, later("second").await);
    assert!(world.queue.set_priority(second, Priority::Urgent).await.unwrap());
    for task in [first, second] {
        assert!(world.queue.reschedule_task(task, Due::After(Duration::ZERO)).await.unwrap());
    }
    let _pool = world.pool(1).start().await;
    assert_eq!([world.next().await.name, world.next().await.name], ["second", "first"]);
    assert!(!world.queue.reschedule_task(Uuid::nil(), Due::After(HOUR)).await.unwrap());
}

async fn a_paused_task_type_runs_nothing_until_it_is_resumed(world: World) {
    assert!(world.queue.pause("common").await.unwrap() && !world.queue.pause("common").await.unwrap());
    let _pool = world.pool(1).start().await;
    world.act("paused", How::Succeed).await;
    let other = world.queue.insert(world.of_type("other", How::Succeed)).await.unwrap();
    let _others = world.pool(1).task_type("other").start().await;
    assert_eq!(world.next().await.name, "other", "other task types run");
    world.gone(&other).await;
    assert_eq!(world.queue.list_tasks(&Filter::default()).await.unwrap().len(), 1);
    assert_eq!(world.queue.count_tasks().await.unwrap()[0].tasks, 1);
    assert!(world.queue.resume("common").await.unwrap() && !world.queue.resume("common").await.unwrap());
    assert_eq!(world.next().await.name, "paused");
}

async fn a_task_sees_its_deadline_and_its_own_task_type(world: World) {
    let _pool = world.pool(1).task_types(&[("common", 1), ("other", 1)]).start().await;
    let timed = Act { timeout: Some(HOUR), ..Act::new("timed", How::Succeed) };
    let other = world.of_type("other", How::Succeed);
    world.queue.insert_task(&timed).await.unwrap();
    let report = world.next().await;
    assert_eq!(report.task_type, "common");
    assert!(report.left.unwrap() <= HOUR && report.left.unwrap() > HOUR - PATIENCE);
    world.queue.insert(other).await.unwrap();
    let report = world.next().await;
    assert_eq!((report.task_type.as_str(), report.left), ("other", None));
}

async fn task_types_share_a_pool_by_their_weights(world: World) {
    for task_type in ["mail", "sync"] {
        let tasks = (0..4000).map(|_| world.of_type(task_type, How::Succeed));
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
    }
    let mut pool = world.pool(4).task_types(&[("mail", 3), ("sync", 1)]).start().await;
    let mut started: HashMap<String, i32> = HashMap::new();
    for _ in 0..4000 {
        *started.entry(world.next().await.task_type).or_default() += 1;
    }
    // Short tasks are claimed in hundreds, so the counts are not exact.
    assert!((started["mail"] - 3000).abs() < 500, "three of four while both have work: {started:?}");
    pool.shutdown(PATIENCE).await;
}

async fn a_task_type_gets_the_whole_pool_while_the_others_have_no_tasks(world: World) {
    let _pool = world.pool(4).task_types(&[("mail", 1), ("sync", 1000)]).start().await;
    for _ in 0..4 {
        world.queue.insert(world.of_type("mail", How::Wait)).await.unwrap();
    }
    for _ in 0..4 {
        assert_eq!(world.next().await.task_type, "mail");
    }
    world.stage.open(4);
}

async fn task_types_without_names_or_weights_of_their_own_are_refused(world: World) {
    for bad in [[("mail", 1), ("mail", 2)], [("mail", 1), ("sync", 0)]] {
        let error = world.pool(1).task_types(&bad).build().start().await.unwrap_err();
        assert!(matches!(error, QueueError::TaskTypes { .. }), "{error:?}");
    }
}

async fn a_pool_that_grows_runs_more_at_once(world: World) {
    world.act_many(7, How::Wait).await;
    let mut pool = world.pool(1).start().await;
    assert_eq!(world.next().await.at_once, 1);
    // A second worker would make `at_once` 2.
    for _ in 0..2 {
        world.stage.open(1);
        assert_eq!(world.next().await.at_once, 1);
    }
    pool.resize(5).unwrap();
    let mut at_once = BTreeSet::new();
    for _ in 0..4 {
        at_once.insert(world.next().await.at_once);
    }
    assert_eq!(at_once, BTreeSet::from([2, 3, 4, 5]));
    world.stage.open(5);
    assert_eq!(pool.shutdown(PATIENCE).await.handed_back, 0);
}

async fn a_pool_that_shrinks_lets_running_tasks_end(world: World) {
    world.act_many(8, How::Wait).await;
    let mut pool = world.pool(5).keeps(RetentionMode::KeepAll).start().await;
    for _ in 0..5 {
        world.next().await;
    }
    pool.resize(1).unwrap();
    assert!(matches!(pool.resize(0), Err(QueueError::NoWorkers)));
    // Each permit ends one run. Only the fifth leaves a worker that begins another task.
    world.stage.open(4);
    world.until_in_state(FangTaskState::Finished, 4).await;
    for _ in 0..3 {
        world.stage.open(1);
        assert_eq!(world.next().await.at_once, 1, "a task begins only when another ends");
    }
    pool.resize(2).unwrap();
    world.act("two", How::Wait).await;
    assert_eq!(world.next().await.name, "two", "the pool grows again");
    world.stage.open(2);
    assert_eq!(pool.shutdown(PATIENCE).await.still_running, 0);
}

/// The pool may be resized before its first worker has begun.
async fn a_pool_that_is_resized_right_after_its_start_has_the_last_number_of_workers(world: World) {
    let mut pool = world.pool(4).start().await;
    pool.resize(1).unwrap();
    pool.resize(3).unwrap();
    pool.resize(2).unwrap();
    world.act_many(8, How::Wait).await;
    let first = [world.next().await.at_once, world.next().await.at_once];
    assert_eq!(BTreeSet::from(first), BTreeSet::from([1, 2]));
    // A third worker would make `at_once` 3.
    for _ in 0..4 {
        world.stage.open(1);
        assert_eq!(world.next().await.at_once, 2);
    }
    world.stage.open(8);
    pool.shutdown(PATIENCE).await;
}

async fn the_depth_of_a_task_type_is_counted_up_to_ten_thousand(world: World) {
    let many = (0..10_001).map(|_| world.of_type("many", How::Succeed)).collect();
    world.queue.insert_tasks(many).await.unwrap();
    let later = world.of_type("later", How::Succeed).delay(HOUR);
    world.queue.insert(later).await.unwrap();
    let depths = world.queue.depths().await.unwrap();
    let told = depths.iter().map(|depth| format!("{} {} {}", depth.task_type, depth.waiting, depth.due));
    assert_eq!(told.collect::<Vec<_>>(), ["later 1 0", "many 10000+ 10000+"]);
    let many = world.queue.depth("many").await.unwrap();
    assert!(many.oldest_due >= depths[1].oldest_due && depths[1].oldest_due.is_some());
    assert_eq!(Depth { oldest_due: None, ..many }, Depth { oldest_due: None, ..depths[1].clone() });
    assert_eq!(world.queue.depth("nobody").await.unwrap(), Depth::none("nobody"));
}
