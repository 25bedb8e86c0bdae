use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, id, task, unique};
use super::control::count;
use crate::NewTask;
use crate::notify::Topic;
use crate::options::Headers;
use crate::store::{Inserted, Verdict};
use crate::task::{FangTaskState, Mode, Priority, Task};
use chrono::{DateTime, Utc};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The check of a store that answers succeeds.
pub async fn a_working_store_passes_its_check(rig: &dyn Rig) {
    rig.store().check().await.unwrap();
}

/// The answer has one entry a task, in the order of the batch, with the instants that were saved.
pub async fn an_insert_returns_the_saved_row_of_each_task_in_order(rig: &dyn Rig) {
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

/// Only if a task is due; listeners of other task types are not notified.
pub async fn an_insert_notifies_the_listeners_of_its_task_type(rig: &dyn Rig) {
    let ((_common, woken), (_other, others)) =
        (count(rig, Topic::task_type("common")), count(rig, Topic::task_type("other")));
    rig.insert(&[task(1).delay(HOUR)]).await;
    assert_eq!(woken.load(Ordering::SeqCst), 0, "nothing is due");
    rig.insert(&[task(2).delay(HOUR), task(3)]).await;
    assert!(woken.load(Ordering::SeqCst) > 0);
    assert_eq!(others.load(Ordering::SeqCst), 0);
}

/// The row has the payload, task type, mode, priority and unique hash of the task.
pub async fn an_insert_saves_every_field_of_the_task(rig: &dyn Rig) {
    let new = unique(1, "x").task_type("heavy").priority(Priority::Low);
    rig.insert(&[NewTask { mode: Mode::Blocking, ..new.clone() }]).await;
    let kept = rig.find(1).await;
    assert_eq!(kept.metadata, serde_json::json!({ "type": "Contract", "payload": "x" }));
    assert_eq!((kept.task_type.as_str(), kept.mode, kept.priority), ("heavy", Mode::Blocking, Priority::Low));
    assert_eq!((kept.state, kept.uniq_hash, kept.error_message), (FangTaskState::New, new.uniq_hash, None));
    assert_eq!((kept.retries, kept.lease, kept.crashes), (0, 0, 0));
}

/// They are saved, and a claim returns all but the tags.
pub async fn an_insert_saves_its_own_options(rig: &dyn Rig) {
    let headers: Headers = [("traceparent".to_owned(), "00-\"🦀\"".to_owned())].into();
    let full = task(1).max_retries(0).tag("a\"b").tag("🦀").header("traceparent", "00-\"🦀\"").keep(HOUR);
    rig.insert(&[full, task(2)]).await;
    let (kept, plain) = (rig.find(1).await, rig.find(2).await);
    assert_eq!((kept.max_retries, kept.tags), (Some(0), vec!["a\"b".to_owned(), "🦀".to_owned()]));
    assert_eq!((plain.max_retries, plain.tags.len()), (None, 0));
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 2).await;
    assert_eq!(claimed.iter().map(|task| task.max_retries).collect::<Vec<_>>(), [Some(0), None]);
    assert_eq!([&kept.headers, &claimed[0].headers], [&headers, &headers]);
    assert!(plain.headers.is_empty() && claimed[1].headers.is_empty());
    assert_eq!([kept.keep, claimed[0].keep], [Some(HOUR); 2]);
    assert_eq!([plain.keep, claimed[1].keep], [None; 2]);
}

/// A client that got no answer may repeat its insert.
pub async fn a_repeated_insert_changes_nothing_and_gets_the_same_answer(rig: &dyn Rig) {
    let first = rig.insert(&[task(1), unique(2, "x")]).await;
    let again = rig.insert(&[task(1).priority(Priority::Urgent).delay(HOUR), unique(2, "x")]).await;
    assert_eq!(again, first);
    assert_eq!(rig.find(1).await.priority, Priority::Normal);
    assert_eq!(rig.all().await, [2, 1]);
}

/// A repeated insert does not run a task a second time.
pub async fn a_repeated_insert_does_not_revive_a_finished_task(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(1)]).await;
    assert_eq!(rig.state(1).await, FangTaskState::Finished);
}

/// A batch may have no tasks.
pub async fn an_empty_insert_is_no_error(rig: &dyn Rig) {
    assert_eq!(rig.insert(&[]).await, []);
}

/// The batch contains new tasks, a task that exists already and a duplicate.
pub async fn a_large_batch_is_answered_in_its_order(rig: &dyn Rig) {
    rig.insert(&[task(500), unique(2_000, "same")]).await;
    let mut tasks: Vec<_> = (1..=1_000).rev().map(task).collect();
    tasks.insert(300, unique(1_500, "same"));
    let inserted = rig.insert(&tasks).await;
    let mut expected: Vec<_> = (1..=1_000).rev().map(id).collect();
    expected.insert(300, id(2_000));
    assert_eq!(inserted.iter().map(|task| task.id).collect::<Vec<_>>(), expected);
    let old = |task: &&Inserted| !task.is_new;
    assert_eq!(inserted.iter().filter(old).map(|task| task.id).collect::<Vec<_>>(), [id(2_000)]);
    assert_eq!(rig.all().await.len(), 1_001);
}

/// A store may use another statement for large batches; the rows must be the same.
pub async fn a_task_of_a_large_batch_is_saved_like_a_single_task(rig: &dyn Rig) {
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
        let expires_after = |task: &Task| task.expires_at.map(|at| at - task.scheduled_at);
        assert_eq!(expires_after(&kept), expires_after(&alone));
        let Task { created_at, updated_at, scheduled_at, expires_at, .. } = alone;
        assert_eq!(Task { id: alone.id, created_at, updated_at, scheduled_at, expires_at, ..kept }, alone);
    }
}

fn delay_of(task: &Task) -> Duration {
    (task.scheduled_at - task.created_at).to_std().unwrap()
}

/// Tasks that use every option of an insert except uniqueness.
fn all_shapes(first: u128, at: DateTime<Utc>) -> [NewTask; 6] {
    let payload = r#"{"type":"Contract","payload":"é\"\\🦀\u0001","n":-0.5}"#;
    let new = |n| NewTask { metadata: payload.to_owned(), ..task(first + n) };
    [
        new(0),
        NewTask { mode: Mode::Blocking, ..new(1) },
        new(2).max_retries(0).tag("a\"b").tag("🦀").header("name", "é\"\\"),
        new(3).delay(MINUTE),
        new(4).at(at).priority(Priority::Urgent).task_type("é"),
        new(5).delay(MINUTE).expires(MINUTE),
    ]
}

/// A client that got no answer may repeat a large batch of which a part was saved.
pub async fn a_repeated_bulk_insert_saves_the_missing_tasks(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=1_000).map(task).collect();
    rig.insert(&tasks[300..900]).await;
    let inserted = rig.insert(&tasks).await;
    assert!(inserted.iter().zip(&tasks).all(|(told, task)| told.id == task.id && told.is_new));
    assert_eq!(rig.all().await.len(), 1_000);
}
