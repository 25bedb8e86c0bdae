//! Payloads that a program cannot read.

use crate::ward::Ward;
use fang_asynk::{AsyncBackend, MemoryQueue};
use fang_core::{AsyncQueueable, AsyncRunnable, Cron, FangError, NewTask, async_trait, typetag};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The struct after a change: `user` was a number, and there was no `subject`.
#[derive(Serialize, Deserialize)]
struct Letter {
    user: String,
    subject: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Letter {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }
}

/// A task of an earlier version of the program. Its kind is put right later, since no program inserts what it cannot read.
fn letter(payload: serde_json::Value) -> NewTask {
    NewTask::of_kind("EarlierLetter", payload)
}

#[tokio::test]
async fn payloads_that_a_program_cannot_read_are_found_page_by_page() {
    let ward = Ward::open().await;
    let mut tasks = vec![letter(json!({"user": "hunter2"})), letter(json!({"user": 7, "subject": "x"}))];
    tasks.extend((0..1100).map(|_| letter(json!({"user": "ada", "subject": "x"}))));
    tasks.extend([
        letter(json!({"user": "hunter2"})),
        NewTask::of_kind("OfAnotherProgram", json!({"user": 7})),
    ]);
    let saved = ward.queue.insert_tasks(tasks).await.unwrap();
    ward.run(
        r#"UPDATE fang_tasks SET metadata = metadata || '{"type": "Letter"}' WHERE metadata->>'type' = 'EarlierLetter'"#,
    )
    .await;
    let found = ward.queue.admin().unwrap().check_payloads().await.unwrap();
    let told: Vec<_> = found.iter().map(|of| (&*of.kind, of.tasks, &*of.reason)).collect();
    let missing = "the field `subject` is missing, at the payload itself";
    let unfit = "there is another value in place of a string, at `user`";
    assert_eq!(told, [("Letter", 2, missing), ("Letter", 1, unfit)]);
    assert!([saved[0].id, saved[1102].id].map(Some).contains(&found[0].example));
    assert_eq!(found[1].example, Some(saved[1].id));
}

/// The server keeps a text of one letter in a hundredth of the room.
#[tokio::test]
async fn a_page_of_payloads_ends_behind_two_megabytes_as_they_are_sent() {
    let ward = Ward::open().await;
    let store = ward.queue.engine().unwrap();
    let tasks = vec![letter(json!({ "text": "x".repeat(700_000) })); 5];
    let large = ward.queue.insert_tasks(tasks).await.unwrap();
    let ids: Vec<_> = large.iter().rev().map(|task| task.id).collect();
    let page = async |before, limit| {
        let page = store.payloads(before, limit).await.unwrap();
        page.into_iter().map(|payload| payload.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 1000).await, ids[..3]);
    assert_eq!(page(Some(ids[2]), 1000).await, ids[3..]);
    assert_eq!(page(Some(ids[4]), 1000).await, ids[5..]);
    assert_eq!(page(None, 2).await, ids[..2]);
    ward.run("UPDATE fang_tasks SET state = 'finished'").await;
    assert_eq!(page(None, 1000).await, ids, "payloads of other tasks are not sent");
}

#[tokio::test]
async fn crons_that_a_program_cannot_read_are_found_also_if_no_task_of_them_waits() {
    let ward = Ward::open().await;
    let admin = ward.queue.admin().unwrap();
    let mut name = String::new();
    for (hand, user) in [("good", json!("ada")), ("bad", json!(7))] {
        let task = letter(json!({"user": user, "subject": "x"}));
        name = admin.set_cron(hand, Cron::new("0 3 * * *"), task).await.unwrap();
    }
    ward.run(r#"UPDATE fang_crons SET metadata = metadata || '{"type": "Letter"}'"#).await;
    ward.run("DELETE FROM fang_tasks").await;
    let found = admin.check_payloads().await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].tasks, found[0].example, &found[0].crons), (0, None, &vec![name]));
    assert!(found[0].reason.ends_with("at `user`"), "{found:?}");
}

#[tokio::test]
async fn tasks_that_do_not_wait_are_left_out_in_any_store() {
    let queue = MemoryQueue::new();
    let task = NewTask::of_kind("Letter", json!({}));
    let id = queue.engine().unwrap().insert(&[task]).await.unwrap()[0].id;
    let admin = queue.admin().unwrap();
    assert_eq!(admin.check_payloads().await.unwrap()[0].example, Some(id));
    admin.cancel(id).await.unwrap();
    assert_eq!(admin.check_payloads().await.unwrap(), []);
}
