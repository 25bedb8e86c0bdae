//! Tasks that expire, and tasks whose kind says how long their rows are kept.

use crate::seam::{Act, HOUR, How, PATIENCE, QUICK, World, until};
use chrono::TimeDelta;
use fang_core::store::Filter;
use fang_core::{FangTaskState, RetentionMode, Task};
use std::time::Duration;

crate::each_mode_and_store! {
    a_task_that_was_not_begun_in_time_is_not_run_and_fails,
    an_expired_task_of_a_pool_that_removes_all_is_removed,
    an_expired_task_runs_if_it_is_retried_by_hand,
    a_run_that_is_interrupted_no_longer_expires,
    a_task_that_is_given_back_before_it_has_begun_still_expires,
    a_snoozed_task_no_longer_expires,
    a_kind_that_says_how_long_it_is_kept_is_kept_whatever_the_pool_keeps,
    an_expired_or_cancelled_task_is_kept_as_its_kind_says,
    a_task_that_was_kept_for_its_time_is_removed,
    an_insert_that_says_how_long_its_task_is_kept_overrides_the_kind_and_the_pool,
}

/// Inserts a task that has expired before it can begin.
async fn too_late(world: &World, act: &Act) -> Task {
    world.queue.insert(world.new_task(act).expires(Duration::ZERO)).await.unwrap()
}

fn kept(name: &str, how: How, keep: Duration) -> Act {
    Act { retries: 0, keep: Some(keep), ..Act::new(name, how) }
}

/// The kind says an hour.
async fn an_insert_that_says_how_long_its_task_is_kept_overrides_the_kind_and_the_pool(world: World) {
    let forever = world.new_task(&kept("forever", How::Succeed, HOUR)).keep(Duration::MAX);
    let expires =
        world.new_task(&kept("too late", How::Succeed, HOUR)).expires(Duration::ZERO).keep(HOUR * 2);
    let _pool = world.pool(1).keeps(RetentionMode::RemoveAll).start().await;
    for (task, state, hours) in
        [(forever, FangTaskState::Finished, 24 * 365 * 100), (expires, FangTaskState::Failed, 2)]
    {
        let task = world.queue.insert(task).await.unwrap();
        let row = world.row_in(&task, state).await;
        assert_eq!(row.keep_until.map(|until| until - row.updated_at), Some(TimeDelta::hours(hours)));
    }
}

fn has_expired(row: &Task) -> bool {
    row.state == FangTaskState::Failed && row.error_message.as_ref().unwrap().starts_with("expired: ")
}

async fn a_task_that_was_not_begun_in_time_is_not_run_and_fails(world: World) {
    let task = too_late(&world, &Act::new("too late", How::Succeed)).await;
    assert_eq!(task.expires_at, Some(task.scheduled_at));
    world.queue.insert(world.new_task(&Act::new("in time", How::Succeed)).expires(HOUR)).await.unwrap();
    let _pool = world.pool(1).start().await;
    assert_eq!(world.next().await.name, "in time");
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert!(has_expired(&row), "{:?}", row.error_message);
    assert_eq!((row.retries, row.failures.len(), row.keep_until), (0, 1, None));
    assert_eq!(world.told(), []);
}

async fn an_expired_task_of_a_pool_that_removes_all_is_removed(world: World) {
    let task = too_late(&world, &Act::new("too late", How::Succeed)).await;
    let _pool = world.pool(1).keeps(RetentionMode::RemoveAll).start().await;
    world.gone(&task).await;
    assert_eq!(world.told(), []);
}

async fn an_expired_task_runs_if_it_is_retried_by_hand(world: World) {
    let task = too_late(&world, &Act::new("wanted", How::Succeed)).await;
    let _pool = world.pool(1).start().await;
    world.row_in(&task, FangTaskState::Failed).await;
    assert!(world.queue.retry_task(task.id).await.unwrap());
    assert_eq!(world.next().await.name, "wanted");
    world.gone(&task).await;
}

