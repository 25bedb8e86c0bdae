use super::Rig;
use super::acts::{HOUR, id, task, unique};
use crate::new_task::NewTask;
use crate::schedule::Cron;
use crate::store::{NewCron, Removal, Verdict};
use crate::task::FangTaskState;

async fn remove(rig: &dyn Rig, removal: Removal) -> u64 {
    rig.store().remove(&removal).await.unwrap()
}

/// A cron of this task type, of which the first tick is task `n` in an hour.
async fn cron(rig: &dyn Rig, task_type: &str, n: u128) {
    let first = rig.now().await + HOUR;
    let task = task(n).task_type(task_type);
    let cron = NewCron { name: task_type.to_owned(), cron: Cron::new("0 0 * * * * *"), task, first };
    rig.store().sync_cron(&cron).await.unwrap();
}

/// The task types whose crons are there.
async fn crons(rig: &dyn Rig) -> Vec<String> {
    rig.advance(HOUR * 2).await;
    let mut names: Vec<_> =
        rig.store().crons().await.unwrap().due.into_iter().map(|cron| cron.name).collect();
    names.sort_unstable();
    names
}

/// In whatever state.
pub async fn all_removes_every_task(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(2)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::All).await, 4);
    assert_eq!(rig.all().await, []);
}

/// What is due already stays.
pub async fn scheduled_removes_what_waits_for_the_future(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::Scheduled).await, 2);
    assert_eq!(rig.all().await, [3, 2]);
}

/// The others stay.
pub async fn a_task_type_is_removed(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).task_type("mail"), task(3).task_type("mail").delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::TaskType("mail".to_owned())).await, 2);
    assert_eq!(rig.all().await, [1]);
}

/// With its waiting tick.
pub async fn all_removes_every_task_and_every_cron(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    cron(rig, "mail", 2).await;
    assert_eq!(remove(rig, Removal::All).await, 2);
    assert_eq!(rig.all().await, []);
    assert!(crons(rig).await.is_empty());
}

/// What is due already stays.
pub async fn scheduled_removes_what_waits_for_the_future_and_every_cron(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    cron(rig, "mail", 5).await;
    rig.insert(&[task(6).delay(HOUR)]).await;
    assert!(rig.store().cancel(id(6)).await.unwrap(), "it waits no longer");
    assert_eq!(remove(rig, Removal::Scheduled).await, 3);
    assert_eq!(rig.all().await, [6, 3, 2]);
    assert!(crons(rig).await.is_empty());
}

/// The others keep theirs.
pub async fn a_task_type_is_removed_with_its_crons(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).task_type("mail"), task(3).task_type("mail").delay(HOUR)]).await;
    cron(rig, "mail", 4).await;
    cron(rig, "other", 5).await;
    assert_eq!(remove(rig, Removal::TaskType("mail".to_owned())).await, 3);
    assert_eq!(rig.all().await, [5, 1]);
    assert_eq!(crons(rig).await, ["other"]);
}

/// Not those that are over.
pub async fn a_unique_hash_removes_the_task_that_is_alive(rig: &dyn Rig) {
    rig.run(unique(1, "x"), Verdict::Keep).await;
    rig.insert(&[unique(2, "x"), unique(3, "y"), NewTask { uniq_hash: None, ..unique(4, "x") }]).await;
    let hash = unique(5, "x").uniq_hash.unwrap();
    assert_eq!(remove(rig, Removal::Unique(hash.clone())).await, 1);
    assert_eq!(rig.all().await, [4, 3, 1]);
    assert_eq!(remove(rig, Removal::Unique(hash)).await, 0);
}

/// And whoever ran it is told that its result came too late.
pub async fn one_task_is_removed_even_while_it_runs(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).delay(HOUR)]).await;
    let worker = rig.worker().await;
    let running = rig.claim_one(worker).await;
    assert_eq!(remove(rig, Removal::Id(id(1))).await, 1);
    assert_eq!(remove(rig, Removal::Id(id(1))).await, 0);
    assert!(!rig.finish(worker, &running, Verdict::Keep).await);
    assert_eq!(rig.all().await, [2]);
    assert_eq!(rig.state(2).await, FangTaskState::New);
}
