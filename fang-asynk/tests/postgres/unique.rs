//! Uniqueness among connections that race, and within the application's transactions.

use crate::world::{PATIENCE, Queue, World, say, until};
use fang_core::store::{InsertOutcome, Inserted};
use fang_core::{
    AsyncQueueable, AsyncRunnable, FangError, FangTaskState, NewTask, PayloadError, Priority, QueueError,
    Replace, Unique, async_trait, typetag,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// One a user, by its own choice.
#[derive(Serialize, Deserialize)]
struct Remind {
    user: String,
    text: String,
}

#[typetag::serde]
#[async_trait]
impl AsyncRunnable for Remind {
    async fn run(&self, _: &mut dyn AsyncQueueable) -> Result<(), FangError> {
        Ok(())
    }

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

fn task(unique: &Unique) -> NewTask {
    NewTask::asynk(&say("only")).unwrap().unique_by(unique.clone())
}

#[tokio::test]
async fn an_insert_says_more_than_its_type_and_is_told_what_became_of_it() {
    let world = World::new().await;
    let unique = Unique::key("ada").replace(Replace::PRIORITY);
    let insert = async |priority| {
        let insert = world.queue.light(&say("hi")).priority(priority).delay(HOUR).max_retries(3);
        insert.tags(["a", "b"]).tag("c").task_type("mail").unique_by(unique.clone()).insert().await.unwrap()
    };
    let first = insert(Priority::High).await;
    assert_eq!((first.is_new, first.outcome), (true, InsertOutcome::New));
    let second = insert(Priority::Low).await;
    assert_eq!((second.id, second.is_new, second.outcome), (first.id, false, InsertOutcome::Replaced));
    let row = world.queue.find_task_by_id(first.id).await.unwrap().unwrap();
    assert_eq!((row.priority, row.max_retries, row.task_type.as_str()), (Priority::Low, Some(3), "mail"));
    assert_eq!((row.tags.join(""), row.scheduled_at), ("abc".to_owned(), first.scheduled_at));
}

#[tokio::test]
async fn what_is_wrong_with_a_task_is_told_at_the_end_of_its_insert() {
    let world = World::new().await;
    let by_id = Unique::fields(["id"]);
    let error = world.queue.light(&say("hi")).unique_by(by_id).insert().await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::UniqueField { .. })), "{error}");
    let error = world.queue.light(&say("hi")).unique_by(Unique::key("a\0b")).insert().await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    let error = world.queue.light(&say("a\0b")).insert().await.unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 0);
}

#[tokio::test]
async fn a_type_chooses_how_its_tasks_are_unique_and_how_they_are_removed() {
    let world = World::new().await;
    let first = world.queue.insert_task(&remind("ada", "hi")).await.unwrap();
    let again = world.queue.insert_task(&remind("ada", "ho")).await.unwrap();
    assert_eq!((again.id, &again.metadata["text"]), (first.id, &serde_json::json!("hi")));
    assert_ne!(world.queue.insert_task(&remind("bob", "hi")).await.unwrap().id, first.id);
    // Its row is gone, its period is not.
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
    // Those that older versions saved are unique by their payload.
    let plain = NewTask::asynk(&remind("eve", "hi")).unwrap().not_unique();
    world.queue.insert(plain.unique().unwrap()).await.unwrap();
    assert_eq!(world.queue.remove_task_by_metadata(&remind("eve", "hi")).await.unwrap(), 1);
}

/// Inserts while another connection has the same task in a transaction, and waits for what becomes of that.
async fn beside_a_transaction(unique: Unique, commits: bool) -> (Inserted, Inserted) {
    let world = World::new().await;
    let mut client = world.database.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    let first = world.queue.insert_tasks_in(&transaction, vec![task(&unique)]).await.unwrap();
    let queue = world.queue.clone();
    let second = tokio::spawn(async move { queue.insert_tasks(vec![task(&unique)]).await.unwrap() });
    let blocked = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(async || world.number(blocked).await == 1).await;
    match commits {
        true => transaction.commit().await.unwrap(),
        false => transaction.rollback().await.unwrap(),
    }
    (first[0], second.await.unwrap()[0])
}

