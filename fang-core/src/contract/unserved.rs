use super::Rig;
use super::acts::{HOUR, MINUTE, task};
use crate::new_task::NewTask;
use crate::store::{Pause, Unserved, WorkerId};
use crate::task::Mode::{self, Any, Asynk, Blocking};

async fn look(rig: &dyn Rig) -> Unserved {
    rig.store().unserved("", 100).await.unwrap()
}

async fn found(rig: &dyn Rig) -> Vec<(String, Mode)> {
    let mut found: Vec<_> = look(rig).await.unserved.into_iter().map(|of| (of.task_type, of.mode)).collect();
    found.sort_by_key(|(task_type, mode)| (task_type.clone(), *mode as i16));
    found
}

fn named(expected: &[(&str, Mode)]) -> Vec<(String, Mode)> {
    expected.iter().map(|(task_type, mode)| ((*task_type).to_owned(), *mode)).collect()
}

async fn worker(rig: &dyn Rig, mode: &str, task_types: &[&str]) -> WorkerId {
    let info = serde_json::json!({ "mode": mode, "task_types": task_types });
    rig.store().register(&info.to_string()).await.unwrap()
}

fn of(n: u128, task_type: &str, mode: Mode) -> NewTask {
    NewTask { task_type: task_type.to_owned(), mode, ..task(n) }
}

/// A worker serves its task types for tasks of its own mode, and for tasks of any mode.
pub async fn task_types_that_no_worker_serves_are_found_after_a_minute(rig: &dyn Rig) {
    let modes = [Any, Asynk, Blocking];
    let tasks = ["mails", "mials"].iter().flat_map(|task_type| modes.map(|mode| (*task_type, mode)));
    let tasks: Vec<_> = tasks.zip(1..).map(|((task_type, mode), n)| of(n, task_type, mode)).collect();
    rig.insert(&tasks).await;
    worker(rig, "asynk", &["news", "mails"]).await;
    // A worker that does not say what it serves.
    rig.worker().await;
    assert_eq!(found(rig).await, []);
    rig.advance(MINUTE * 2).await;
    let expected = [("mails", Blocking), ("mials", Any), ("mials", Asynk), ("mials", Blocking)];
    assert_eq!(found(rig).await, named(&expected));
    let mut served = look(rig).await.served;
    served.sort();
    assert_eq!(served, ["mails", "news"]);
    worker(rig, "blocking", &["mials", "mails"]).await;
    assert_eq!(found(rig).await, named(&[("mials", Asynk)]));
}

/// Of its mode: all that there are, or more than its row has room for.
pub async fn a_worker_that_may_serve_all_task_types_serves_those_that_it_does_not_list(rig: &dyn Rig) {
    rig.insert(&[of(1, "mails", Asynk), of(2, "mails", Blocking), of(3, "news", Any)]).await;
    rig.advance(MINUTE * 2).await;
    assert_eq!(found(rig).await.len(), 3);
    for more in [serde_json::json!({ "all_task_types": true }), serde_json::json!({ "more_task_types": 9 })] {
        let mut info = serde_json::json!({ "mode": "asynk", "task_types": ["feeds"] });
        info.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let worker = rig.store().register(&info.to_string()).await.unwrap();
        let open = look(rig).await;
        assert!(open.is_open && open.unserved.len() == 1, "{open:?}");
        assert_eq!(found(rig).await, named(&[("mails", Blocking)]));
        rig.retire(worker).await;
        rig.advance(MINUTE * 2).await;
        assert_eq!(found(rig).await.len(), 3);
    }
}

/// A pool that is restarted is away for a short time only.
pub async fn a_task_type_stays_served_for_a_minute_after_its_worker_died(rig: &dyn Rig) {
    let worker = worker(rig, "asynk", &["mails"]).await;
    rig.insert(&[of(1, "mails", Asynk)]).await;
    rig.advance(MINUTE * 2).await;
    rig.retire(worker).await;
    assert_eq!(found(rig).await, []);
    rig.advance(MINUTE * 2).await;
    assert_eq!(found(rig).await, named(&[("mails", Asynk)]));
}

/// Whatever the priority of the tasks that are due.
pub async fn tasks_that_are_not_due_need_no_worker(rig: &dyn Rig) {
    let failed = crate::store::Verdict::Fail { error: "no".to_owned() };
    rig.run(task(1), failed).await;
    rig.insert(&[task(2)]).await;
    let running = rig.worker().await;
    rig.claim_one(running).await;
    rig.insert(&[of(3, "later", Asynk).delay(HOUR)]).await;
    rig.insert(&[of(4, "low", Asynk).priority(crate::task::Priority::Low)]).await;
    rig.advance(MINUTE * 2).await;
    assert_eq!(found(rig).await, named(&[("low", Asynk)]));
}

/// They wait on purpose.
pub async fn a_paused_task_type_needs_no_worker(rig: &dyn Rig) {
    rig.insert(&[of(1, "mails", Asynk)]).await;
    rig.advance(MINUTE * 2).await;
    rig.pause("mails", Pause::Begin).await;
    assert_eq!(found(rig).await, []);
    rig.pause("mails", Pause::End).await;
    assert_eq!(found(rig).await, named(&[("mails", Asynk)]));
}

/// A call looks at a few of them, however many there are.
pub async fn unserved_task_types_are_found_call_by_call(rig: &dyn Rig) {
    let names = ["a", "b", "c", "d", "e"];
    let tasks: Vec<_> = names.iter().zip(1..).map(|(name, n)| of(n, name, Asynk)).collect();
    rig.insert(&tasks).await;
    rig.advance(MINUTE * 2).await;
    let (mut from, mut found) = (Some(String::new()), Vec::new());
    while let Some(task_type) = from {
        let looked = rig.store().unserved(&task_type, 2).await.unwrap();
        assert!(looked.unserved.len() <= 2, "{looked:?}");
        found.extend(looked.unserved.into_iter().map(|of| of.task_type));
        assert!(found.len() <= names.len(), "a task type was found twice: {found:?}");
        from = looked.next;
    }
    assert_eq!(found, names);
}
