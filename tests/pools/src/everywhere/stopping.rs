//! How a pool stops, and starts again.

use crate::seam::{How, Mode, PATIENCE, Pool, World, collect_logs, logged_with, until};
use fang_core::{FangTaskState, RetentionMode};
use std::time::Duration;

crate::each_mode_and_store! {
    shutdown_hands_back_what_has_not_begun,
    a_quiet_pool_hands_back_what_has_not_begun_and_lets_the_running_task_end,
    a_pool_that_is_shut_down_while_it_is_quiet_can_be_started_again,
    shutdown_waits_for_running_tasks,
    shutdown_gives_back_running_tasks_at_the_deadline_without_counting_an_attempt,
    a_task_learns_that_its_pool_is_shutting_down,
    run_until_ends_with_its_signal,
    a_monitor_sees_and_steers_a_pool_that_runs_until_a_signal,
    a_pool_can_be_started_again,
    dropping_a_pool_does_not_stop_it,
    the_log_tells_what_a_pool_serves_when_it_starts_and_stops,
}

crate::each_store! {
    only_blocking, Blocking,
    the_result_of_a_run_that_was_given_back_is_ignored,
}

/// Starts a pool that runs a long task with its only worker, and has claimed 19 others ahead.
async fn start_with_claims_ahead(world: &World) -> Pool {
    let pool = world.pool(1).start().await;
    // Short runs first, so that the pool claims ahead. Then a long one occupies the only worker.
    world.act_many(50, How::Succeed).await;
    for _ in 0..50 {
        world.next().await;
    }
    world.act_many(20, How::Wait).await;
    world.next().await;
    pool
}

/// Waits until one task runs, and the 19 others are given back. Before that they may be in a lock-claim (all new), or
/// all have written claims for a moment.
async fn others_are_given_back(world: &World) {
    let given_back = async || {
        world.count(FangTaskState::New).await == 19 && world.count(FangTaskState::InProgress).await == 1
    };
    until(given_back).await;
}

async fn a_quiet_pool_hands_back_what_has_not_begun_and_lets_the_running_task_end(world: World) {
    let mut pool = start_with_claims_ahead(&world).await;
    pool.quiet();
    others_are_given_back(&world).await;
    world.stage.open(1);
    world.until_in_state(FangTaskState::InProgress, 0).await;
    assert_eq!(world.count(FangTaskState::New).await, 19);
    // A pool that claimed would have been notified of this one.
    world.act("later", How::Succeed).await;
    assert_eq!(world.told(), []);
    world.stage.open(19);
    pool.resume();
    for _ in 0..20 {
        world.next().await;
    }
    let report = pool.shutdown(PATIENCE).await;
    assert_eq!((report.still_running, world.count(FangTaskState::New).await), (0, 0));
}

async fn a_pool_that_is_shut_down_while_it_is_quiet_can_be_started_again(world: World) {
    let mut pool = world.pool(1).start().await;
    pool.quiet();
    assert_eq!(pool.shutdown(PATIENCE).await.still_running, 0);
    world.act("next", How::Succeed).await;
    pool.start().await.unwrap();
    assert_eq!(world.heard().await, "next");
}

async fn shutdown_hands_back_what_has_not_begun(world: World) {
    let mut pool = start_with_claims_ahead(&world).await;
    let shutdown = tokio::spawn(async move { pool.shutdown(PATIENCE).await });
    others_are_given_back(&world).await;
    world.stage.open(1);
    assert_eq!(shutdown.await.unwrap().still_running, 0);
    assert_eq!(world.count(FangTaskState::InProgress).await, 0);
    assert_eq!(world.count(FangTaskState::New).await, 19);
}

async fn shutdown_waits_for_running_tasks(world: World) {
    let task = world.act("slow", How::Wait).await;
    let mut pool = world.pool(1).start().await;
    world.next().await;
    let shutdown = tokio::spawn(async move { pool.shutdown(PATIENCE).await });
    world.stage.open(1);
    let report = shutdown.await.unwrap();
    assert_eq!((report.handed_back, report.still_running), (0, 0));
    assert_eq!(world.queue.find_task_by_id(task.id).await.unwrap(), None);
}

