//! Unique tasks: with racing connections, and in transactions of the application.

use crate::seam::{HOUR, Mode, PATIENCE, Queue, World, idle, inserts, say};
use fang_core::store::{InsertOutcome, Inserted};
use fang_core::{FangTaskState, NewTask, PayloadError, Priority, QueueError, Replace, RetentionMode, Unique};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

crate::each_mode! {
    an_insert_can_override_its_type_and_reports_the_outcome,
    an_invalid_task_is_reported_by_its_insert,
    a_type_chooses_how_its_tasks_are_unique_and_how_they_are_removed,
    a_unique_task_in_a_transaction_keeps_others_out_only_if_it_commits,
    a_not_unique_error_leaves_the_transaction_usable,
    of_callers_that_race_one_inserts_and_all_are_told_of_it,
    replacing_a_task_that_a_pool_may_have_started_reports_the_right_outcome,
    a_bulk_insert_of_a_hundred_thousand_unique_tasks_reports_every_outcome,
}

/// A task type that is unique for each user.
#[derive(Serialize, Deserialize)]
struct Remind {
    user: String,
    text: String,
}

idle! {
    Remind;

    fn unique_by(&self) -> Option<Unique> {
        Some(Unique::fields(["user"]).within(HOUR))
    }
}

fn remind(user: &str, text: &str) -> Remind {
    Remind { user: user.to_owned(), text: text.to_owned() }
}

fn ways() -> [Unique; 3] {
    [Unique::key("x"), Unique::key("x").until_started(), Unique::key("x").within(HOUR)]
}

fn task(mode: Mode, unique: &Unique) -> NewTask {
    mode.new_task(&say("only")).unique_by(unique.clone())
}

async fn an_insert_can_override_its_type_and_reports_the_outcome(mode: Mode) {
    let world = World::postgres(mode).await;
    let unique = Unique::key("ada").replace(Replace::PRIORITY);
    let insert = async |priority| {
        let inserted = inserts!(
            world.queue,
            &say("hi"),
            .priority(priority).delay(HOUR).max_retries(3).tags(["a", "b"]).tag("c").task_type("mail")
                .unique_by(unique.clone())
        );
        inserted.unwrap()
    };
    let first = insert(Priority::High).await;
    assert_eq!((first.is_new, first.outcome), (true, InsertOutcome::New));
    let second = insert(Priority::Low).await;
    assert_eq!((second.id, second.is_new, second.outcome), (first.id, false, InsertOutcome::Replaced));
    let row = world.queue.find_task_by_id(first.id).await.unwrap().unwrap();
    assert_eq!((row.priority, row.max_retries, row.task_type.as_str()), (Priority::Low, Some(3), "mail"));
    assert_eq!((row.tags.join(""), row.scheduled_at), ("abc".to_owned(), first.scheduled_at));
}

async fn an_invalid_task_is_reported_by_its_insert(mode: Mode) {
    let world = World::postgres(mode).await;
    let by_id = Unique::fields(["id"]);
    let error = inserts!(world.queue, &say("hi"), .unique_by(by_id)).unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::UniqueField { .. })), "{error}");
    let error = inserts!(world.queue, &say("hi"), .unique_by(Unique::key("a\0b"))).unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    let error = inserts!(world.queue, &say("a\0b"),).unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

async fn a_type_chooses_how_its_tasks_are_unique_and_how_they_are_removed(mode: Mode) {
    let world = World::postgres(mode).await;
    let first = world.queue.insert_task(&remind("ada", "hi")).await.unwrap();
    let again = world.queue.insert_task(&remind("ada", "ho")).await.unwrap();
    assert_eq!((again.id, &again.metadata["text"]), (first.id, &serde_json::json!("hi")));
    assert_ne!(world.queue.insert_task(&remind("bob", "hi")).await.unwrap().id, first.id);
    // The row is removed, but the period of uniqueness goes on.
    assert_eq!(world.queue.remove_task(first.id).await.unwrap(), 1);
    let ended = world.queue.insert_task(&remind("ada", "hi")).await.unwrap();
    assert_eq!(
        (ended.id, ended.state, ended.created_at),
        (first.id, FangTaskState::Finished, first.created_at)
    );
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).await.unwrap(), 0);
    let next = world.queue.insert_task(&remind("ada", "hi")).await.unwrap();
    assert_eq!(next.state, FangTaskState::New);
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).await.unwrap(), 1);
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).await.unwrap(), 0);
    // Tasks that older versions inserted are unique by payload.
    let plain = world.new_task(&remind("eve", "hi")).not_unique();
    world.queue.insert(plain.unique().unwrap()).await.unwrap();
    assert_eq!(world.queue.remove_task_by_metadata(&remind("eve", "hi")).await.unwrap(), 1);
}

