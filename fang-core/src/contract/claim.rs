use super::Rig;
use super::acts::{HOUR, MINUTE, numbers, task};
use crate::new_task::NewTask;
use crate::scan::{ScanRanges, Start};
use crate::store::{DbInstant, ScanRange};
use crate::task::{DEFAULT_TASK_TYPE, FangTaskState, Mode, Priority};

/// The claim also moves the row to `in_progress`.
pub async fn a_claim_returns_every_field_that_a_run_needs(rig: &dyn Rig) {
    rig.insert(&[task(1).priority(Priority::High)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    let payload: serde_json::Value = serde_json::from_str(&claimed.metadata).unwrap();
    assert_eq!(payload, serde_json::json!({ "type": "Contract", "n": 1 }));
    assert_eq!((claimed.lease, claimed.retries, claimed.crashes), (1, 0, 0));
    assert_eq!((claimed.mode, claimed.priority), (Mode::Asynk, Priority::High));
    assert_eq!(claimed.unknown_for, None);
    let kept = rig.find(1).await;
    assert_eq!((kept.state, kept.lease), (FangTaskState::InProgress, 1));
    assert_eq!(claimed.scheduled_at, DbInstant::from(kept.scheduled_at));
}

/// The most urgent tasks come first. Among tasks of one priority, the earliest due comes first.
pub async fn tasks_are_claimed_by_priority_and_then_by_time(rig: &dyn Rig) {
    let now = rig.now().await;
    let ago = |n, priority, minutes| task(n).priority(priority).at(now - MINUTE * minutes);
    rig.insert(&[
        ago(1, Priority::Low, 60),
        ago(2, Priority::Normal, 1),
        ago(3, Priority::Urgent, 2),
        ago(4, Priority::Normal, 5),
        ago(5, Priority::High, 3),
        ago(6, Priority::Urgent, 9),
    ])
    .await;
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 3).await), [6, 3, 5], "the first claim");
    assert_eq!(numbers(&rig.claim(worker, 3).await), [4, 2, 1], "the second claim");
}

/// Pools let one claim in sixteen begin with the least urgent range.
pub async fn an_upward_claim_begins_with_the_least_urgent_task(rig: &dyn Rig) {
    rig.insert(&[task(1).priority(Priority::Urgent), task(2).priority(Priority::Low)]).await;
    let worker = rig.worker().await;
    let ranges = ScanRanges::new(Mode::Asynk).in_order(true, Start::Beginning);
    assert_eq!(numbers(&rig.claim_from(worker, DEFAULT_TASK_TYPE, &ranges, 1).await), [2]);
}

/// The limit is for all ranges together.
pub async fn a_claim_takes_no_more_than_its_limit(rig: &dyn Rig) {
    let tasks: Vec<_> =
        (1..=5).map(|n| task(n).priority(if n % 2 == 0 { Priority::High } else { Priority::Low })).collect();
    rig.insert(&tasks).await;
    let worker = rig.worker().await;
    for expected in [3, 2, 0] {
        assert_eq!(rig.claim(worker, 3).await.len(), expected);
    }
}

/// A claim without the floor finds it.
pub async fn a_task_below_the_floor_of_its_scan_range_is_not_claimed(rig: &dyn Rig) {
    let now = rig.now().await;
    rig.insert(&[task(1).at(now - MINUTE * 3), task(2).at(now - MINUTE * 2), task(3).at(now - MINUTE)]).await;
    let worker = rig.worker().await;
    let floor = DbInstant::from(now - MINUTE * 2);
    let range = ScanRange { mode: Mode::Asynk, priority: Priority::Normal, floor, is_shared: false };
    let mut above = numbers(&rig.claim_from(worker, DEFAULT_TASK_TYPE, &[range], 10).await);
    above.sort_unstable();
    assert_eq!(above, [2, 3], "a task that is due at the floor is in the range");
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1]);
}

/// A claim may name fewer ranges than there are.
pub async fn a_claim_takes_tasks_from_its_scan_ranges_only(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2).priority(Priority::High)]).await;
    let worker = rig.worker().await;
    let range =
        ScanRange { mode: Mode::Asynk, priority: Priority::High, floor: DbInstant::MIN, is_shared: false };
    assert_eq!(numbers(&rig.claim_from(worker, DEFAULT_TASK_TYPE, &[range], 10).await), [2]);
    assert_eq!(numbers(&rig.claim_from(worker, DEFAULT_TASK_TYPE, &[], 10).await), []);
}

/// Tokio workers get no blocking tasks, and threads get no async tasks.
pub async fn a_claim_for_one_mode_never_gets_tasks_of_the_other(rig: &dyn Rig) {
    rig.insert(&[task(1), NewTask { mode: Mode::Blocking, ..task(2) }]).await;
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim_of(worker, DEFAULT_TASK_TYPE, Mode::Blocking, 10).await), [2]);
    assert_eq!(numbers(&rig.claim_of(worker, DEFAULT_TASK_TYPE, Mode::Asynk, 10).await), [1]);
}

/// Rows of versions before modes existed have none.
pub async fn a_task_without_a_mode_can_be_claimed_for_either(rig: &dyn Rig) {
    rig.insert(&[1, 2].map(|n| NewTask { mode: Mode::Any, ..task(n) })).await;
    let worker = rig.worker().await;
    for mode in [Mode::Blocking, Mode::Asynk] {
        let claimed = rig.claim_of(worker, DEFAULT_TASK_TYPE, mode, 1).await;
        assert_eq!(claimed.iter().map(|task| task.mode).collect::<Vec<_>>(), [Mode::Any], "for {mode:?}");
    }
}

/// Task types are compared exactly: a prefix or another case is another task type.
pub async fn a_claim_of_another_task_type_gets_nothing(rig: &dyn Rig) {
    rig.insert(&[task(1).task_type("mail")]).await;
    let worker = rig.worker().await;
    for other in ["common", "mai", "mails", "Mail", "mail "] {
        assert_eq!(numbers(&rig.claim_of(worker, other, Mode::Asynk, 10).await), [], "{other:?}");
    }
    assert_eq!(numbers(&rig.claim_of(worker, "mail", Mode::Asynk, 10).await), [1]);
}

/// The time may be given as a delay or as an instant.
pub async fn a_future_task_waits_for_its_time(rig: &dyn Rig) {
    let at = rig.now().await + HOUR * 2;
    rig.insert(&[task(1).delay(HOUR), task(2).at(at)]).await;
    let worker = rig.worker().await;
    for expected in [vec![], vec![1], vec![2]] {
        assert_eq!(numbers(&rig.claim(worker, 10).await), expected);
        rig.advance(HOUR).await;
    }
}

/// Quotes, blanks and characters of four bytes are allowed.
pub async fn a_task_type_may_be_any_text(rig: &dyn Rig) {
    let longest = "🦀".repeat(63) + "xyz";
    let names = ["it's", "\"; DROP TABLE fang_tasks; --", "🦀", "%", "a\\b", " ", longest.as_str()];
    let tasks: Vec<_> = (1..).zip(names).map(|(n, name)| task(n).task_type(name)).collect();
    rig.insert(&tasks).await;
    let worker = rig.worker().await;
    for (n, name) in (1..).zip(names) {
        assert_eq!(numbers(&rig.claim_of(worker, name, Mode::Asynk, 10).await), [n], "{name:?}");
        assert_eq!(rig.find(n).await.task_type, name);
    }
}
