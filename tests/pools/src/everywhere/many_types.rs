//! Pools of very many task types, and of all.

use super::on_time::{SOON, start_on_time};
use crate::seam::{Act, How, PATIENCE, PoolBuilder, World};
use fang_core::RetentionMode;
use std::collections::HashSet;
use std::time::Duration;

crate::each_mode_and_store! {
    a_pool_of_ten_thousand_task_types_runs_a_task_of_any_of_them_at_once,
    a_task_of_one_of_ten_thousand_types_runs_when_it_becomes_due,
    a_pool_of_all_task_types_runs_those_that_come_into_being_later,
    a_pool_of_all_task_types_finds_those_that_waited_before_its_start,
    a_pool_of_all_task_types_leaves_paused_ones_alone,
    a_thousand_task_types_with_tasks_share_a_pool_by_their_weights,
    a_retry_of_one_of_many_types_runs_on_time,
}

fn named(n: usize) -> String {
    format!("customer {n:04}")
}

fn is_odd(name: &str) -> bool {
    name.ends_with(['1', '3', '5', '7', '9'])
}

/// A pool of so many types; those with odd numbers have the weight 3.
fn of(world: &World, workers: u32, types: usize) -> PoolBuilder {
    let names: Vec<String> = (0..types).map(named).collect();
    let weighted: Vec<(&str, u32)> =
        names.iter().enumerate().map(|(n, name)| (name.as_str(), if n % 2 == 1 { 3 } else { 1 })).collect();
    world.pool(workers).task_types(&weighted)
}

async fn insert(world: &World, task_type: &str, delay: Duration) -> uuid::Uuid {
    world.queue.insert(world.of_type(task_type, How::Succeed).delay(delay)).await.unwrap().id
}

/// It polls after an hour.
async fn a_pool_of_ten_thousand_task_types_runs_a_task_of_any_of_them_at_once(world: World) {
    let _pool = of(&world, 2, 10_000).asleep().start().await;
    for n in [9_998, 0, 5_000] {
        insert(&world, &named(n), Duration::ZERO).await;
        assert_eq!(world.heard().await, named(n));
    }
    insert(&world, "of others", Duration::ZERO).await;
    insert(&world, &named(1), Duration::ZERO).await;
    assert_eq!(world.heard().await, named(1));
}

async fn a_task_of_one_of_ten_thousand_types_runs_when_it_becomes_due(world: World) {
    let before = insert(&world, &named(9_998), SOON).await;
    let _pool = of(&world, 2, 10_000).asleep().keeps(RetentionMode::KeepAll).start().await;
    start_on_time(&world, [before]).await;
    let later = [insert(&world, &named(9_999), SOON * 2).await, insert(&world, &named(3), SOON).await];
    start_on_time(&world, later).await;
}

async fn a_pool_of_all_task_types_runs_those_that_come_into_being_later(world: World) {
    let _pool = world.pool(2).all_task_types().asleep().keeps(RetentionMode::KeepAll).start().await;
    for n in 0..20 {
        insert(&world, &named(n), Duration::ZERO).await;
        assert_eq!(world.heard().await, named(n));
    }
    let later = [insert(&world, "later", SOON).await];
    start_on_time(&world, later).await;
}

/// A look sees only so many of them, and goes on.
async fn a_pool_of_all_task_types_finds_those_that_waited_before_its_start(world: World) {
    let tasks = (0..3_000).map(|n| world.of_type(&named(n), How::Succeed));
    world.queue.insert_tasks(tasks.collect()).await.unwrap();
    let mut pool = world.pool(2).all_task_types().asleep().start().await;
    let mut started: Vec<String> = Vec::new();
    for _ in 0..3_000 {
        started.push(world.heard().await);
    }
    started.sort();
    assert!(started.iter().enumerate().all(|(n, name)| *name == named(n)));
    pool.shutdown(PATIENCE).await;
}

async fn a_pool_of_all_task_types_leaves_paused_ones_alone(world: World) {
    world.queue.pause("mail").await.unwrap();
    insert(&world, "mail", Duration::ZERO).await;
    let _pool = world.pool(1).all_task_types().asleep().start().await;
    insert(&world, "mail", Duration::ZERO).await;
    insert(&world, "news", Duration::ZERO).await;
    assert_eq!(world.heard().await, "news");
    world.queue.resume("mail").await.unwrap();
    assert_eq!([world.heard().await, world.heard().await], ["mail", "mail"]);
}

/// The least time between two ends, of so many runs at once that each takes long: short ones are
/// claimed ahead, a hundred at once, and start before the others.
const APART: Duration = Duration::from_millis(1);

async fn a_thousand_task_types_with_tasks_share_a_pool_by_their_weights(world: World) {
    const TYPES: usize = 1_000;
    const WORKERS: usize = 50;
    // The weights sum to two for each type, so twice as many starts are one round. Every type has had a turn soon after it.
    const ROUND: usize = TYPES * 2;
    for _ in 0..5 {
        let tasks = (0..TYPES).map(|n| world.of_type(&named(n), How::Wait));
        world.queue.insert_tasks(tasks.collect()).await.unwrap();
    }
    let mut pool = of(&world, WORKERS as u32, TYPES).asleep().start().await;
    let mut started = HashSet::new();
    let (mut even, mut odd) = (0, 0);
    for start in 0..ROUND + TYPES / 4 {
        let task_type = world.heard().await;
        if start < ROUND {
            *if is_odd(&task_type) { &mut odd } else { &mut even } += 1;
        }
        started.insert(task_type);
        if start + 1 >= WORKERS {
            // The first ones take as long as all others.
            let times = if start + 1 == WORKERS { WORKERS as u32 } else { 1 };
            tokio::time::sleep(APART * times).await;
            world.stage.open(1);
        }
    }
    // The round ends while a part of them, of either weight, has begun the next one.
    assert!(odd > even * 5 / 2 && odd < even * 7 / 2, "three of four: {odd} and {even}");
    assert!((0..TYPES).all(|n| started.contains(&named(n))), "none starves");
    world.stage.open(5 * TYPES);
    pool.shutdown(PATIENCE).await;
}

async fn a_retry_of_one_of_many_types_runs_on_time(world: World) {
    let _pool = of(&world, 1, 100).asleep().start().await;
    let act = Act { backoff: SOON, ..Act::new("again", How::FailBefore(3)) };
    world.queue.insert(world.new_task(&act).task_type(named(77)).delay(Duration::ZERO)).await.unwrap();
    for attempt in 1..=3 {
        assert_eq!(world.next().await.attempt, attempt);
    }
}
