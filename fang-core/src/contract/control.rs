use super::Rig;
use super::acts::{HOUR, id, numbers, task, unique};
use crate::new_task::{Due, NewTask};
use crate::notify::{Notice, Registration, Topic};
use crate::store::{Change, ChangeMany, FailedTasks, Filter, Pause, Verdict};
use crate::task::{FangTaskState, Mode, Priority};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const NOW: Due = Due::After(Duration::ZERO);

async fn fail_all(rig: &dyn Rig, task_type: &str) {
    let worker = rig.worker().await;
    for claimed in rig.claim_of(worker, task_type, Mode::Asynk, 100).await {
        assert!(rig.finish(worker, &claimed, Verdict::Fail { error: "no".to_owned() }).await);
    }
}

/// Retries a batch; returns how many tasks run again, and after which task the next batch begins.
async fn batch(rig: &dyn Rig, which: &FailedTasks, after: Option<u128>, limit: u32) -> (u64, Option<u128>) {
    let (filter, unchanged_since) = (which.filter(), rig.now().await);
    let batch =
        ChangeMany { filter: &filter, change: Change::Retry, unchanged_since, after: after.map(id), limit };
    let retried = rig.store().change_many(&batch).await.unwrap();
    (retried.changed, retried.next.map(|next| next.as_u128()))
}

async fn in_state(rig: &dyn Rig, state: FangTaskState) -> Vec<u128> {
    let filter = Filter { state: Some(state), ..Filter::default() };
    let mut found = rig.list(filter).await;
    found.sort_unstable();
    found
}

/// Tasks in other states stay as they are.
pub async fn failed_tasks_are_retried_by_task_type_and_kind(rig: &dyn Rig) {
    let other = |n| NewTask { metadata: r#"{"type":"Other"}"#.to_owned(), ..task(n) };
    rig.insert(&[task(1), other(2), task(3).task_type("mail"), other(4).task_type("mail")]).await;
    fail_all(rig, "common").await;
    fail_all(rig, "mail").await;
    rig.insert(&[task(5).delay(HOUR)]).await;
    let both = FailedTasks { task_type: Some("mail".to_owned()), kind: Some("Other".to_owned()) };
    assert_eq!(batch(rig, &both, None, 100).await, (1, None));
    assert_eq!(in_state(rig, FangTaskState::Retried).await, [4]);
    assert_eq!(batch(rig, &FailedTasks::of_kind("Other"), None, 100).await, (1, None));
    assert_eq!(in_state(rig, FangTaskState::Retried).await, [2, 4]);
    assert_eq!(batch(rig, &FailedTasks::of_type("mail"), None, 100).await, (1, None));
    assert_eq!(batch(rig, &FailedTasks::of_kind("Missing"), None, 100).await, (0, None));
    assert_eq!(batch(rig, &FailedTasks::all(), None, 100).await, (1, None));
    assert_eq!(in_state(rig, FangTaskState::New).await, [5]);
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await.len(), 2, "they are due");
}

/// A task that fails again meanwhile is not retried twice.
pub async fn failed_tasks_are_retried_in_batches(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=5).map(task).collect();
    rig.insert(&tasks).await;
    fail_all(rig, "common").await;
    let all = FailedTasks::all();
    assert_eq!(batch(rig, &all, None, 2).await, (2, Some(2)));
    fail_all(rig, "common").await;
    assert_eq!(batch(rig, &all, Some(2), 2).await, (2, Some(4)));
    assert_eq!(batch(rig, &all, Some(4), 2).await, (1, None));
    assert_eq!(in_state(rig, FangTaskState::Failed).await, [1, 2]);
}

/// The others stay failed, as two equal unique tasks would be alive.
pub async fn only_the_oldest_of_failed_duplicates_is_retried(rig: &dyn Rig) {
    for n in [1, 2] {
        rig.insert(&[unique(n, "same")]).await;
        fail_all(rig, "common").await;
    }
    assert_eq!(batch(rig, &FailedTasks::all(), None, 100).await, (1, None));
    assert_eq!(in_state(rig, FangTaskState::Retried).await, [1]);
    assert_eq!(batch(rig, &FailedTasks::all(), None, 100).await, (0, None));
    assert_eq!(in_state(rig, FangTaskState::Failed).await, [2]);
}

