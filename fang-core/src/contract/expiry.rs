use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, id, task, unique_by};
use crate::new_task::{Due, NewTask};
use crate::schedule::Cron;
use crate::store::{Change, Claimed, DbInstant, Disown, NewCron, Tick, Verdict};
use crate::task::Task;
use crate::unique::{Replace, Unique};
use std::time::Duration;

const NO: &str = "no";

/// Task number `n`, which expires an hour after it is due.
fn hourly(n: u128) -> NewTask {
    task(n).expires(HOUR)
}

/// How long after it is due a task expires.
fn span(task: &Task) -> Option<Duration> {
    task.expires_at.and_then(|at| (at - task.scheduled_at).to_std().ok())
}

fn is_expired(claimed: &Claimed) -> bool {
    claimed.expired_at.is_some()
}

/// Whether the only task has expired two hours later. Removes it.
async fn expires(rig: &dyn Rig) -> bool {
    rig.advance(HOUR * 2).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    is_expired(&claimed)
}

/// From the instant at which it is due, not from the insert.
pub async fn a_task_expires_some_time_after_it_is_due(rig: &dyn Rig) {
    let at = rig.now().await + HOUR;
    rig.insert(&[task(1), hourly(2), hourly(3).delay(HOUR), hourly(4).at(at)]).await;
    let mut spans = Vec::new();
    for n in 1..=4 {
        spans.push(span(&rig.find(n).await));
    }
    assert_eq!(spans, [None, Some(HOUR), Some(HOUR), Some(HOUR)]);
    assert_eq!(rig.find(4).await.scheduled_at, at);
}

/// A claim returns the task all the same, with the instant at which it expired. The pool decides what becomes of it.
pub async fn a_claim_tells_that_a_task_has_expired(rig: &dyn Rig) {
    rig.insert(&[task(1), hourly(2), task(3).expires(HOUR * 3)]).await;
    rig.advance(HOUR * 2).await;
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 10).await;
    assert_eq!(claimed.iter().map(is_expired).collect::<Vec<_>>(), [false, true, false]);
    let expired_at = rig.find(2).await.expires_at.map(DbInstant::from);
    assert_eq!(claimed[1].expired_at, expired_at);
    assert!(rig.finish(worker, &claimed[1], Verdict::Fail { error: NO.to_owned() }).await);
    assert_eq!(rig.find(2).await.expires_at, None);
}

/// A run that failed, or was begun and released. A claim that ended without a result counts as well.
pub async fn a_task_that_has_begun_no_longer_expires(rig: &dyn Rig) {
    let begun = [
        Verdict::Retry { delay: Duration::ZERO, error: NO.to_owned() },
        Verdict::Release { delay: Duration::ZERO, has_begun: true },
        Verdict::Release { delay: MINUTE, has_begun: true },
    ];
    for (n, verdict) in (1..).zip(begun) {
        rig.run(hourly(n), verdict.clone()).await;
        assert_eq!(rig.find(n).await.expires_at, None, "{verdict:?}");
        assert!(!expires(rig).await, "{verdict:?}");
    }
    for dies in [true, false] {
        rig.insert(&[hourly(9)]).await;
        let worker = rig.worker().await;
        rig.claim_one(worker).await;
        if dies {
            rig.retire(worker).await;
            rig.rescue().await;
        } else {
            rig.store().disown(&Disown::all_of(worker)).await.unwrap();
        }
        assert!(!expires(rig).await, "its process died: {dies}");
    }
}

/// It was released before its run began, or its kind was unknown.
pub async fn a_task_that_has_not_begun_still_expires(rig: &dyn Rig) {
    let unbegun = [
        Verdict::Release { delay: Duration::ZERO, has_begun: false },
        Verdict::Unknown { delay: MINUTE, error: NO.to_owned() },
    ];
    for (n, verdict) in (1..).zip(unbegun) {
        rig.run(hourly(n), verdict.clone()).await;
        assert!(expires(rig).await, "{verdict:?}");
    }
}

/// As much time is left to begin it as before.
pub async fn a_rescheduled_task_expires_as_long_after_its_new_time(rig: &dyn Rig) {
    rig.insert(&[hourly(1), task(2), hourly(3).delay(HOUR)]).await;
    let later = Due::At(rig.now().await + HOUR * 5);
    for n in [1, 2] {
        assert!(rig.change(n, Change::Reschedule(later)).await);
    }
    assert!(rig.change(3, Change::Reschedule(Due::After(Duration::ZERO))).await);
    assert_eq!(span(&rig.find(1).await), Some(HOUR));
    assert_eq!(span(&rig.find(2).await), None);
    assert_eq!(span(&rig.find(3).await), Some(HOUR));
}

/// The user who retries it wants it to run.
pub async fn a_task_that_is_retried_by_hand_no_longer_expires(rig: &dyn Rig) {
    rig.run(hourly(1), Verdict::Fail { error: NO.to_owned() }).await;
    for n in [1, 2] {
        if n == 2 {
            rig.insert(&[hourly(2).delay(HOUR)]).await;
        }
        assert!(rig.change(n, Change::Retry).await);
        assert_eq!(rig.find(n).await.expires_at, None);
        assert!(!expires(rig).await);
    }
}

/// With the time. A task that has failed before does not expire again.
pub async fn an_insert_that_replaces_the_time_replaces_the_expiry(rig: &dyn Rig) {
    let replacing = |n, replace| unique_by(n, Unique::key("x").replace(replace));
    rig.insert(&[replacing(1, Replace::ALL).expires(HOUR)]).await;
    rig.insert(&[replacing(2, Replace::PAYLOAD).expires(MINUTE)]).await;
    assert_eq!(span(&rig.find(1).await), Some(HOUR));
    rig.insert(&[replacing(3, Replace::TIME).delay(HOUR).expires(MINUTE)]).await;
    assert_eq!(span(&rig.find(1).await), Some(MINUTE));
    rig.insert(&[replacing(4, Replace::TIME)]).await;
    assert_eq!(span(&rig.find(1).await), None);
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &claimed, Verdict::Retry { delay: HOUR, error: NO.to_owned() }).await);
    rig.insert(&[replacing(5, Replace::TIME).expires(HOUR)]).await;
    assert_eq!(span(&rig.find(1).await), None);
}

/// The first tick, later ticks, missed ticks, the last ones, and those that were asked for.
pub async fn each_tick_of_a_cron_expires(rig: &dyn Rig) {
    let (now, store) = (rig.now().await, rig.store());
    let cron = |n, task: NewTask| NewCron {
        name: "hourly".to_owned(),
        cron: Cron::new("0 0 * * * * *"),
        task: NewTask { id: id(n), ..task },
        first: now + HOUR,
    };
    store.sync_cron(&cron(1, hourly(1))).await.unwrap();
    store.sync_cron(&cron(2, hourly(1).expires(MINUTE))).await.unwrap();
    assert_eq!(rig.all().await, [2], "a changed expiry is a changed cron");
    let tick = Tick { name: "hourly", seen: now + HOUR, next: None, id: id(3), late: vec![], dropped: None };
    let next = Tick { next: Some(now + HOUR * 2), late: vec![(now, id(4))], ..tick.clone() };
    assert!(store.fire(&next).await.unwrap());
    assert!(store.run_cron("hourly", id(5)).await.unwrap());
    assert!(store.fire(&Tick { seen: now + HOUR * 2, late: vec![(now, id(6))], ..tick }).await.unwrap());
    for n in 2..=6 {
        assert_about(span(&rig.find(n).await), MINUTE);
    }
}
