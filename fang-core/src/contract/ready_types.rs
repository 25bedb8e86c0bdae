use super::Rig;
use super::acts::{HOUR, MINUTE, task};
use crate::new_task::NewTask;
use crate::store::{Pause, ReadyLook, ReadyTypes};
use crate::task::Mode::{self, Any, Asynk, Blocking};
use crate::task::Priority;
use std::time::Duration;

fn of(n: u128, task_type: &str, mode: Mode) -> NewTask {
    NewTask { task_type: task_type.to_owned(), mode, ..task(n) }
}

async fn look(rig: &dyn Rig, mode: Mode, within: Duration) -> ReadyTypes {
    let look = ReadyLook { mode, from: String::new(), within, limit: 1_000 };
    let mut ready = rig.store().ready_types(&look).await.unwrap();
    ready.due.sort();
    ready
}

/// Whatever the priorities of the tasks, and of the modes that a pool may claim.
pub async fn a_look_finds_the_task_types_with_tasks_that_a_pool_could_claim(rig: &dyn Rig) {
    rig.insert(&[
        of(1, "asynk", Asynk),
        of(2, "asynk", Asynk).priority(Priority::Low),
        of(3, "any", Any).priority(Priority::Low),
        of(4, "blocking", Blocking),
        of(5, "both", Asynk).delay(HOUR).priority(Priority::Urgent),
        of(6, "both", Blocking),
        of(7, "", Asynk).priority(Priority::Urgent),
    ])
    .await;
    assert_eq!(look(rig, Asynk, MINUTE).await.due, ["", "any", "asynk"]);
    assert_eq!(look(rig, Blocking, MINUTE).await.due, ["any", "blocking", "both"]);
    let worker = rig.worker().await;
    rig.claim(worker, 10).await;
    let first = look(rig, Asynk, MINUTE).await;
    assert!(first.later.is_empty() && first.next.is_none(), "{first:?}");
}

/// The earliest task of each type counts.
pub async fn a_look_tells_when_tasks_become_due(rig: &dyn Rig) {
    rig.insert(&[
        of(1, "soon", Asynk).delay(MINUTE * 2),
        of(2, "soon", Asynk).delay(MINUTE),
        of(3, "late", Asynk).delay(HOUR * 2),
        of(4, "other", Blocking).delay(MINUTE),
    ])
    .await;
    let ready = look(rig, Asynk, HOUR).await;
    assert_eq!(ready.due, [""; 0]);
    let [(name, delay)] = &ready.later[..] else { panic!("{ready:?}") };
    assert!(name == "soon" && *delay <= MINUTE && *delay > MINUTE / 2, "{ready:?}");
    rig.advance(HOUR).await;
    assert_eq!(look(rig, Asynk, HOUR).await.due, ["soon"]);
}

/// A pool hears when it is resumed.
pub async fn a_look_passes_over_paused_task_types(rig: &dyn Rig) {
    rig.insert(&[of(1, "mails", Asynk), of(2, "mails", Any).delay(MINUTE), of(3, "news", Asynk)]).await;
    rig.pause("mails", Pause::Begin).await;
    let ready = look(rig, Asynk, HOUR).await;
    assert_eq!((ready.due, ready.later), (vec!["news".to_owned()], vec![]));
    rig.pause("mails", Pause::End).await;
    assert_eq!(look(rig, Asynk, HOUR).await.due, ["mails", "news"]);
}

/// However many there are.
pub async fn task_types_with_tasks_are_found_look_by_look(rig: &dyn Rig) {
    let names: Vec<String> = (10..60).map(|n| format!("type {n}")).collect();
    let tasks: Vec<_> = names.iter().zip(1..).map(|(name, n)| of(n, name, Asynk)).collect();
    rig.insert(&tasks).await;
    let (mut from, mut found, mut looks) = (Some(String::new()), Vec::new(), 0);
    while let Some(first) = from {
        let look = ReadyLook { mode: Asynk, from: first, within: MINUTE, limit: 20 };
        let ready = rig.store().ready_types(&look).await.unwrap();
        found.extend(ready.due);
        (from, looks) = (ready.next, looks + 1);
        assert!(looks < 10, "looks go on and on");
    }
    assert!(looks > 1, "a look has a limit");
    found.sort();
    found.dedup();
    assert_eq!(found, names);
}
