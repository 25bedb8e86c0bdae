//! Transactions that lose a race have changed nothing, and are made again.

use crate::world::{World, say};
use fang_blocking::Backend;
use fang_core::{FangError, NewTask, Queueable, Runnable, Scheduled, Unique, typetag};
use fang_test_support::triggers::THE_FIRST_LOSES;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Racing;

#[typetag::serde]
impl Runnable for Racing {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
        Ok(())
    }

    fn cron(&self) -> Option<Scheduled> {
        Some(Scheduled::CronPattern("0 0 1 1 *".to_owned()))
    }
}

/// What was called since the last time has lost once.
fn has_lost_once(world: &World) {
    assert!(world.number("SELECT nextval('tries')") > 2);
    world.run("ALTER SEQUENCE tries RESTART");
}

#[test]
fn what_loses_a_race_is_sent_again() {
    let world = World::new();
    world.run(THE_FIRST_LOSES);
    let new = || NewTask::blocking(&say("racing")).unwrap();
    let strict = |key: &str| new().unique_by(Unique::key(key).or_error());

    // Announced, as the first of many, and not announced.
    for _ in 0..3 {
        world.queue.insert_task(&say("racing")).unwrap();
        has_lost_once(&world);
    }
    world.queue.insert_tasks(vec![strict("one"), strict("other")]).unwrap();
    has_lost_once(&world);
    world.queue.insert_tasks(vec![new(); 500]).unwrap();
    has_lost_once(&world);
    world.queue.schedule_task(&Racing).unwrap();
    has_lost_once(&world);
    let name = NewTask::blocking(&Racing).unwrap().cron_name();
    assert!(world.queue.admin().unwrap().pause_cron(&name).unwrap());
    has_lost_once(&world);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 3 + 2 + 500);
}
