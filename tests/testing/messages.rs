//! What failed assertions say, and how long assertions wait.

use crate::{HOUR, failure, failure_of, resize, server};
use fang::serde_json::json;
use fang::testing::{ANY, TestSchema, assert_inserted, drain, refute_inserted};
use fang::{MemoryQueue, NewTask, Queueable, blocking};
use std::time::Duration;

#[fang::task(task_type = "mail")]
async fn invite(user: i64, again: bool) {}

#[fang::task]
async fn crawl(page: String) {}

/// The message without the place.
fn without_place(message: &str) -> &str {
    assert!(message.starts_with("at tests/testing/messages.rs:"), "{message}");
    message.split_once(": ").unwrap().1
}

#[tokio::test]
async fn a_failure_shows_the_nearest_candidates_and_where_they_differ() {
    let queue = MemoryQueue::new();
    queue.insert(crawl("home".to_owned())).await.unwrap();
    queue.insert(invite(8, false).task_type("bulk")).await.unwrap();
    queue.insert(invite(9, true)).await.unwrap();
    let expected = async move {
        assert_inserted!(queue, invite, { "user": 8, "again": false }, task_type = "mail").await
    };
    let message = failure_of(expected).await;
    assert_eq!(
        without_place(&message),
        r#"no task is invite { "again": false, "user": 8 }, task type "mail"
there are 3 others, the nearest first:
  - invite { "again": false, "user": 8 }, task type "bulk", new
      task_type: expected "mail", found "bulk"
  - invite { "again": true, "user": 9 }, task type "mail", new
      again: expected false, found true
      user: expected 8, found 9
  - crawl { "page": "home" }, task type "common", new
      kind: expected invite, found crawl"#
    );
}

#[test]
fn a_failure_tells_how_many_there_are() {
    let queue = blocking::MemoryQueue::new();
    let message = failure(|| assert_inserted!(queue, resize));
    assert_eq!(without_place(&message), "no task is resize\nthere is no other task");
    queue.insert(resize(1)).unwrap();
    let message = failure(|| assert_inserted!(queue, resize, count = 2, delay = HOUR));
    let there = "there is another task:\n  - resize { \"picture\": 1 }, task type \"common\", new\n      \
        delay: expected 3600s, found 0ns";
    assert_eq!(
        without_place(&message),
        format!("2 tasks should be resize, delay 3600s, but 0 are found\n{there}")
    );
    let message = failure(|| refute_inserted!(queue, resize, { "picture": 1 }));
    assert_eq!(
        without_place(&message),
        "no task should be resize { \"picture\": 1 }, but 1 is found\n  - resize { \"picture\": 1 }, \
            task type \"common\", new"
    );
}

#[test]
fn a_refutation_shows_five_tasks_and_says_how_many_more_there_are() {
    let queue = blocking::MemoryQueue::new();
    queue.insert_tasks((0..7).map(resize).collect()).unwrap();
    let message = failure(|| refute_inserted!(queue, resize));
    assert_eq!(message.lines().filter(|line| line.starts_with("  - resize")).count(), 5, "{message}");
    assert!(message.contains("but 7 are found") && message.ends_with("\n  and 2 more"), "{message}");
}

#[test]
fn a_field_with_any_value_has_to_be_there() {
    let queue = blocking::MemoryQueue::new();
    queue.insert(resize(1)).unwrap();
    assert_inserted!(queue, resize, { "picture": ANY });
    refute_inserted!(queue, resize, { "page": ANY });
    let message = failure(|| assert_inserted!(queue, resize, { "page": ANY }));
    assert!(message.contains("no task is resize { \"page\": ANY }"), "{message}");
    assert!(message.contains("page: expected ANY, found no such field"), "{message}");
}

