//! Uniqueness among connections that race, and within the application's transactions.

use crate::world::{PATIENCE, World, ear, say, until};
use diesel::{Connection, PgConnection};
use fang_blocking::{Queue, WorkerPool};
use fang_core::store::{InsertOutcome, Inserted};
use fang_core::{
    FangError, FangTaskState, NewTask, PayloadError, Priority, QueueError, Queueable, Replace, RetentionMode,
    Runnable, Unique, typetag,
};
use serde::{Deserialize, Serialize};
use std::thread;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// One a user, by its own choice.
#[derive(Serialize, Deserialize)]
struct Remind {
    user: String,
    text: String,
}

#[typetag::serde]
impl Runnable for Remind {
    fn run(&self, _: &dyn Queueable) -> Result<(), FangError> {
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
    NewTask::blocking(&say("only")).unwrap().unique_by(unique.clone())
}

#[test]
fn an_insert_says_more_than_its_type_and_is_told_what_became_of_it() {
    let world = World::new();
    let unique = Unique::key("ada").replace(Replace::PRIORITY);
    let insert = |priority| {
        let insert = world.queue.heavy(&say("hi")).priority(priority).delay(HOUR).max_retries(3);
        insert.tags(["a", "b"]).tag("c").task_type("mail").unique_by(unique.clone()).insert().unwrap()
    };
    let first = insert(Priority::High);
    assert_eq!((first.is_new, first.outcome), (true, InsertOutcome::New));
    let second = insert(Priority::Low);
    assert_eq!((second.id, second.is_new, second.outcome), (first.id, false, InsertOutcome::Replaced));
    let row = world.queue.find_task_by_id(first.id).unwrap().unwrap();
    assert_eq!((row.priority, row.max_retries, row.task_type.as_str()), (Priority::Low, Some(3), "mail"));
    assert_eq!((row.tags.join(""), row.scheduled_at), ("abc".to_owned(), first.scheduled_at));
}

#[test]
fn what_is_wrong_with_a_task_is_told_at_the_end_of_its_insert() {
    let world = World::new();
    let by_id = Unique::fields(["id"]);
    let error = world.queue.heavy(&say("hi")).unique_by(by_id).insert().unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::UniqueField { .. })), "{error}");
    let error = world.queue.heavy(&say("hi")).unique_by(Unique::key("a\0b")).insert().unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    let error = world.queue.heavy(&say("a\0b")).insert().unwrap_err();
    assert!(matches!(error, QueueError::Payload(PayloadError::Nul { .. })), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 0);
}

#[test]
fn a_type_chooses_how_its_tasks_are_unique_and_how_they_are_removed() {
    let world = World::new();
    let first = world.queue.insert_task(&remind("ada", "hi")).unwrap();
    let again = world.queue.insert_task(&remind("ada", "ho")).unwrap();
    assert_eq!((again.id, &again.metadata["text"]), (first.id, &serde_json::json!("hi")));
    assert_ne!(world.queue.insert_task(&remind("bob", "hi")).unwrap().id, first.id);
    // Its row is gone, its period is not.
    assert_eq!(world.queue.remove_task(first.id).unwrap(), 1);
    let ended = world.queue.insert_task(&remind("ada", "hi")).unwrap();
    assert_eq!(
        (ended.id, ended.state, ended.created_at),
        (first.id, FangTaskState::Finished, first.created_at)
    );
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).unwrap(), 0);
    let next = world.queue.insert_task(&remind("ada", "hi")).unwrap();
    assert_eq!(next.state, FangTaskState::New);
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).unwrap(), 1);
    assert_eq!(world.queue.remove_task_by_metadata(&remind("ada", "?")).unwrap(), 0);
    // Those that older versions saved are unique by their payload.
    let plain = NewTask::blocking(&remind("eve", "hi")).unwrap().not_unique();
    world.queue.insert(plain.unique().unwrap()).unwrap();
    assert_eq!(world.queue.remove_task_by_metadata(&remind("eve", "hi")).unwrap(), 1);
}

/// Inserts while another connection has the same task in a transaction, and waits for what becomes of that.
fn beside_a_transaction(unique: &Unique, commits: bool) -> (Inserted, Inserted) {
    let world = World::new();
    let mut connection = PgConnection::establish(world.database.uri()).unwrap();
    let (queue, same) = (world.queue.clone(), task(unique));
    let mut second = None;
    let mut first = None;
    let outcome = connection.transaction(|connection| {
        first = Some(world.queue.insert_tasks_in(connection, vec![task(unique)])?[0]);
        second = Some(thread::spawn(move || queue.insert_tasks(vec![same]).unwrap()[0]));
        let blocked = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        until(|| world.number(blocked) == 1);
        if commits { Ok(()) } else { Err(FangError::new("changed its mind")) }
    });
    assert_eq!(outcome.is_ok(), commits, "{outcome:?}");
    (first.unwrap(), second.unwrap().join().unwrap())
}