#[tokio::test]
async fn a_rollback_lets_go_of_what_was_unique_in_it_and_a_commit_does_not() {
    for unique in ways() {
        let (first, second) = beside_a_transaction(unique.clone(), false).await;
        assert!(first.id != second.id && second.is_new, "{unique:?}");
        let (first, second) = beside_a_transaction(unique.clone(), true).await;
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Kept), "{unique:?}");
        let replacing = unique.replace(Replace::TIME);
        let (first, second) = beside_a_transaction(replacing.clone(), true).await;
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Replaced), "{replacing:?}");
    }
}

#[tokio::test]
async fn a_task_that_must_not_be_kept_out_leaves_the_transaction_standing() {
    let world = World::new().await;
    let strict = task(&Unique::key("x").or_error());
    let there = world.queue.insert(strict.clone()).await.unwrap();
    let error = world.queue.insert(strict.clone()).await.unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    let plain = || NewTask::asynk(&say("plain")).unwrap();
    let error = world.queue.insert_tasks(vec![plain(), strict.clone()]).await.unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 1);
    let mut client = world.database.client().await.unwrap();
    let transaction = client.transaction().await.unwrap();
    for tasks in [vec![strict.clone()], vec![plain(), strict]] {
        let error = world.queue.insert_tasks_in(&transaction, tasks).await.unwrap_err();
        assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    }
    world.queue.insert_tasks_in(&transaction, vec![plain()]).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, 2, "the last one alone");
}

/// The answers of callers that all insert at once.
async fn race(queue: &Queue, callers: usize, new: impl Fn() -> NewTask) -> Vec<Inserted> {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let (queue, task) = (queue.clone(), new());
            tokio::spawn(async move { queue.insert_tasks(vec![task]).await.unwrap()[0] })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_callers_that_race_one_inserts_and_all_are_told_of_it() {
    let world = World::new().await;
    for unique in ways().into_iter().flat_map(|unique| [unique.clone(), unique.replace(Replace::ALL)]) {
        world.queue.remove_all_tasks().await.unwrap();
        let answers = race(&world.queue, 32, || task(&unique)).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_new).count(), 1, "{unique:?}");
        assert!(answers.iter().all(|answer| answer.id == answers[0].id), "{unique:?}");
        let replaced = answers.iter().filter(|answer| answer.outcome == InsertOutcome::Replaced).count();
        assert_eq!(replaced, if unique.replaces().is_some() { 31 } else { 0 }, "{unique:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_replaces_what_a_pool_runs_is_told_the_truth() {
    let world = World::new().await;
    let (sender, _ear) = crate::world::ear();
    let mut pool = fang_asynk::AsyncWorkerPool::builder()
        .number_of_workers(2_u32)
        .queue(world.queue.clone())
        .state(sender)
        .retention_mode(fang_core::RetentionMode::KeepAll)
        .build();
    pool.start().await.unwrap();
    let unique = Unique::key("x").until_started().replace(Replace::ALL);
    let mut new = 0;
    for _ in 0..20 {
        let answers = race(&world.queue, 16, || task(&unique)).await;
        assert!(answers.iter().all(|answer| answer.outcome != InsertOutcome::Kept), "what waits is replaced");
        new += answers.iter().filter(|answer| answer.is_new).count();
    }
    until(async || world.number("SELECT count(*) FROM fang_tasks WHERE state <> 'finished'").await == 0)
        .await;
    pool.shutdown(PATIENCE).await;
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks").await, i64::try_from(new).unwrap());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE lease <> 1").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_in_one_call_are_all_answered_in_every_way() {
    const KEYS: usize = 1_500;
    let world = World::new().await;
    let plain = NewTask::asynk(&say("many")).unwrap();
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