/// The block of the guide, which this makes as a reader would.
#[tokio::test]
async fn the_guide_shows_the_message_as_it_is() {
    let queue = MemoryQueue::new();
    let task = |kind: &str, fields| NewTask::of_kind(kind, fields);
    queue.insert(task("welcome", json!({ "user": 9 })).task_type("mail")).await.unwrap();
    queue.insert(task("crawl", json!({ "page": "home" }))).await.unwrap();
    let expected = async move { assert_inserted!(queue, "welcome", { "user": 8 }, task_type = "mail").await };
    let message = failure_of(expected).await;
    let shown = format!("```text\nat tests/sign_up.rs:12: {}\n```", without_place(&message));
    let guide = include_str!("../../src/guide/testing.md");
    assert!(guide.contains(&shown), "the guide does not show\n{shown}");
}

#[tokio::test]
async fn numbers_match_by_their_value_in_each_store() {
    let db = TestSchema::at(server()).await;
    let (memory, postgres) = (MemoryQueue::new(), db.queue());
    let numbers = || NewTask::of_kind("numbers", json!({ "a": 1e16, "b": 0.1, "c": 3 }));
    memory.insert(numbers()).await.unwrap();
    postgres.insert(numbers()).await.unwrap();
    assert_inserted!(memory, "numbers", { "a": 10_000_000_000_000_000_i64, "b": 0.1_f32, "c": 3.0 }).await;
    assert_inserted!(postgres, "numbers", { "a": 1e16, "b": 0.1_f32, "c": 3.0 }).await;
    refute_inserted!(memory, "numbers", { "c": 4 }).await;
}

#[tokio::test]
async fn an_assertion_waits_for_its_tasks_within_its_time() {
    let queue = MemoryQueue::new();
    let later = async {
        tokio::task::yield_now().await;
        queue.insert(invite(7, false)).await.unwrap();
    };
    let (found, ()) = tokio::join!(assert_inserted!(queue, invite, within = Duration::from_secs(30)), later);
    assert_eq!(found.len(), 1);
    let empty = MemoryQueue::new();
    let waits = async move { assert_inserted!(empty, invite, within = Duration::from_millis(1)).await };
    assert!(failure_of(waits).await.contains("no task is invite within 1ms"));
}

#[test]
fn a_refutation_lasts_for_its_time() {
    let queue = blocking::MemoryQueue::new();
    let later = queue.clone();
    let (begin, begun) = std::sync::mpsc::channel();
    let inserts = std::thread::spawn(move || {
        begun.recv().unwrap();
        later.insert(resize(1)).unwrap();
    });
    let message = failure(|| {
        begin.send(()).unwrap();
        refute_inserted!(queue, resize, within = Duration::from_secs(30))
    });
    assert!(message.contains("no task should be resize, but 1 is found"), "{message}");
    inserts.join().unwrap();
}

#[tokio::test]
async fn a_failure_of_a_drain_names_the_place_and_the_task() {
    #[fang::task]
    async fn breaks() -> Result<(), String> {
        Err("no such user".to_owned())
    }

    let queue = MemoryQueue::new();
    queue.insert(breaks()).await.unwrap();
    let message = failure_of(async move { drain(&queue).fail_fast().await }).await;
    assert_eq!(without_place(&message), "breaks failed in run 1: no such user");
    let queue = MemoryQueue::new();
    queue.insert(fang::NewTask::of_kind("unheard_of", fang::serde_json::json!({}))).await.unwrap();
    let message = failure_of(async move { drain(&queue).fail_fast().await }).await;
    assert!(without_place(&message).starts_with("unheard_of failed in run 1: "), "{message}");
}

#[test]
fn a_failure_without_a_kind_shows_all_kinds() {
    let queue = blocking::MemoryQueue::new();
    queue.insert(resize(7)).unwrap();
    let message = failure(|| assert_inserted!(queue, { "picture": 8 }));
    assert_eq!(
        without_place(&message),
        r#"no task is of any kind { "picture": 8 }
there is another task:
  - resize { "picture": 7 }, task type "common", new
      picture: expected 8, found 7"#
    );
    let message = failure(|| refute_inserted!(queue));
    assert_eq!(
        without_place(&message),
        r#"no task should be of any kind, but 1 is found
  - resize { "picture": 7 }, task type "common", new"#
    );
}
