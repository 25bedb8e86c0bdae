use super::Rig;
use super::acts::{HOUR, id, task, unique};
use crate::new_task::NewTask;
use crate::schedule::Cron;
use crate::store::{Change, NewCron, Removal, Verdict};
use crate::task::FangTaskState;

async fn remove(rig: &dyn Rig, removal: Removal) -> u64 {
    rig.store().remove(&removal).await.unwrap()
}

/// Saves a cron of this task type, whose first tick is task `n`, due in an hour.
async fn cron(rig: &dyn Rig, task_type: &str, n: u128) {
    let first = rig.now().await + HOUR;
    let task = task(n).task_type(task_type);
    let cron = NewCron { name: task_type.to_owned(), cron: Cron::new("0 0 * * * * *"), task, first };
    rig.store().sync_cron(&cron).await.unwrap();
}

/// The names of all crons, which are those of their task types.
async fn crons(rig: &dyn Rig) -> Vec<String> {
    rig.advance(HOUR * 2).await;
    let mut names: Vec<_> =
        rig.store().crons().await.unwrap().due.into_iter().map(|cron| cron.name).collect();
    names.sort_unstable();
    names
}

/// In every state.
pub async fn all_removes_every_task(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Keep).await;
    rig.insert(&[task(2)]).await;
    let worker = rig.worker().await;
    rig.claim_one(worker).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::All).await, 4);
    assert_eq!(rig.all().await, []);
}

/// Tasks that are due or over stay.
pub async fn scheduled_removes_tasks_that_are_not_due(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::Scheduled).await, 2);
    assert_eq!(rig.all().await, [3, 2]);
}

/// Other task types stay.
pub async fn all_tasks_of_a_task_type_are_removed(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).task_type("mail"), task(3).task_type("mail").delay(HOUR)]).await;
    assert_eq!(remove(rig, Removal::TaskType("mail".to_owned())).await, 2);
    assert_eq!(rig.all().await, [1]);
}

/// The count contains the waiting tick.
pub async fn all_removes_every_task_and_every_cron(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    cron(rig, "mail", 2).await;
    assert_eq!(remove(rig, Removal::All).await, 2);
    assert_eq!(rig.all().await, []);
    assert!(crons(rig).await.is_empty());
}

/// Tasks that are due, over or cancelled stay.
pub async fn scheduled_removes_tasks_that_are_not_due_and_every_cron(rig: &dyn Rig) {
    rig.run(task(1), Verdict::Retry { delay: HOUR, error: "no".to_owned() }).await;
    rig.run(task(2), Verdict::Fail { error: "no".to_owned() }).await;
    rig.insert(&[task(3), task(4).delay(HOUR)]).await;
    cron(rig, "mail", 5).await;
    rig.insert(&[task(6).delay(HOUR)]).await;
    assert!(rig.change(6, Change::Cancel).await, "a waiting task can be cancelled");
    assert_eq!(remove(rig, Removal::Scheduled).await, 3);
    assert_eq!(rig.all().await, [6, 3, 2]);
    assert!(crons(rig).await.is_empty());
}

/// Tasks and crons of other task types stay.
pub async fn all_tasks_of_a_task_type_are_removed_with_its_crons(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).task_type("mail"), task(3).task_type("mail").delay(HOUR)]).await;
    cron(rig, "mail", 4).await;
    cron(rig, "other", 5).await;
    assert_eq!(remove(rig, Removal::TaskType("mail".to_owned())).await, 3);
    assert_eq!(rig.all().await, [5, 1]);
    assert_eq!(crons(rig).await, ["other"]);
}

/// Tasks that are over stay.
pub async fn a_unique_hash_removes_the_task_that_is_alive(rig: &dyn Rig) {
    rig.run(unique(1, "x"), Verdict::Keep).await;
    rig.insert(&[unique(2, "x"), unique(3, "y"), NewTask { uniq_hash: None, ..unique(4, "x") }]).await;
    let hash = unique(5, "x").uniq_hash.unwrap();
    assert_eq!(remove(rig, Removal::Unique(hash.clone())).await, 1);
    assert_eq!(rig.all().await, [4, 3, 1]);
    assert_eq!(remove(rig, Removal::Unique(hash)).await, 0);
}

/// The result of its run is refused.
pub async fn a_task_is_removed_even_while_it_runs(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).delay(HOUR), task(3).delay(HOUR)]).await;
    let worker = rig.worker().await;
    let running = rig.claim_one(worker).await;
    assert_eq!(remove(rig, Removal::Id(id(1))).await, 1);
    assert_eq!(remove(rig, Removal::Id(id(1))).await, 0);
    // A change may remove as well, on every store.
    assert_eq!([rig.change(3, Change::Remove).await, rig.change(3, Change::Remove).await], [true, false]);
    assert!(!rig.finish(worker, &running, Verdict::Keep).await);
    assert_eq!(rig.all().await, [2]);
    assert_eq!(rig.state(2).await, FangTaskState::New);
}