#[test]
fn a_rollback_lets_go_of_what_was_unique_in_it_and_a_commit_does_not() {
    for unique in ways() {
        let (first, second) = beside_a_transaction(&unique, false);
        assert!(first.id != second.id && second.is_new, "{unique:?}");
        let (first, second) = beside_a_transaction(&unique, true);
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Kept), "{unique:?}");
        let replacing = unique.replace(Replace::TIME);
        let (first, second) = beside_a_transaction(&replacing, true);
        assert_eq!((first.id, second.outcome), (second.id, InsertOutcome::Replaced), "{replacing:?}");
    }
}

#[test]
fn a_task_that_must_not_be_kept_out_leaves_the_transaction_standing() {
    let world = World::new();
    let strict = task(&Unique::key("x").or_error());
    let there = world.queue.insert(strict.clone()).unwrap();
    let error = world.queue.insert(strict.clone()).unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    let plain = || NewTask::blocking(&say("plain")).unwrap();
    let error = world.queue.insert_tasks(vec![plain(), strict.clone()]).unwrap_err();
    assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 1);
    let mut connection = PgConnection::establish(world.database.uri()).unwrap();
    let committed = connection.transaction(|connection| {
        for tasks in [vec![strict.clone()], vec![plain(), strict]] {
            let error = world.queue.insert_tasks_in(connection, tasks).unwrap_err();
            assert!(matches!(error, QueueError::NotUnique { id } if id == there.id), "{error}");
        }
        Ok::<_, FangError>(world.queue.insert_tasks_in(connection, vec![plain()])?)
    });
    committed.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 2, "the last one alone");
}

/// The answers of callers that all insert at once.
fn race(queue: &Queue, callers: usize, new: impl Fn() -> NewTask) -> Vec<Inserted> {
    let calls: Vec<_> = (0..callers)
        .map(|_| {
            let (queue, task) = (queue.clone(), new());
            thread::spawn(move || queue.insert_tasks(vec![task]).unwrap()[0])
        })
        .collect();
    calls.into_iter().map(|call| call.join().unwrap()).collect()
}

#[test]
fn of_callers_that_race_one_inserts_and_all_are_told_of_it() {
    let world = World::new();
    for unique in ways().into_iter().flat_map(|unique| [unique.clone(), unique.replace(Replace::ALL)]) {
        world.queue.remove_all_tasks().unwrap();
        let answers = race(&world.queue, 32, || task(&unique));
        assert_eq!(answers.iter().filter(|answer| answer.is_new).count(), 1, "{unique:?}");
        assert!(answers.iter().all(|answer| answer.id == answers[0].id), "{unique:?}");
        let replaced = answers.iter().filter(|answer| answer.outcome == InsertOutcome::Replaced).count();
        assert_eq!(replaced, if unique.replaces().is_some() { 31 } else { 0 }, "{unique:?}");
    }
}

#[test]
fn whoever_replaces_what_a_pool_runs_is_told_the_truth() {
    let world = World::new();
    let (sender, _ear) = ear();
    let builder = WorkerPool::<Queue>::builder().number_of_workers(2_u32).queue(world.queue.clone());
    let mut pool = builder.state(sender).retention_mode(RetentionMode::KeepAll).build();
    pool.start().unwrap();
    let unique = Unique::key("x").until_started().replace(Replace::ALL);
    let mut new = 0;
    for _ in 0..20 {
        let answers = race(&world.queue, 16, || task(&unique));
        assert!(answers.iter().all(|answer| answer.outcome != InsertOutcome::Kept), "what waits is replaced");
        new += answers.iter().filter(|answer| answer.is_new).count();
    }
    until(|| world.number("SELECT count(*) FROM fang_tasks WHERE state <> 'finished'") == 0);
    pool.shutdown(PATIENCE);
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), i64::try_from(new).unwrap());
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks WHERE lease <> 1"), 0);
}

#[test]
fn a_hundred_thousand_in_one_call_are_all_answered_in_every_way() {
    const KEYS: usize = 1_500;
    let world = World::new();
    let plain = NewTask::blocking(&say("many")).unwrap();
    let tasks = (0..100_000).map(|n| {
        let key = Unique::key((n % KEYS).to_string());
        plain.clone().unique_by(match n % KEYS % 3 {
            0 => key,
            1 => key.within(HOUR),
            _ => key.until_started().replace(Replace::PRIORITY),
        })
    });
    let inserted = world.queue.insert_tasks(tasks.collect()).unwrap();
    assert_eq!(inserted.len(), 100_000);
    let (first, rest) = inserted.split_at(KEYS);
    assert!(first.iter().all(|told| told.is_new));
    for (n, told) in rest.iter().enumerate() {
        let outcome = if n % KEYS % 3 == 2 { InsertOutcome::Replaced } else { InsertOutcome::Kept };
        assert_eq!((told.id, told.outcome), (first[n % KEYS].id, outcome), "{n}");
    }
    assert_eq!(world.number("SELECT count(*) FROM fang_tasks"), 1_500);
}
