//! Tasks that become due while their pool sleeps. Without their instant the pool would look an hour later.

use crate::seam::{Act, HOUR, How, World};
use fang_core::new_task::Due;
use fang_core::{RetentionMode, Task};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

crate::each_mode_and_store! {
    a_task_that_waited_before_the_start_runs_when_it_becomes_due,
    a_task_that_is_inserted_later_runs_when_it_becomes_due,
    tasks_of_all_task_types_of_a_pool_run_when_they_become_due,
    a_task_that_is_rescheduled_runs_when_it_becomes_due,
    a_retry_runs_when_its_backoff_is_over,
    a_snoozed_task_runs_when_its_time_is_over,
    the_ticks_of_a_cron_run_when_they_become_due,
}

pub const SOON: Duration = Duration::from_millis(300);

const AGAIN_AFTER: Duration = Duration::from_millis(10);

/// How late a task may start on a busy machine. Any other poll would come an hour later.
const LATE: Duration = Duration::from_secs(2);

/// Waits until these tasks start, in any order, and on time.
pub async fn start_on_time<const N: usize>(world: &World, tasks: [Uuid; N]) {
    let mut left = HashSet::from(tasks);
    while !left.is_empty() {
        let started = next_on_time(world).await;
        assert!(left.remove(&started), "another task started");
    }
}

/// Waits until the next task starts, which must be on time. Its row must be kept.
async fn next_on_time(world: &World) -> Uuid {
    let started = world.next().await.id;
    let now = world.queue.admin().now().await.unwrap();
    let scheduled_at = world.queue.find_task_by_id(started).await.unwrap().unwrap().scheduled_at;
    let late = (now - scheduled_at).to_std().expect("no task starts before it is due");
    assert!(late < LATE, "{late:?} late");
    started
}

async fn soon(world: &World, delay: Duration) -> Task {
    world.queue.insert(world.new_task(&Act::new("soon", How::Succeed)).delay(delay)).await.unwrap()
}

async fn a_task_that_waited_before_the_start_runs_when_it_becomes_due(world: World) {
    let _later = soon(&world, HOUR).await;
    let tasks = [soon(&world, SOON * 3).await, soon(&world, SOON * 2).await];
    let _pool = world.pool(2).asleep().keeps(RetentionMode::KeepAll).start().await;
    start_on_time(&world, tasks.map(|task| task.id)).await;
}

async fn a_task_that_is_inserted_later_runs_when_it_becomes_due(world: World) {
    let _pool = world.pool(2).asleep().keeps(RetentionMode::KeepAll).start().await;
    let now = soon(&world, Duration::ZERO).await;
    start_on_time(&world, [now.id]).await;
    let task = soon(&world, SOON).await;
    start_on_time(&world, [task.id]).await;
    let at = world.queue.admin().now().await.unwrap() + SOON;
    let task = world.queue.insert(world.new_task(&Act::new("at", How::Succeed)).at(at)).await.unwrap();
    start_on_time(&world, [task.id]).await;
}

async fn tasks_of_all_task_types_of_a_pool_run_when_they_become_due(world: World) {
    let mut tasks = Vec::new();
    for (delay, task_type) in [(SOON * 2, "mail"), (SOON, "sync")] {
        tasks.push(world.queue.insert(world.of_type(task_type, How::Succeed).delay(delay)).await.unwrap().id);
    }
    let types = [("mail", 1), ("feeds", 1), ("sync", 1)];
    let _pool = world.pool(2).task_types(&types).asleep().keeps(RetentionMode::KeepAll).start().await;
    start_on_time(&world, [tasks[0], tasks[1]]).await;
}

async fn a_task_that_is_rescheduled_runs_when_it_becomes_due(world: World) {
    let _pool = world.pool(1).asleep().keeps(RetentionMode::KeepAll).start().await;
    let task = soon(&world, HOUR).await;
    assert!(world.queue.reschedule_task(task.id, Due::After(SOON)).await.unwrap());
    start_on_time(&world, [task.id]).await;
}

/// Waits for four runs of a task that runs again after ten milliseconds.
async fn runs_again_and_again(world: &World, task: &Task) {
    let mut last: Option<Instant> = None;
    for _ in 0..4 {
        assert_eq!(world.next().await.id, task.id);
        let between = last.replace(Instant::now()).map(|last| last.elapsed());
        assert!(between.is_none_or(|between| between < AGAIN_AFTER + LATE), "{between:?}");
    }
}

async fn a_retry_runs_when_its_backoff_is_over(world: World) {
    let _pool = world.pool(1).asleep().start().await;
    let act = Act { backoff: AGAIN_AFTER, retries: 9, ..Act::new("again", How::FailBefore(4)) };
    let task = world.queue.insert_task(&act).await.unwrap();
    runs_again_and_again(&world, &task).await;
}

async fn a_snoozed_task_runs_when_its_time_is_over(world: World) {
    let _pool = world.pool(1).asleep().start().await;
    let task = world.act("again", How::SnoozeFor(AGAIN_AFTER)).await;
    runs_again_and_again(&world, &task).await;
}

/// The first pool may insert all ticks, and the second one run all of them.
async fn the_ticks_of_a_cron_run_when_they_become_due(world: World) {
    let pools = [world.pool(1), world.pool(1)].map(|pool| pool.asleep().keeps(RetentionMode::KeepAll));
    let [one, other] = pools;
    let _pools = [one.start().await, other.start().await];
    world.queue.schedule_task(&Act::every_second(How::Succeed)).await.unwrap();
    for _ in 0..3 {
        next_on_time(&world).await;
    }
}
