//! A turn has the effects of time that passes.

use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, numbers, task, unique_by};
use crate::notify::Topic;
use crate::schedule::Cron;
use crate::store::{NewCron, Verdict};
use crate::unique::Unique;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

async fn turn(rig: &dyn Rig) {
    rig.store().turn(HOUR).await.unwrap();
}

pub async fn a_turn_moves_every_instant_of_a_task_back(rig: &dyn Rig) {
    rig.insert(&[task(1).expires(MINUTE)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let retry = Verdict::Retry { delay: MINUTE, error: "not yet".to_owned() };
    assert!(rig.finish(worker, &claimed, retry).await);
    let before = rig.find(1).await;
    turn(rig).await;
    let after = rig.find(1).await;
    assert_eq!(before.created_at - after.created_at, after_hours(1));
    assert_eq!(before.updated_at - after.updated_at, after_hours(1));
    assert_eq!(before.scheduled_at - after.scheduled_at, after_hours(1));
    assert_eq!(before.failures[0].at - after.failures[0].at, after_hours(1));
    assert_eq!(before.failures[0].error, after.failures[0].error);
}

pub async fn a_turn_makes_tasks_due_and_notifies_their_listeners(rig: &dyn Rig) {
    rig.insert(&[task(1).delay(HOUR), task(2).delay(HOUR * 2)]).await;
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), []);
    let (store, heard) = (rig.store(), Arc::new(AtomicU32::new(0)));
    let count = heard.clone();
    let _registered = store.listeners().register(Topic::task_type("common"), move |_| {
        count.fetch_add(1, Ordering::SeqCst);
    });
    turn(rig).await;
    assert!(heard.load(Ordering::SeqCst) > 0);
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1]);
    turn(rig).await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [2]);
}

pub async fn a_turn_lets_tasks_expire(rig: &dyn Rig) {
    rig.insert(&[task(1).expires(MINUTE), task(2).expires(HOUR * 2)]).await;
    turn(rig).await;
    let worker = rig.worker().await;
    let expired: Vec<_> = rig.claim(worker, 10).await.iter().map(|task| task.expired_at.is_some()).collect();
    assert_eq!(expired, [true, false]);
}

pub async fn a_turn_ends_the_period_of_a_unique_task(rig: &dyn Rig) {
    let once = |n| unique_by(n, Unique::key("once").within(HOUR));
    assert!(rig.insert(&[once(1)]).await[0].is_new);
    assert!(!rig.insert(&[once(2)]).await[0].is_new);
    turn(rig).await;
    assert!(rig.insert(&[once(3)]).await[0].is_new);
}

pub async fn a_turn_makes_the_tick_of_a_cron_due(rig: &dyn Rig) {
    let (store, first) = (rig.store(), rig.now().await + HOUR);
    let cron = NewCron { name: "hourly".to_owned(), cron: Cron::every(HOUR), task: task(1), first };
    store.sync_cron(&cron).await.unwrap();
    let crons = store.crons().await.unwrap();
    assert!(crons.due.is_empty());
    assert_about(crons.next_in, HOUR);
    turn(rig).await;
    let due = store.crons().await.unwrap().due;
    assert_eq!(due.iter().map(|cron| cron.name.as_str()).collect::<Vec<_>>(), ["hourly"]);
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1]);
}

fn after_hours(hours: i64) -> chrono::TimeDelta {
    chrono::TimeDelta::hours(hours)
}
