use super::Rig;
use super::acts::{HOUR, MINUTE, task, unique};
use crate::new_task::Due;
use crate::store::{Change, ChangeMany, Changed, Changes, Filter, PageRequest, Progress, Verdict};
use crate::task::{FangTaskState, Mode, Priority};
use chrono::{DateTime, Utc};

async fn batch(
    rig: &dyn Rig,
    filter: &Filter,
    change: Change,
    unchanged_since: DateTime<Utc>,
    limit: u32,
) -> Changed {
    let batch = ChangeMany { filter, change, unchanged_since, after: None, limit };
    rig.store().change_many(&batch).await.unwrap()
}

async fn all(rig: &dyn Rig, filter: &Filter, change: Change) -> Progress {
    let mut changes = Changes::new(filter.clone(), change);
    let now = rig.now().await;
    while let Some(batch) = changes.next_batch(now) {
        let changed = rig.store().change_many(&batch).await.unwrap();
        changes.add(changed);
    }
    changes.progress()
}

async fn fail(rig: &dyn Rig, n: u128) {
    rig.run(task(n), Verdict::Fail { error: "no".to_owned() }).await;
}

/// Tasks that do not match, and those in states that it does not fit, stay as they are.
pub async fn a_change_is_made_for_all_tasks_that_match(rig: &dyn Rig) {
    fail(rig, 1).await;
    rig.run(task(2), Verdict::Keep).await;
    let mail = |n| task(n).task_type("mail").delay(HOUR);
    rig.insert(&[mail(3), mail(4), task(5).delay(HOUR)]).await;
    let filter = Filter { task_type: Some("mail".to_owned()), ..Filter::default() };
    let done = |changed| Progress { looked: 5, matched: changed, changed, is_done: true };
    assert_eq!(all(rig, &filter, Change::Priority(Priority::High)).await, done(2));
    assert_eq!(rig.find(3).await.priority, Priority::High);
    let at = rig.now().await + HOUR * 3;
    assert_eq!(all(rig, &filter, Change::Reschedule(Due::At(at))).await, done(2));
    assert!((rig.find(4).await.scheduled_at - at).abs() < chrono::Duration::seconds(1));
    assert_eq!(all(rig, &filter, Change::Cancel).await, done(2));
    assert_eq!(rig.find(3).await.error_message.as_deref(), Some("cancelled"));
    assert_eq!(all(rig, &Filter::default(), Change::Retry).await, done(4));
    assert_eq!(rig.state(2).await, FangTaskState::Finished);
    let worker = rig.worker().await;
    assert_eq!(rig.claim_of(worker, "mail", Mode::Asynk, 1).await.len(), 1);
    assert_eq!(all(rig, &filter, Change::Remove).await, done(2));
    assert_eq!(rig.all().await, [5, 2, 1]);
}

/// So none is changed twice, and none that came later.
pub async fn a_change_leaves_tasks_alone_that_have_changed_since_it_began(rig: &dyn Rig) {
    fail(rig, 1).await;
    rig.advance(MINUTE).await;
    let began = rig.now().await;
    rig.advance(MINUTE).await;
    fail(rig, 2).await;
    rig.run(task(3), Verdict::Keep).await;
    let failed = Filter::in_state(FangTaskState::Failed);
    assert_eq!(batch(rig, &failed, Change::Retry, began, 10).await.changed, 1);
    assert_eq!(batch(rig, &Filter::default(), Change::Remove, began, 10).await.changed, 0);
    assert_eq!(batch(rig, &failed, Change::Retry, rig.now().await, 10).await.changed, 1);
}

/// Between a question and its answer, others insert tasks, and tasks end.
pub async fn a_count_and_a_later_change_concern_the_same_tasks(rig: &dyn Rig) {
    fail(rig, 1).await;
    rig.insert(&[task(2).delay(HOUR * 9)]).await;
    rig.advance(MINUTE).await;
    let unchanged_since = Some(rig.now().await);
    rig.advance(MINUTE).await;
    fail(rig, 3).await;
    rig.insert(&[task(4).delay(HOUR)]).await;
    let counted = |filter: Filter| Filter { unchanged_since, ..filter };
    let failed = counted(Filter::in_state(FangTaskState::Failed));
    let waiting = counted(Filter { waiting: true, ..Filter::default() });
    assert_eq!((count(rig, &failed).await, count(rig, &waiting).await), (1, 1));
    assert_eq!(all(rig, &failed, Change::Retry).await.changed, 1);
    assert_eq!(all(rig, &waiting, Change::Cancel).await.changed, 1);
    assert_eq!((rig.state(3).await, rig.state(4).await), (FangTaskState::Failed, FangTaskState::New));
}

/// The ages of tasks are those at that instant as well.
pub async fn a_count_of_an_instant_takes_the_ages_of_tasks_then(rig: &dyn Rig) {
    rig.insert(&[task(1).delay(HOUR * 9)]).await;
    rig.advance(MINUTE * 90).await;
    let unchanged_since = Some(rig.now().await - HOUR);
    let older = Filter { older_than: Some(HOUR), unchanged_since, ..Filter::default() };
    let newer = Filter { newer_than: Some(HOUR), unchanged_since, ..Filter::default() };
    assert_eq!((count(rig, &older).await, count(rig, &newer).await), (0, 1));
}

async fn count(rig: &dyn Rig, filter: &Filter) -> u64 {
    let request = PageRequest { count_only: true, ..PageRequest::new(filter) };
    rig.store().page(&request).await.unwrap().matched
}

/// Else a long change would come to tasks that were too young, or too old, when they were counted.
pub async fn a_change_takes_the_ages_of_tasks_at_its_start(rig: &dyn Rig) {
    rig.insert(&[task(1).delay(HOUR * 9)]).await;
    rig.advance(MINUTE * 90).await;
    let began = rig.now().await - HOUR;
    let older = Filter { older_than: Some(HOUR), ..Filter::default() };
    let newer = Filter { newer_than: Some(HOUR), ..Filter::default() };
    assert_eq!(batch(rig, &older, Change::Remove, began, 10).await.matched, 0);
    assert_eq!(batch(rig, &newer, Change::Remove, began, 10).await.changed, 1);
}

/// It fails when it waits again, as after a single cancellation.
pub async fn running_tasks_that_match_are_asked_to_end(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2)]).await;
    let worker = rig.worker().await;
    rig.claim(worker, 1).await;
    assert_eq!(all(rig, &Filter::default(), Change::Cancel).await.changed, 2);
    assert_eq!(rig.store().cancellations(worker).await.unwrap().len(), 1);
    assert!(rig.beat(worker).await.has_cancellations);
}

/// A waiting one comes first, else the oldest.
pub async fn of_equal_unique_tasks_a_change_retries_one(rig: &dyn Rig) {
    for n in [1, 2] {
        rig.run(unique(n, "same"), Verdict::Fail { error: "no".to_owned() }).await;
    }
    rig.insert(&[unique(3, "same").delay(HOUR)]).await;
    let retried = all(rig, &Filter::default(), Change::Retry).await;
    assert_eq!((retried.matched, retried.changed), (3, 1));
    assert_eq!(rig.state(3).await, FangTaskState::Retried);
    assert_eq!([rig.state(1).await, rig.state(2).await], [FangTaskState::Failed; 2]);
}