/// The new time may be earlier or later.
pub async fn a_rescheduled_task_waits_for_its_new_time(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).delay(HOUR), task(3).delay(HOUR)]).await;
    let past = rig.now().await - HOUR;
    assert!(rig.change(1, Change::Reschedule(Due::After(HOUR * 2))).await);
    assert!(rig.change(2, Change::Reschedule(NOW)).await);
    assert!(rig.change(3, Change::Reschedule(Due::At(past))).await);
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [3, 2]);
    rig.advance(HOUR).await;
    assert_eq!(rig.claim(worker, 10).await, []);
    rig.advance(HOUR * 2).await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1]);
}

/// Before less urgent tasks.
pub async fn a_task_with_a_new_priority_is_claimed_by_it(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2), task(3)]).await;
    assert!(rig.change(3, Change::Priority(Priority::Urgent)).await);
    assert!(rig.change(1, Change::Priority(Priority::Low)).await);
    assert_eq!(rig.find(3).await.priority, Priority::Urgent);
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [3, 2, 1]);
}

/// It runs, is over or does not exist.
pub async fn a_task_that_does_not_wait_keeps_its_time_and_its_priority(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(2)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    for n in 1..=3 {
        assert!(!rig.change(n, Change::Reschedule(NOW)).await);
        assert!(!rig.change(n, Change::Priority(Priority::Low)).await);
    }
    assert_eq!(rig.find(2).await.priority, Priority::Normal);
}

/// A second pause or a second resume changes nothing.
pub async fn pause_and_resume_tell_whether_they_changed_anything(rig: &dyn Rig) {
    assert!(!rig.pause("mail", Pause::End).await);
    for _ in 0..2 {
        assert_eq!(
            [rig.pause("mail", Pause::Begin).await, rig.pause("mail", Pause::Begin).await],
            [true, false]
        );
        assert_eq!([rig.pause("mail", Pause::End).await, rig.pause("mail", Pause::End).await], [true, false]);
    }
}

/// Counts the notifications of a topic from now on, but for those that make no pool look at once.
pub(super) fn count(rig: &dyn Rig, topic: Topic<'_>) -> (Registration, Arc<AtomicU32>) {
    let count = Arc::new(AtomicU32::new(0));
    let counter = count.clone();
    let registration = rig.store().listeners().register(topic, move |notice| {
        if !matches!(notice, Notice::Due(_)) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (registration, count)
}

/// By a new time, a retry or a resume. A pool that sleeps would otherwise claim too late.
pub async fn listeners_are_notified_when_a_task_becomes_due(rig: &dyn Rig) {
    rig.insert(&[task(1).delay(HOUR), task(2), task(3)]).await;
    rig.change(2, Change::Reschedule(Due::After(HOUR))).await;
    fail_all(rig, "common").await;
    let (_common, woken) = count(rig, Topic::task_type("common"));
    let is_woken = || woken.swap(0, Ordering::SeqCst) > 0;
    rig.change(1, Change::Reschedule(Due::After(HOUR))).await;
    assert!(!is_woken(), "nothing is due");
    rig.change(1, Change::Reschedule(NOW)).await;
    assert!(is_woken());
    rig.change(2, Change::Retry).await;
    assert!(is_woken());
    batch(rig, &FailedTasks::all(), None, 9).await;
    assert!(is_woken());
    rig.pause("common", Pause::End).await;
    assert!(is_woken());

    let worker = rig.worker().await;
    let (_worker, notified) = count(rig, Topic::Cancelled(worker));
    rig.claim(worker, 1).await;
    for n in 1..=3 {
        rig.change(n, Change::Cancel).await;
    }
    assert_eq!(notified.load(Ordering::SeqCst), 1, "only the worker of the running task is notified");
}
