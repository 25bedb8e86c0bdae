//! Transactions that fail because of a race are repeated.

use crate::seam::{Mode, World, idle, say};
use fang_core::store::Pause;
use fang_core::{Scheduled, Unique};
use fang_test_support::triggers::THE_FIRST_LOSES;
use serde::{Deserialize, Serialize};

crate::each_mode! {
    transactions_that_lose_a_race_are_repeated,
}

#[derive(Serialize, Deserialize)]
struct Racing;

idle! {
    Racing;

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0 0 1 1 *".to_owned()))
    }
}

/// Asserts that the last call has lost one race, and makes the next call lose one.
async fn has_lost_once(world: &World) {
    assert!(world.number("SELECT nextval('tries')").await > 2);
    world.run("ALTER SEQUENCE tries RESTART").await;
}

async fn transactions_that_lose_a_race_are_repeated(mode: Mode) {
    let world = World::postgres(mode).await;
    world.run(THE_FIRST_LOSES).await;
    let new = || world.new_task(&say("racing"));
    let strict = |key: &str| new().unique_by(Unique::key(key).or_error());

    // With a notification, as the first of a burst, and without one.
    for _ in 0..3 {
        world.queue.insert_task(&say("racing")).await.unwrap();
        has_lost_once(&world).await;
    }
    world.queue.insert_tasks(vec![strict("one"), strict("other")]).await.unwrap();
    has_lost_once(&world).await;
    world.queue.insert_tasks(vec![new(); 500]).await.unwrap();
    has_lost_once(&world).await;
    world.queue.schedule_task(&Racing).await.unwrap();
    has_lost_once(&world).await;
    let name = world.new_task(&Racing).cron_name();
    assert!(world.queue.admin().pause_cron(&name, Pause::Begin).await.unwrap());
    has_lost_once(&world).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 3 + 2 + 500);
}
