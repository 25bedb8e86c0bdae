use super::Rig;
use super::acts::{HOUR, MINUTE, assert_about, both, id, task, unique_by};
use crate::new_task::NewTask;
use crate::store::{InsertOutcome, Verdict};
use crate::task::Priority;
use crate::unique::{Replace, Unique};
use std::time::Duration;

const NEW: InsertOutcome = InsertOutcome::New;
const KEPT: InsertOutcome = InsertOutcome::Kept;
const REPLACED: InsertOutcome = InsertOutcome::Replaced;

/// Task number `n`, which replaces these fields of its duplicate.
fn replacing(n: u128, replace: Replace) -> NewTask {
    unique_by(n, Unique::key("x").replace(replace))
}

async fn outcome(rig: &dyn Rig, task: NewTask) -> (u128, InsertOutcome) {
    let told = rig.insert(&[task]).await;
    (told[0].id.as_u128(), told[0].outcome)
}

/// Payload, time, priority or all of them. Tags and `created_at` stay.
pub async fn an_insert_replaces_the_chosen_fields_of_a_waiting_task(rig: &dyn Rig) {
    let urgent = |n, replace| replacing(n, replace).priority(Priority::Urgent).delay(MINUTE);
    for (n, replace) in
        (1..).step_by(2).zip([Replace::PAYLOAD, Replace::TIME, Replace::PRIORITY, Replace::ALL])
    {
        rig.insert(&[replacing(n, replace).delay(HOUR).tag("first")]).await;
        let before = rig.find(n).await;
        let told = rig.insert(&[urgent(n + 1, replace).tag("second")]).await;
        assert_eq!((told[0].id, told[0].outcome, told[0].is_new), (id(n), REPLACED, false), "{replace:?}");
        let after = rig.find(n).await;
        assert_eq!((told[0].created_at, told[0].scheduled_at), (after.created_at, after.scheduled_at));
        let number = if replace.has(Replace::PAYLOAD) { n + 1 } else { n };
        assert_eq!(after.metadata["n"], serde_json::json!(number as u64), "{replace:?}");
        let priority = if replace.has(Replace::PRIORITY) { Priority::Urgent } else { Priority::Normal };
        assert_eq!(after.priority, priority, "{replace:?}");
        let delay = if replace.has(Replace::TIME) { MINUTE } else { HOUR };
        assert_about((after.scheduled_at - rig.now().await).to_std().ok(), delay);
        assert_eq!(
            (after.tags, after.created_at, after.uniq_hash),
            (before.tags, before.created_at, before.uniq_hash)
        );
        assert_eq!(rig.store().find(id(n + 1)).await.unwrap(), None);
        rig.store().remove(&crate::store::Removal::Id(id(n))).await.unwrap();
    }
}

