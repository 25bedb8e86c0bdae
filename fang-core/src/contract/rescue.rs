use super::acts::{Fates, HOUR, MINUTE, RESCUE, both, numbers, task};
use super::{LEASE, Rig};
use crate::new_task::Due;
use crate::notify::{Registration, Topic};
use crate::store::{Change, Claimed, Disown, Rescue, RescuedTask, Verdict};
use crate::task::{FangTaskState, Priority};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const NOTHING: Fates = Fates { buried: 0, retried: 0, failed: 0 };

/// Its process died. This charges a crash and no retry.
pub async fn the_tasks_of_a_silent_worker_are_rescued_after_its_lease(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let silent = rig.worker().await;
    rig.claim_one(silent).await;
    rig.advance(LEASE / 2).await;
    assert_eq!(rig.rescue().await, NOTHING, "within the lease");
    assert_eq!(rig.state(1).await, FangTaskState::InProgress);
    rig.advance(LEASE).await;
    assert_eq!(rig.rescue().await, Fates { buried: 1, retried: 1, failed: 0 });
    let back = rig.find(1).await;
    assert_eq!((back.state, back.crashes), (FangTaskState::Retried, 1));
    assert_eq!((back.retries, back.lease, back.error_message), (0, 1, None), "a crash is no retry");
    let next = rig.worker().await;
    let again = rig.claim_one(next).await;
    assert_eq!((again.crashes, again.retries, again.lease), (1, 0, 2));
}

/// A task may run longer than a lease, while its worker beats.
pub async fn the_tasks_of_a_living_worker_are_never_rescued(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let worker = rig.worker().await;
    let claimed = rig.claim_one(worker).await;
    for _ in 0..6 {
        rig.advance(LEASE / 2).await;
        assert!(rig.beat(worker).await.is_alive);
        assert_eq!(rig.rescue().await, NOTHING);
    }
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
}

/// Tasks of other workers go on.
pub async fn the_tasks_of_a_retired_worker_are_rescued_at_once(rig: &dyn Rig) {
    rig.insert(&[task(1), task(2)]).await;
    let (gone, worker) = (rig.worker().await, rig.worker().await);
    assert_eq!(rig.claim(gone, 1).await.len(), 1);
    let other = rig.claim_one(worker).await;
    rig.retire(gone).await;
    assert_eq!(rig.rescue().await, Fates { buried: 0, retried: 1, failed: 0 });
    assert_eq!(
        rig.state(other.id.as_u128()).await,
        FangTaskState::InProgress,
        "the task of the living worker"
    );
}

/// A task that kills its process must not kill every process, one after the other.
pub async fn a_suspect_whose_process_died_too_often_fails(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    for (retried, failed) in [(1, 0), (1, 0), (0, 1)] {
        let worker = rig.worker().await;
        let claimed = rig.claim_one(worker).await;
        assert!(rig.suspect(worker, &claimed).await);
        rig.retire(worker).await;
        assert_eq!(rig.rescue().await, Fates { buried: 0, retried, failed });
    }
    let dead = rig.find(1).await;
    assert_eq!((dead.state, dead.crashes, dead.retries, dead.lease), (FangTaskState::Failed, 3, 0, 3));
    assert_eq!(dead.error_message.as_deref(), Some("the process that ran it died 3 times"));
}

/// All workers may have been silent because of an outage. After a beat of its own it may.
pub async fn a_worker_that_was_silent_itself_declares_no_worker_dead(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let (silent, other) = (rig.worker().await, rig.worker().await);
    rig.claim_one(silent).await;
    rig.advance(LEASE * 2).await;
    let rescue = Rescue { by: Some(other), ..RESCUE };
    assert_eq!(Fates::from(&rig.store().rescue(&rescue).await.unwrap()), NOTHING);
    rig.beat(other).await;
    let rescued = Fates { buried: 1, retried: 1, failed: 0 };
    assert_eq!(Fates::from(&rig.store().rescue(&rescue).await.unwrap()), rescued);
}

/// Another task of the same process may have killed it.
pub async fn a_task_that_is_no_suspect_never_fails_for_the_death_of_its_process(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    for crashes in [1, 2, 2, 2] {
        let worker = rig.worker().await;
        rig.claim_one(worker).await;
        rig.retire(worker).await;
        assert_eq!(rig.rescue().await, Fates { buried: 0, retried: 1, failed: 0 });
        assert_eq!(rig.find(1).await.crashes, crashes);
    }
}

