use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, id, task, unique};
use super::control::count;
use crate::NewTask;
use crate::notify::Topic;
use crate::store::{Inserted, Verdict};
use crate::task::{FangTaskState, Mode, Priority, Task};
use chrono::{DateTime, Utc};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A store that serves says that it is ready.
pub async fn a_store_that_serves_is_ready(rig: &dyn Rig) {
    rig.store().check().await.unwrap();
}

/// What is there is told for each task of a batch, in its order.
pub async fn an_insert_tells_for_each_task_in_order_what_is_there(rig: &dyn Rig) {
    let at = rig.now().await + HOUR;
    let inserted = rig.insert(&[task(7), task(3).delay(MINUTE), task(5).at(at)]).await;
    let told: Vec<_> = inserted.iter().map(|task| (task.id, task.is_new)).collect();
    assert_eq!(told, [(id(7), true), (id(3), true), (id(5), true)]);
    assert_eq!(inserted[0].scheduled_at, inserted[0].created_at, "due when it was saved");
    assert_about((inserted[1].scheduled_at - inserted[1].created_at).to_std().ok(), MINUTE);
    assert_eq!(inserted[2].scheduled_at, at, "due at its instant");
    for told in inserted {
        let kept = rig.find(told.id.as_u128()).await;
        assert_eq!((kept.created_at, kept.scheduled_at), (told.created_at, told.scheduled_at));
    }
}

/// A pool that sleeps claims at once; one of another task type is left alone.
pub async fn an_insert_wakes_those_who_wait_for_its_task_type(rig: &dyn Rig) {
    let ((_common, woken), (_other, others)) =
        (count(rig, Topic::task_type("common")), count(rig, Topic::task_type("other")));
    rig.insert(&[task(1).delay(HOUR)]).await;
    assert_eq!(woken.load(Ordering::SeqCst), 0, "nothing is due");
    rig.insert(&[task(2).delay(HOUR), task(3)]).await;
    assert!(woken.load(Ordering::SeqCst) > 0);
    assert_eq!(others.load(Ordering::SeqCst), 0);
}

/// What the task said about itself is what is kept.
pub async fn an_insert_keeps_all_that_the_task_says(rig: &dyn Rig) {
    let new = unique(1, "x").task_type("heavy").priority(Priority::Low);
    rig.insert(&[NewTask { mode: Mode::Blocking, ..new.clone() }]).await;
    let kept = rig.find(1).await;
    assert_eq!(kept.metadata, serde_json::json!({ "type": "Contract", "payload": "x" }));
    assert_eq!((kept.task_type.as_str(), kept.mode, kept.priority), ("heavy", Mode::Blocking, Priority::Low));
    assert_eq!((kept.state, kept.uniq_hash, kept.error_message), (FangTaskState::New, new.uniq_hash, None));
    assert_eq!((kept.retries, kept.lease, kept.crashes), (0, 0, 0));
}

/// What an insert chooses goes before what the type of the task says.
pub async fn an_insert_keeps_its_own_choices(rig: &dyn Rig) {
    rig.insert(&[task(1).max_retries(0).tag("a\"b").tag("🦀"), task(2)]).await;
    let (kept, plain) = (rig.find(1).await, rig.find(2).await);
    assert_eq!((kept.max_retries, kept.tags), (Some(0), vec!["a\"b".to_owned(), "🦀".to_owned()]));
    assert_eq!((plain.max_retries, plain.tags.len()), (None, 0));
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 2).await;
    assert_eq!(claimed.iter().map(|task| task.max_retries).collect::<Vec<_>>(), [Some(0), None]);
}

/// A client that got no answer may ask again.
pub async fn a_repeated_insert_changes_nothing_and_gets_the_same_answer(rig: &dyn Rig) {
    let first = rig.insert(&[task(1), unique(2, "x")]).await;
    let again = rig.insert(&[task(1).priority(Priority::Urgent).delay(HOUR), unique(2, "x")]).await;
    assert_eq!(again, first);
    assert_eq!(rig.find(1).await.priority, Priority::Normal);
    assert_eq!(rig.all().await, [2, 1]);
}