async fn a_run_that_is_interrupted_no_longer_expires(world: World) {
    let endless = world.new_task(&Act::new("endless", How::Wait)).expires(HOUR);
    let task = world.queue.insert(endless).await.unwrap();
    let mut pool = world.pool(1).start().await;
    world.next().await;
    pool.shutdown(Duration::ZERO).await;
    let row = world.queue.find_task_by_id(task.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.lease, row.expires_at), (FangTaskState::New, 1, None));
}

async fn a_task_that_is_given_back_before_it_has_begun_still_expires(world: World) {
    let mut pool = world.pool(1).start().await;
    // Short runs first, so that the pool claims ahead. Then a long one occupies the only worker.
    world.act_many(50, How::Succeed).await;
    for _ in 0..50 {
        world.next().await;
    }
    let waiting = |n: i32| world.new_task(&Act::new(&n.to_string(), How::Wait)).expires(HOUR);
    world.queue.insert_tasks((0..20).map(waiting).collect()).await.unwrap();
    world.next().await;
    let shutdown = tokio::spawn(async move { pool.shutdown(PATIENCE).await });
    let given_back = async || {
        world.count(FangTaskState::New).await == 19 && world.count(FangTaskState::InProgress).await == 1
    };
    until(given_back).await;
    let waiting = Filter { state: Some(FangTaskState::New), ..Filter::default() };
    let rows = world.queue.list_tasks(&waiting).await.unwrap();
    assert!(rows.iter().all(|row| row.expires_at == Some(row.scheduled_at + HOUR)));
    world.stage.open(1);
    shutdown.await.unwrap();
}

async fn a_snoozed_task_no_longer_expires(world: World) {
    let tired = world.new_task(&Act::new("tired", How::SnoozeFor(HOUR))).expires(HOUR);
    let task = world.queue.insert(tired).await.unwrap();
    let _pool = world.pool(1).start().await;
    world.next().await;
    let row = world.row_in(&task, FangTaskState::New).await;
    let row = match row.lease {
        0 => world.row_when(&task, |row| row.is_some_and(|row| row.lease == 1)).await.unwrap(),
        _ => row,
    };
    assert_eq!((row.expires_at, row.retries), (None, 0));
}

async fn a_kind_that_says_how_long_it_is_kept_is_kept_whatever_the_pool_keeps(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::RemoveAll).start().await;
    let ends = [
        (How::Succeed, FangTaskState::Finished),
        (How::FailBefore(9), FangTaskState::Failed),
        (How::Cancel, FangTaskState::Failed),
        (How::Panic, FangTaskState::Failed),
    ];
    for (how, state) in ends {
        let task = world.queue.insert_task(&kept("kept", how, HOUR)).await.unwrap();
        let row = world.row_in(&task, state).await;
        assert_eq!(row.keep_until, Some(row.updated_at + HOUR));
    }
    let task = world.act("not kept", How::Succeed).await;
    world.gone(&task).await;
}

async fn an_expired_or_cancelled_task_is_kept_as_its_kind_says(world: World) {
    let pool = world.pool(1).keeps(RetentionMode::RemoveAll).cancel_grace(Duration::ZERO);
    let _pool = pool.start().await;
    let task = too_late(&world, &kept("too late", How::Succeed, HOUR)).await;
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert!(has_expired(&row) && row.keep_until == Some(row.updated_at + HOUR), "{row:?}");
    let task = world.queue.insert_task(&kept("unwanted", How::WaitForShutdown, HOUR)).await.unwrap();
    world.next().await;
    assert!(world.queue.cancel_task(task.id).await.unwrap());
    // A run that ends well after the cancellation has succeeded.
    let row = world.row_when(&task, |row| row.is_some_and(|row| !row.state.is_alive())).await.unwrap();
    assert_eq!(row.keep_until, Some(row.updated_at + HOUR));
}

async fn a_task_that_was_kept_for_its_time_is_removed(world: World) {
    let mut pool = world.pool(1).lease(QUICK).keeps(RetentionMode::KeepAll).start().await;
    let stays = world.act("stays", How::Succeed).await;
    let goes = world.queue.insert_task(&kept("goes", How::Succeed, Duration::from_millis(1))).await.unwrap();
    world.gone(&goes).await;
    world.row_in(&stays, FangTaskState::Finished).await;
    pool.shutdown(PATIENCE).await;
}