/// The answer says that the task was kept. Once the task waits again, its fields can be replaced.
pub async fn an_insert_replaces_no_field_of_a_running_task(rig: &dyn Rig) {
    rig.insert(&[replacing(1, Replace::ALL)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let before = rig.find(1).await;
    assert_eq!(outcome(rig, replacing(2, Replace::ALL).delay(HOUR)).await, (1, KEPT));
    assert!(rig.find(1).await == before);
    let again = Verdict::Retry { delay: MINUTE, error: "no".to_owned() };
    assert!(rig.finish(worker, &claimed, again).await);
    assert_eq!(outcome(rig, replacing(3, Replace::ALL).delay(HOUR)).await, (1, REPLACED), "it waits again");
    let after = rig.find(1).await;
    assert_eq!((after.retries, after.metadata["n"].as_u64()), (1, Some(3)));
    assert_about((after.scheduled_at - rig.now().await).to_std().ok(), HOUR);
}

/// The claim goes by the new time and priority.
pub async fn a_replaced_task_runs_with_its_new_values(rig: &dyn Rig) {
    rig.insert(&[replacing(1, Replace::ALL).delay(HOUR), task(8)]).await;
    rig.insert(&[replacing(2, Replace::ALL).priority(Priority::Urgent)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim(worker, 1).await;
    assert_eq!(claimed[0].id, id(1));
    assert!(claimed[0].metadata.contains('2'), "{}", claimed[0].metadata);
}

/// A replacement does not prolong the period. A task that runs or has ended is not replaced.
pub async fn a_task_is_replaced_within_its_period_while_it_waits(rig: &dyn Rig) {
    let hourly = |n| unique_by(n, Unique::key("x").within(HOUR).replace(Replace::PAYLOAD));
    rig.insert(&[hourly(1).delay(MINUTE)]).await;
    rig.advance(MINUTE).await;
    assert_eq!(outcome(rig, hourly(2)).await, (1, REPLACED));
    assert_eq!(rig.find(1).await.metadata["n"], 2);
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    assert_eq!(outcome(rig, hourly(3)).await, (1, KEPT), "it runs");
    assert!(rig.finish(worker, &claimed, Verdict::Remove).await);
    assert_eq!(outcome(rig, hourly(4)).await, (1, KEPT), "it is gone");
    rig.advance(HOUR).await;
    assert_eq!(outcome(rig, hourly(5)).await, (5, NEW), "a replacement does not prolong the period");
}

/// This debounces: many inserts, one run after the last of them.
pub async fn a_task_unique_until_started_can_be_postponed_repeatedly(rig: &dyn Rig) {
    let later = |n| unique_by(n, Unique::key("x").until_started().replace(Replace::TIME)).delay(MINUTE * 10);
    for n in 1..=3 {
        assert_eq!(outcome(rig, later(n)).await.0, 1);
        rig.advance(MINUTE * 9).await;
    }
    let worker = rig.worker().await;
    assert_eq!(rig.claim(worker, 10).await, []);
    rig.advance(MINUTE * 2).await;
    rig.claim_one(worker).await;
    assert_eq!(outcome(rig, later(4)).await, (4, NEW), "a started task is not postponed");
}

/// The answer to the first insert was lost, and another insert has changed the task since.
pub async fn a_repeated_insert_does_not_undo_a_later_replacement(rig: &dyn Rig) {
    rig.insert(&[replacing(1, Replace::ALL)]).await;
    rig.insert(&[replacing(2, Replace::PAYLOAD)]).await;
    assert_eq!(outcome(rig, replacing(1, Replace::ALL)).await, (1, NEW));
    assert_eq!(rig.find(1).await.metadata["n"], 2);
    // Neither does it replace a task that was inserted after the first had finished.
    rig.run_waiting_keep().await;
    rig.insert(&[replacing(3, Replace::ALL)]).await;
    assert_eq!(outcome(rig, replacing(1, Replace::ALL)).await, (1, NEW));
    assert_eq!(rig.find(3).await.metadata["n"], 3);
}

impl dyn Rig + '_ {
    async fn run_waiting_keep(&self) {
        let worker = self.worker().await;
        let claimed = self.claim_one(worker).await;
        assert!(self.finish(worker, &claimed, Verdict::Keep).await);
    }
}

/// Later tasks of a batch replace fields of the first.
pub async fn a_batch_replaces_its_own_tasks_in_order(rig: &dyn Rig) {
    let batch = [
        replacing(1, Replace::ALL),
        task(2),
        replacing(3, Replace::PAYLOAD),
        replacing(4, Replace::PRIORITY).priority(Priority::Low),
    ];
    let told = rig.insert(&batch).await;
    let told: Vec<_> = told.iter().map(|told| (told.id.as_u128(), told.outcome)).collect();
    assert_eq!(told, [(1, NEW), (2, NEW), (1, REPLACED), (1, REPLACED)]);
    let row = rig.find(1).await;
    assert_eq!((row.metadata["n"].as_u64(), row.priority), (Some(3), Priority::Low));
}

/// A claim and an insert come at the same time. If the insert says that it replaced the payload, the run has the
/// new one.
pub async fn a_task_is_claimed_or_replaced_never_both(rig: &dyn Rig) {
    let worker = rig.worker().await;
    for n in (1..60).step_by(2) {
        rig.insert(&[replacing(n, Replace::PAYLOAD)]).await;
        let claim = async { Ok(rig.claim(worker, 1).await) };
        let replace = async { Err(outcome(rig, replacing(n + 1, Replace::PAYLOAD)).await) };
        let [claimed, told] = both(claim, replace).await;
        let (mut claimed, told) = (claimed.unwrap_or_default(), told.unwrap_err());
        if claimed.is_empty() {
            claimed = rig.claim(worker, 1).await;
        }
        assert_eq!((claimed[0].id, told.0), (id(n), n));
        let ran: serde_json::Value = serde_json::from_str(&claimed[0].metadata).unwrap();
        let expected = if told.1 == REPLACED { n + 1 } else { n };
        assert_eq!(ran["n"].as_u64(), Some(expected as u64));
        assert!(rig.finish(worker, &claimed[0], Verdict::Remove).await);
    }
}

/// The batches have the tasks in opposite orders.
pub async fn two_batches_that_replace_the_same_tasks_do_not_deadlock(rig: &dyn Rig) {
    let batch = |numbers: std::ops::Range<u128>| -> Vec<_> {
        let unique = |n: u128| Unique::key(format!("{}", n % 500)).replace(Replace::ALL);
        numbers.map(|n| unique_by(n, unique(n))).collect()
    };
    rig.insert(&batch(5_000..5_500)).await;
    let (forwards, mut backwards) = (batch(0..500), batch(1_000..1_500));
    backwards.reverse();
    let [one, other] = both(rig.insert(&forwards), rig.insert(&backwards)).await;
    assert!(one.iter().chain(&other).all(|told| told.outcome == REPLACED));
    assert_eq!(rig.all().await.len(), 500);
}

/// The duplicate stays as it is.
pub async fn an_insert_with_or_error_fails_and_names_the_duplicate(rig: &dyn Rig) {
    let ways = [Unique::key("x"), Unique::key("x").until_started(), Unique::key("x").within(HOUR)];
    for (n, unique) in (1..).step_by(2).zip(ways) {
        let strict = unique.or_error();
        assert_eq!(outcome(rig, unique_by(n, strict.clone())).await, (n, NEW));
        assert_eq!(
            outcome(rig, unique_by(n, strict.clone())).await,
            (n, NEW),
            "a repeated insert is no duplicate of itself"
        );
        let error = rig.store().insert(&[unique_by(n + 1, strict)]).await.unwrap_err();
        assert_eq!(error.duplicate(), Some(id(n)), "{error}");
    }
    assert_eq!(rig.all().await, [5, 3, 1]);
}

/// Neither tasks nor replacements nor periods.
pub async fn a_batch_that_fails_for_a_duplicate_saves_nothing(rig: &dyn Rig) {
    let strict = |n| unique_by(n, Unique::key("x").or_error());
    let hourly = |n| unique_by(n, Unique::key("y").within(HOUR));
    rig.insert(&[strict(1), unique_by(2, Unique::key("z")).delay(HOUR)]).await;
    let replace = unique_by(3, Unique::key("z").replace(Replace::TIME));
    let batch = [task(4), hourly(5), replace, strict(6), task(7)];
    let error = rig.store().insert(&batch).await.unwrap_err();
    assert_eq!(error.duplicate(), Some(id(1)));
    assert_eq!(rig.all().await, [2, 1]);
    assert_about((rig.find(2).await.scheduled_at - rig.now().await).to_std().ok(), HOUR);
    assert_eq!(outcome(rig, hourly(8)).await, (8, NEW), "the failed batch starts no period");
    let twins = [task(9), strict(10)];
    rig.store().remove(&crate::store::Removal::Id(id(1))).await.unwrap();
    assert!(rig.insert(&twins).await.iter().all(|told| told.is_new));
    let of_one_batch = unique_by(11, Unique::key("w").or_error());
    let batch = [of_one_batch.clone(), NewTask { id: id(12), ..of_one_batch }];
    assert_eq!(
        rig.store().insert(&batch).await.unwrap_err().duplicate(),
        Some(id(11)),
        "a duplicate in the same batch is named"
    );
    assert!(!rig.all().await.contains(&11));
}

/// The kind always counts as well.
pub async fn duplicates_are_found_by_a_key_or_by_fields_of_the_payload(rig: &dyn Rig) {
    let mail = |n, user: &str, text: &str| {
        let metadata = serde_json::json!({ "type": "Mail", "user": user, "text": text }).to_string();
        let new = NewTask { metadata, ..task(n) };
        new.unique_by(Unique::fields(["user"])).hashed().unwrap()
    };
    assert_eq!(outcome(rig, mail(1, "ada", "hi")).await, (1, NEW));
    assert_eq!(outcome(rig, mail(2, "ada", "ho")).await, (1, KEPT));
    assert_eq!(outcome(rig, mail(3, "bob", "hi")).await, (3, NEW));
    let keyed = |n, metadata: &str, key: &str| {
        let new = NewTask { metadata: metadata.to_owned(), ..task(n) };
        new.unique_by(Unique::key(key)).hashed().unwrap()
    };
    assert_eq!(outcome(rig, keyed(4, r#"{"type":"Mail","n":1}"#, "a")).await, (4, NEW));
    assert_eq!(outcome(rig, keyed(5, r#"{"type":"Mail","n":2}"#, "a")).await, (4, KEPT));
    assert_eq!(outcome(rig, keyed(6, r#"{"type":"Mail","n":2}"#, "b")).await, (6, NEW));
    assert_eq!(outcome(rig, keyed(7, r#"{"type":"Other","n":1}"#, "a")).await, (7, NEW));
}

/// The task can be claimed at once.
pub async fn a_replaced_time_may_be_now(rig: &dyn Rig) {
    rig.insert(&[replacing(1, Replace::TIME).delay(HOUR)]).await;
    assert_eq!(outcome(rig, replacing(2, Replace::TIME).delay(Duration::ZERO)).await, (1, REPLACED));
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
}