/// Nor does a task run again because its insert came twice.
pub async fn a_repeated_insert_does_not_revive_a_finished_task(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(1)]).await;
    assert_eq!(rig.state(1).await, FangTaskState::Finished);
}

/// The smallest batch.
pub async fn an_insert_of_nothing_is_no_error(rig: &dyn Rig) {
    assert_eq!(rig.insert(&[]).await, []);
}

/// Old and new tasks in one batch, a large one.
pub async fn a_large_batch_is_answered_in_its_order(rig: &dyn Rig) {
    rig.insert(&[task(500), unique(2_000, "held")]).await;
    let mut tasks: Vec<_> = (1..=1_000).rev().map(task).collect();
    tasks.insert(300, unique(1_500, "held"));
    let inserted = rig.insert(&tasks).await;
    let mut expected: Vec<_> = (1..=1_000).rev().map(id).collect();
    expected.insert(300, id(2_000));
    assert_eq!(inserted.iter().map(|task| task.id).collect::<Vec<_>>(), expected);
    let old = |task: &&Inserted| !task.is_new;
    assert_eq!(inserted.iter().filter(old).map(|task| task.id).collect::<Vec<_>>(), [id(2_000)]);
    assert_eq!(rig.all().await.len(), 1_001);
}

/// However many come at once, each is kept as if it had come alone.
pub async fn a_task_in_bulk_is_kept_as_if_it_came_alone(rig: &dyn Rig) {
    let at = rig.now().await + HOUR;
    let alone = all_shapes(1, at);
    for task in alone.clone() {
        rig.insert(&[task]).await;
    }
    let many: Vec<_> = (1..=100).flat_map(|n| all_shapes(n * 10, at)).collect();
    let inserted = rig.insert(&many).await;
    assert!(inserted.iter().zip(&many).all(|(told, task)| told.id == task.id && told.is_new));
    for (told, alone) in inserted.iter().rev().zip(alone.iter().rev()) {
        let (kept, alone) = (rig.find(told.id.as_u128()).await, rig.find(alone.id.as_u128()).await);
        assert_eq!((kept.created_at, kept.scheduled_at), (told.created_at, told.scheduled_at));
        let due_after = |task: &Task| if task.scheduled_at == at { HOUR } else { delay_of(task) };
        assert_eq!(due_after(&kept), due_after(&alone));
        let Task { created_at, updated_at, scheduled_at, .. } = alone;
        assert_eq!(Task { id: alone.id, created_at, updated_at, scheduled_at, ..kept }, alone);
    }
}

fn delay_of(task: &Task) -> Duration {
    (task.scheduled_at - task.created_at).to_std().unwrap()
}

/// Tasks that make use of everything an insert can say, but for uniqueness.
fn all_shapes(first: u128, at: DateTime<Utc>) -> [NewTask; 5] {
    let payload = r#"{"type":"Contract","payload":"é\"\\🦀\u0001","n":-0.5}"#;
    let new = |n| NewTask { metadata: payload.to_owned(), ..task(first + n) };
    [
        new(0),
        NewTask { mode: Mode::Blocking, ..new(1) },
        new(2).max_retries(0).tag("a\"b").tag("🦀"),
        new(3).delay(MINUTE),
        new(4).at(at).priority(Priority::Urgent).task_type("é"),
    ]
}

/// A bulk insert whose answer was lost may be asked for again, even after some of it has run.
pub async fn a_repeated_bulk_insert_saves_what_is_missing(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=1_000).map(task).collect();
    rig.insert(&tasks[300..900]).await;
    let inserted = rig.insert(&tasks).await;
    assert!(inserted.iter().zip(&tasks).all(|(told, task)| told.id == task.id && told.is_new));
    assert_eq!(rig.all().await.len(), 1_000);
}
