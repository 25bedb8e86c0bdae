use super::Rig;
use super::acts::{HOUR, MINUTE, task};
use crate::new_task::NewTask;
use crate::store::{Pause, WorkerId};
use crate::task::{DEFAULT_TASK_TYPE, Mode, Priority};
use std::time::Duration;

/// Claims with this limit, and checks that the next task is due in about this many hours, unless the store tells
/// nothing at all.
async fn next_is_in(rig: &dyn Rig, worker: WorkerId, limit: usize, within: Duration, hours: Option<u32>) {
    let next = rig.claim_and_look_ahead(worker, limit, within).await.1;
    if tells(rig, worker).await {
        let is_about =
            |next: Duration| hours.is_some_and(|hours| next <= HOUR * hours && next + MINUTE > HOUR * hours);
        assert!(next.map_or(hours.is_none(), is_about), "{next:?} is not {hours:?} h");
    }
}

/// Whether the store tells when the next task becomes due. By default it does not.
async fn tells(rig: &dyn Rig, worker: WorkerId) -> bool {
    const FAR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
    rig.insert(&[task(999).delay(FAR - HOUR)]).await;
    rig.claim_and_look_ahead(worker, 1, FAR).await.1.is_some()
}

/// Tasks that are due already do not count. The store may tell nothing.
pub async fn a_claim_tells_when_the_next_task_of_its_ranges_becomes_due(rig: &dyn Rig) {
    let worker = rig.worker().await;
    let at = rig.now().await + HOUR * 2;
    rig.insert(&[
        task(1),
        task(2).at(at).priority(Priority::Low),
        task(3).delay(HOUR * 3).priority(Priority::Urgent),
        task(4).delay(HOUR).task_type("mail"),
        NewTask { mode: Mode::Blocking, ..task(5).delay(HOUR) },
    ])
    .await;
    assert_eq!(
        rig.claim_and_look_ahead(worker, 10, HOUR).await,
        (vec![1], None),
        "none is due within an hour"
    );
    next_is_in(rig, worker, 10, HOUR * 5, Some(2)).await;
    rig.insert(&[NewTask { mode: Mode::Any, ..task(6).delay(HOUR) }]).await;
    next_is_in(rig, worker, 10, HOUR * 5, Some(1)).await;
}

/// The pool claims again at once then.
pub async fn a_full_claim_does_not_tell_when_the_next_task_becomes_due(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.insert(&[task(1), task(2).delay(HOUR)]).await;
    assert_eq!(rig.claim_and_look_ahead(worker, 1, HOUR * 5).await, (vec![1], None));
    next_is_in(rig, worker, 1, HOUR * 5, Some(1)).await;
}

/// Else the pool of a retired worker would look again and again.
pub async fn a_retired_worker_is_not_told_when_the_next_task_becomes_due(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.insert(&[task(1).delay(HOUR)]).await;
    rig.retire(worker).await;
    assert_eq!(rig.claim_and_look_ahead(worker, 10, HOUR * 5).await, (vec![], None));
}

/// A pool hears when it is resumed.
pub async fn the_next_task_of_a_paused_task_type_is_not_told(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.insert(&[task(1), task(2).delay(HOUR)]).await;
    rig.pause(DEFAULT_TASK_TYPE, Pause::Begin).await;
    assert_eq!(rig.claim_and_look_ahead(worker, 10, HOUR * 5).await, (vec![], None));
    rig.pause(DEFAULT_TASK_TYPE, Pause::End).await;
    assert_eq!(rig.claim_and_look_ahead(worker, 10, Duration::from_secs(1)).await, (vec![1], None));
    next_is_in(rig, worker, 10, HOUR * 5, Some(1)).await;
}