/// The task did not kill its process, or was not run.
pub async fn any_result_ends_the_suspicion(rig: &dyn Rig) {
    let (worker, next) = (rig.worker().await, rig.worker().await);
    let verdicts = [
        Verdict::Retry { delay: Duration::ZERO, error: "no".to_owned() },
        Verdict::Release { delay: Duration::ZERO, has_begun: false },
        Verdict::Unknown { delay: Duration::ZERO, error: "no".to_owned() },
    ];
    for (n, verdict) in (1..).zip(verdicts) {
        rig.insert(&[task(n)]).await;
        for _ in 0..2 {
            let gone = rig.worker().await;
            rig.claim_one(gone).await;
            rig.retire(gone).await;
            rig.rescue().await;
        }
        let claimed = rig.claim_one(worker).await;
        assert!(rig.suspect(worker, &claimed).await);
        assert_eq!(rig.find(n).await.crashes, 2);
        assert!(rig.finish(worker, &claimed, verdict).await);
        let again = rig.claim_one(next).await;
        assert_eq!(again.crashes, 2);
        assert!(rig.finish(next, &again, Verdict::Remove).await);
    }
}

/// Listeners of the pool hear of each task.
pub async fn a_rescue_tells_what_became_of_each_task(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let mut errors = Vec::new();
    for _ in 0..3 {
        let worker = rig.worker().await;
        let claimed = rig.claim_one(worker).await;
        assert!(rig.suspect(worker, &claimed).await);
        rig.retire(worker).await;
        let rescued = rig.store().rescue(&RESCUE).await.unwrap();
        assert_eq!(rescued.tasks, [RescuedTask::of(&rig.find(1).await)], "as its row says");
        errors.push(rescued.tasks[0].error.clone());
    }
    let last = "the process that ran it died 3 times".to_owned();
    assert_eq!(errors, [None, None, Some(last)]);
}

/// The worker and the lease must match, as for a result.
pub async fn only_the_worker_that_claimed_a_task_can_mark_it_a_suspect(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let (worker, other) = (rig.worker().await, rig.worker().await);
    let claimed = rig.claim_one(worker).await;
    assert!(!rig.suspect(other, &claimed).await);
    assert!(!rig.suspect(worker, &Claimed { lease: 7, ..claimed.clone() }).await);
    assert!(rig.suspect(worker, &claimed).await);
    assert!(rig.finish(worker, &claimed, Verdict::Keep).await);
    assert!(!rig.suspect(worker, &claimed).await, "it is over");
}

/// Any process may rescue at any time.
pub async fn a_repeated_rescue_changes_nothing(rig: &dyn Rig) {
    rig.insert(&[task(1)]).await;
    let silent = rig.worker().await;
    rig.claim_one(silent).await;
    rig.advance(LEASE * 2).await;
    rig.rescue().await;
    let before = rig.find(1).await;
    for _ in 0..2 {
        assert_eq!(rig.rescue().await, NOTHING);
    }
    assert!(rig.find(1).await == before);
}

/// Each task is taken back by one of them.
pub async fn two_rescues_at_once_charge_one_crash(rig: &dyn Rig) {
    let tasks: Vec<_> = (1..=50).map(task).collect();
    rig.insert(&tasks).await;
    let silent = rig.worker().await;
    assert_eq!(rig.claim(silent, 100).await.len(), 50);
    rig.advance(LEASE * 2).await;
    let [one, other] = both(rig.rescue(), rig.rescue()).await;
    assert_eq!((one.buried + other.buried, one.retried + other.retried), (1, 50));
    for n in 1..=50 {
        assert_eq!(rig.find(n).await.crashes, 1);
    }
}

/// It is due since the same instant as before the crash.
pub async fn a_rescued_task_keeps_its_place(rig: &dyn Rig) {
    let now = rig.now().await;
    rig.insert(&[task(1).at(now - HOUR)]).await;
    let gone = rig.worker().await;
    rig.claim_one(gone).await;
    rig.retire(gone).await;
    rig.insert(&[task(2).at(now - MINUTE)]).await;
    rig.rescue().await;
    let worker = rig.worker().await;
    assert_eq!(numbers(&rig.claim(worker, 10).await), [1, 2]);
}