async fn shutdown_gives_back_running_tasks_at_the_deadline_without_counting_an_attempt(world: World) {
    let task = world.act("endless", How::Wait).await;
    let mut pool = world.pool(1).start().await;
    world.next().await;
    let report = pool.shutdown(Duration::ZERO).await;
    // A thread cannot be stopped.
    let still_running = usize::from(world.mode == Mode::Blocking);
    assert_eq!((report.handed_back, report.still_running), (1, still_running));
    let row = world.queue.find_task_by_id(task.id).await.unwrap().unwrap();
    assert_eq!((row.state, row.retries, row.crashes, row.lease), (FangTaskState::New, 0, 0, 1));
    assert_eq!(row.scheduled_at, task.scheduled_at);
}

async fn the_result_of_a_run_that_was_given_back_is_ignored(world: World) {
    let task = world.act("twice", How::Wait).await;
    let mut pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    world.next().await;
    pool.shutdown(Duration::ZERO).await;
    let mut next = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let again = world.next().await;
    assert_eq!((again.attempt, again.lease), (1, 2));
    // Either of the two runs may end first.
    world.stage.open(2);
    let row = world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!((row.retries, row.lease), (0, 2));
    assert_eq!(next.shutdown(PATIENCE).await.late_results, 0);
}

async fn a_task_learns_that_its_pool_is_shutting_down(world: World) {
    let mut pool = world.pool(1).start().await;
    world.act("polite", How::WaitForShutdown).await;
    world.next().await;
    assert_eq!(pool.shutdown(PATIENCE).await.handed_back, 0);
    assert_eq!(world.queue.count_tasks().await.unwrap(), []);
}

async fn run_until_ends_with_its_signal(world: World) {
    let mut pool = world.pool(1).build();
    let (stop, stopped) = async_channel::bounded(1);
    world.act("only", How::Succeed).await;
    let run = tokio::spawn(async move { pool.run_until(stopped).await.unwrap() });
    world.next().await;
    stop.send(()).await.unwrap();
    assert_eq!(run.await.unwrap().still_running, 0);
}

async fn a_monitor_sees_and_steers_a_pool_that_runs_until_a_signal(world: World) {
    let mut pool = world.pool(1).build();
    let monitor = pool.monitor();
    assert_eq!((monitor.is_running(), monitor.stats().claimed), (false, 0));
    let (stop, stopped) = async_channel::bounded(1);
    world.act("first", How::Succeed).await;
    let run = tokio::spawn(async move { pool.run_until(stopped).await.unwrap() });
    world.next().await;
    monitor.quiet();
    assert!(monitor.is_running() && monitor.is_quiet());
    world.act("second", How::Succeed).await;
    monitor.resume();
    world.next().await;
    stop.send(()).await.unwrap();
    run.await.unwrap();
    assert_eq!((monitor.is_running(), monitor.is_quiet(), monitor.stats().finished), (false, false, 2));
}

async fn a_pool_can_be_started_again(world: World) {
    let mut pool = world.pool(1).build();
    for name in ["first", "second"] {
        pool.start().await.unwrap();
        world.act(name, How::Succeed).await;
        assert_eq!(world.next().await.name, name);
        pool.shutdown(PATIENCE).await;
    }
}

async fn dropping_a_pool_does_not_stop_it(world: World) {
    world.pool(1).start().await.let_go();
    world.act("still", How::Succeed).await;
    assert_eq!(world.next().await.name, "still");
}

async fn the_log_tells_what_a_pool_serves_when_it_starts_and_stops(world: World) {
    collect_logs();
    // No other test has it.
    let task_type = world.act("one", How::Succeed).await.id.to_string();
    let mut pool = world.pool(2).task_type(&task_type).start().await;
    assert_eq!(logged_with(&["INFO", "with 2 workers for", &task_type, "started"]), 1);
    pool.shutdown(PATIENCE).await;
    assert_eq!(logged_with(&["INFO", "with 2 workers for", &task_type, "is stopping"]), 1);
}
