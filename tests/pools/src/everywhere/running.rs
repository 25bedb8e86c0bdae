//! Runs of tasks: which tasks run, how often, and how many at the same time.

use crate::seam::{Act, Elsewhere, HOUR, How, PATIENCE, World};
use fang_core::{FangTaskState, QueueError, RetentionMode};
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

crate::each_mode_and_store! {
    a_task_runs_and_its_row_is_removed,
    keep_all_keeps_finished_tasks,
    a_task_sees_its_id_and_attempt_and_the_state_of_its_pool,
    a_task_inserts_further_tasks,
    a_pool_runs_its_own_task_type_only,
    tasks_inserted_before_the_start_run_too,
    a_hundred_tasks_on_ten_workers_run_once_each,
    as_many_tasks_run_at_once_as_there_are_workers,
    a_delayed_task_waits,
    a_pool_without_workers_is_refused,
}

async fn a_task_runs_and_its_row_is_removed(world: World) {
    let _pool = world.pool(2).start().await;
    let task = world.act("first", How::Succeed).await;
    assert_eq!(task.state, FangTaskState::New);
    assert_eq!(task.kind(), Some("Act"));
    assert_eq!(world.next().await.name, "first");
    world.gone(&task).await;
}

async fn keep_all_keeps_finished_tasks(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let task = world.act("kept", How::Succeed).await;
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!((row.retries, row.lease, row.error_message), (0, 1, None));
}

async fn a_task_sees_its_id_and_attempt_and_the_state_of_its_pool(world: World) {
    let _pool = world.pool(1).start().await;
    let task = world.act("me", How::Succeed).await;
    let report = world.next().await;
    assert_eq!((report.id, report.attempt, report.lease), (task.id, 1, 1));
}

async fn a_task_inserts_further_tasks(world: World) {
    let _pool = world.pool(1).start().await;
    world.act("parent", How::Insert("child".to_owned())).await;
    assert_eq!([world.next().await.name, world.next().await.name], ["parent", "child"]);
}

async fn a_pool_runs_its_own_task_type_only(world: World) {
    let other = world.queue.insert_task(&Elsewhere).await.unwrap();
    let mut pool = world.pool(1).start().await;
    world.act("mine", How::Succeed).await;
    world.next().await;
    pool.shutdown(PATIENCE).await;
    let row = world.queue.find_task_by_id(other.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.lease), (FangTaskState::New, 0));
}

async fn tasks_inserted_before_the_start_run_too(world: World) {
    world.act("early", How::Succeed).await;
    let _pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "early");
}

async fn a_hundred_tasks_on_ten_workers_run_once_each(world: World) {
    let mut pool = world.pool(10).start().await;
    world.act_many(100, How::Succeed).await;
    let mut names = HashSet::new();
    for _ in 0..100 {
        names.insert(world.next().await.name);
    }
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!(names.len(), 100);
    assert_eq!(world.told(), [], "no task ran after that");
    assert_eq!((report.handed_back, report.still_running, report.late_results), (0, 0, 0));
    assert_eq!(world.queue.count_tasks().await.unwrap(), []);
}

async fn as_many_tasks_run_at_once_as_there_are_workers(world: World) {
    world.act_many(8, How::Wait).await;
    let mut pool = world.pool(3).start().await;
    let mut at_once = BTreeSet::new();
    for _ in 0..3 {
        at_once.insert(world.next().await.at_once);
    }
    assert_eq!(at_once, BTreeSet::from([1, 2, 3]));
    // A fourth worker would make `at_once` 4.
    for _ in 0..3 {
        world.stage.open(1);
        assert_eq!(world.next().await.at_once, 3);
    }
    world.stage.open(5);
    assert!(world.next().await.at_once <= 3 && world.next().await.at_once <= 3);
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.told(), []);
    assert_eq!(world.queue.count_tasks().await.unwrap(), []);
}

async fn a_delayed_task_waits(world: World) {
    let later = world.new_task(&Act::new("later", How::Succeed)).delay(HOUR);
    let soon = world.new_task(&Act::new("soon", How::Succeed)).delay(Duration::from_millis(50));
    let later = world.queue.insert(later).await.unwrap();
    let soon = world.queue.insert(soon).await.unwrap();
    assert!(soon.scheduled_at > soon.created_at && later.scheduled_at > soon.scheduled_at);
    let mut pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "soon");
    world.gone(&soon).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!((world.told(), world.count(FangTaskState::New).await), (vec![], 1), "the other task waits");
}

async fn a_pool_without_workers_is_refused(world: World) {
    let error = world.pool(0).build().start().await.unwrap_err();
    assert!(matches!(error, QueueError::NoWorkers));
    assert!(error.to_string().contains("number_of_workers"), "{error}");
}