/// Inserts a task while an open transaction has inserted a duplicate. The insert waits for the end of the
/// transaction.
async fn beside_a_transaction(mode: Mode, unique: &Unique, commits: bool) -> (Inserted, Inserted) {
    let world = World::postgres(mode).await;
    let mut client = world.connect().await;
    let mut transaction = client.begin().await.unwrap();
    let first = transaction.insert_tasks(&world.queue, vec![task(mode, unique)]).await.unwrap();
    let (queue, same) = (world.queue.clone(), task(mode, unique));
    let second = tokio::spawn(async move { queue.insert_tasks(vec![same]).await.unwrap() });
    let blocked = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    world.until_number(blocked, 1).await;
    transaction.end(commits).await.unwrap();
    (first[0], second.await.unwrap()[0])
}

async fn a_unique_task_in_a_transaction_keeps_others_out_only_if_it_commits(mode: Mode) {
    for unique in ways() {
        let (first, second) = beside_a_transaction(mode, &unique, false).await;
        assert!(first.id != second.id && second.is_new, "{unique:?}");
        let (first, second) = beside_a_transaction(mode, &unique, true).await;
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Kept), "{unique:?}");
        let replacing = unique.replace(Replace::TIME);
        let (first, second) = beside_a_transaction(mode, &replacing, true).await;
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Replaced), "{replacing:?}");
    }
}

async fn a_not_unique_error_leaves_the_transaction_usable(mode: Mode) {
    let world = World::postgres(mode).await;
    let strict = task(mode, &Unique::key("x").or_error());
    let there = world.queue.insert(strict.clone()).await.unwrap();
    let error = world.queue.insert(strict.clone()).await.unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    let plain = || world.new_task(&say("plain"));
    let error = world.queue.insert_tasks(vec![plain(), strict.clone()]).await.unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
    let mut client = world.connect().await;
    let mut transaction = client.begin().await.unwrap();
    for tasks in [vec![strict.clone()], vec![plain(), strict]] {
        let error = transaction.insert_tasks(&world.queue, tasks).await.unwrap_err();
        assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    }
    transaction.insert_tasks(&world.queue, vec![plain()]).await.unwrap();
    transaction.end(true).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2, "only the last insert was saved");
}

/// Inserts from several callers at once. Returns their answers.
async fn race(queue: &Queue, callers: usize, new: impl Fn() -> NewTask) -> Vec<Inserted> {
    let calls = (0..callers).map(|_| {
        let (queue, task) = (queue.clone(), new());
        tokio::spawn(async move { queue.insert_tasks(vec![task]).await.unwrap()[0] })
    });
    try_join_all(calls).await.unwrap()
}

async fn of_callers_that_race_one_inserts_and_all_are_told_of_it(mode: Mode) {
    let world = World::postgres(mode).await;
    for unique in ways().into_iter().flat_map(|unique| [unique.clone(), unique.replace(Replace::ALL)]) {
        world.queue.remove_all_tasks().await.unwrap();
        let answers = race(&world.queue, 32, || task(mode, &unique)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_new).count(), 1, "{unique:?}");
        assert!(answers.iter().all(|answer| answer.id == answers[0].id), "{unique:?}");
        let replaced = answers.iter().filter(|answer| answer.outcome == InsertOutcome::Replaced).count();
        assert_eq!(replaced, if unique.replaces().is_some() { 31 } else { 0 }, "{unique:?}");
    }
}

async fn replacing_a_task_that_a_pool_may_have_started_reports_the_right_outcome(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(2).keeps(RetentionMode::KeepAll).start().await;
    let unique = Unique::key("x").until_started().replace(Replace::ALL);
    let mut new = 0;
    for _ in 0..20 {
        let answers = race(&world.queue, 16, || task(mode, &unique)).await;
        assert!(
            answers.iter().all(|answer| answer.outcome != InsertOutcome::Kept),
            "a waiting task is replaced"
        );
        new += answers.iter().filter(|answer| answer.is_new).count();
    }
    world.until_number("SELECT count(*) FROM fang_tasks WHERE state <> 'finished'", 0).await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, i64::try_from(new).unwrap());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE lease <> 1").await, 0);
}

async fn a_bulk_insert_of_a_hundred_thousand_unique_tasks_reports_every_outcome(mode: Mode) {
    const KEYS: usize = 1_500;
    let world = World::postgres(mode).await;
    let plain = world.new_task(&say("many"));
    let tasks = (0..100_000).map(|n| {
        let key = Unique::key((n % KEYS).to_string());
        plain.clone().unique_by(match n % KEYS % 3 {
            0 => key,
            1 => key.within(HOUR),
            _ => key.until_started().replace(Replace::PRIORITY),
        })
    });
    let inserted = world.queue.insert_tasks(tasks.collect()).await.unwrap();
    assert_eq!(inserted.len(), 100_000);
    let (first, rest) = inserted.split_at(KEYS);
    assert!(first.iter().all(|told| told.is_new));
    for (n, told) in rest.iter().enumerate() {
        let outcome = if n % KEYS % 3 == 2 { InsertOutcome::Replaced } else { InsertOutcome::Kept };
        assert_eq!((told.id, told.outcome), (first[n % KEYS].id, outcome), "{n}");
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1_500);
}
