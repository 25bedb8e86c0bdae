//! Transactions that lose a race have changed nothing, and are made again.

use crate::world::{World, say};
use fang_asynk::AsyncBackend;
use fang_core::{AsyncQueueable, AsyncRunnable, FangError, NewTask, Scheduled, Unique, async_trait, typetag};
use fang_test_support::triggers::THE_FIRST_LOSES;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Racing;

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Racing {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0 0 1 1 *".to_owned()))
    }
}

/// What was called since the last time has lost once.
async fn has_lost_once(world: &World) {
    assert!(world.number("SELECT nextval('tries')").await > 2);
    world.client.batch_execute("ALTER SEQUENCE tries RESTART").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_loses_a_race_is_sent_again() {
    let world = World::new().await;
    world.client.batch_execute(THE_FIRST_LOSES).await.unwrap();
    let new = || NewTask::asynk(&say("racing")).unwrap();
    let strict = |key: &str| new().unique_by(Unique::key(key).or_error());

    // Announced, as the first of many, and not announced.
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
    let name = NewTask::asynk(&Racing).unwrap().cron_name();
    assert!(world.queue.admin().unwrap().pause_cron(&name).await.unwrap());
    has_lost_once(&world).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 3 + 2 + 500);
}