/// Tasks that the dead worker had finished or released stay as they are.
pub async fn a_rescue_takes_back_running_tasks_only(rig: &dyn Rig) {
    let worker = rig.worker().await;
    let verdicts = [
        Verdict::Keep,
        Verdict::Fail { error: "no".to_owned() },
        Verdict::Retry { delay: Duration::from_secs(600), error: "no".to_owned() },
        Verdict::Release { delay: Duration::from_secs(600), has_begun: false },
    ];
    for (n, verdict) in (1..).zip(verdicts) {
        rig.insert(&[task(n)]).await;
        let claimed = rig.claim_one(worker).await;
        assert!(rig.finish(worker, &claimed, verdict).await);
    }
    rig.retire(worker).await;
    assert_eq!(rig.rescue().await, NOTHING);
    for n in 1..=4 {
        assert_eq!(rig.find(n).await.crashes, 0);
    }
}

/// The worker knows its first claim of the task, but not the second.
pub async fn a_claim_under_a_newer_lease_than_the_worker_knows_is_given_back(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    rig.insert(&[task(1)]).await;
    let first = rig.claim_one(worker).await;
    assert!(rig.finish(worker, &first, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    rig.claim_one(worker).await;
    assert_eq!(rig.store().disown(&Disown::all_of(worker).but(&[(first.id, first.lease)])).await.unwrap(), 1);
    assert_eq!(rig.claim_one(other).await.lease, 3);
}

/// The answer to a claim may be lost after the claim was saved.
pub async fn a_worker_gives_back_claims_that_it_does_not_know(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    rig.insert(&[task(1), task(2), task(3)]).await;
    let known = rig.claim(worker, 1).await;
    let lost = rig.claim(worker, 1).await;
    let theirs = rig.claim(other, 1).await;
    assert_eq!(
        rig.store().disown(&Disown::all_of(worker).but(&[(known[0].id, known[0].lease)])).await.unwrap(),
        1
    );
    let back = rig.claim_one(other).await;
    assert_eq!(
        (back.id, back.lease, back.retries, back.crashes),
        (lost[0].id, 2, 0, 0),
        "nothing is charged"
    );
    assert!(!rig.finish(worker, &lost[0], Verdict::Remove).await, "the lost claim no longer stands");
    assert!(rig.finish(worker, &known[0], Verdict::Remove).await);
    assert!(rig.finish(other, &theirs[0], Verdict::Remove).await);
    assert_eq!(rig.store().disown(&Disown::all_of(worker)).await.unwrap(), 0);
}

/// Counts the notifications that tasks came back to their places.
fn came_back(rig: &dyn Rig) -> (Registration, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let counter = calls.clone();
    let registration = rig.store().listeners().register(Topic::CameBack, move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    (registration, calls)
}

/// Claims from a scan floor may have passed that place, and rarely look behind it.
pub async fn listeners_are_told_that_a_task_returned_to_its_place(rig: &dyn Rig) {
    let (_registration, calls) = came_back(rig);
    let was_notified = || calls.swap(0, Ordering::SeqCst) > 0;
    let worker = rig.worker().await;
    rig.insert(&[task(1)]).await;

    let claimed = rig.claim_one(worker).await;
    assert!(!was_notified());
    assert!(rig.finish(worker, &claimed, Verdict::Release { delay: Duration::ZERO, has_begun: false }).await);
    assert!(was_notified(), "released");
    rig.claim_one(worker).await;
    rig.store().disown(&Disown::all_of(worker)).await.unwrap();
    assert!(was_notified(), "disowned");
    let claimed = rig.claim_one(worker).await;
    rig.retire(worker).await;
    rig.rescue().await;
    assert!(was_notified(), "rescued");

    let other = rig.worker().await;
    let error = || "no".to_owned();
    for verdict in
        [Verdict::Retry { delay: Duration::ZERO, error: error() }, Verdict::Fail { error: error() }]
    {
        let claimed = rig.claim_one(other).await;
        assert!(rig.finish(other, &claimed, verdict).await);
    }
    assert!(!rig.finish(worker, &claimed, Verdict::Remove).await);
    assert!(!was_notified(), "a retry goes to the end of its range");
}

/// By a new priority or an earlier time. Claims from a scan floor may have passed its new place.
pub async fn listeners_are_told_that_a_task_moved_ahead(rig: &dyn Rig) {
    let (_registration, calls) = came_back(rig);
    let was_notified = || calls.swap(0, Ordering::SeqCst) > 0;
    rig.insert(&[task(1)]).await;
    assert!(!was_notified());
    rig.change(1, Change::Priority(Priority::Urgent)).await;
    assert!(was_notified(), "moved to another scan range");
    rig.change(1, Change::Reschedule(Due::At(rig.now().await - HOUR))).await;
    assert!(was_notified(), "due earlier than before");
}
