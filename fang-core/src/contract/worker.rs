use super::acts::{HOUR, task};
use super::{LEASE, Rig};
use crate::store::{Beat, Prune, WorkerId};

/// Whether the worker is alive, and whether others are suspected to be dead.
fn seen(beat: Beat) -> (bool, bool) {
    (beat.is_alive, beat.has_suspects)
}

/// No other worker sees it as silent.
pub async fn a_worker_that_beats_within_its_lease_is_alive(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    for _ in 0..4 {
        rig.advance(LEASE / 2).await;
        assert!(rig.beat(worker).await.is_alive);
        assert_eq!(seen(rig.beat(other).await), (true, false));
    }
}

/// A silent worker does not report itself, and stays alive until a rescue declares it dead.
pub async fn a_heartbeat_reports_other_workers_that_were_silent_for_a_lease(rig: &dyn Rig) {
    let (worker, silent) = (rig.worker().await, rig.worker().await);
    rig.advance(LEASE / 2).await;
    assert_eq!(seen(rig.beat(worker).await), (true, false));
    rig.advance(LEASE).await;
    assert_eq!(seen(rig.beat(worker).await), (true, true));
    assert_eq!(seen(rig.beat(silent).await), (true, false));
    assert_eq!(seen(rig.beat(worker).await), (true, false));
}

/// A worker that stalled must not declare others dead for the same silence.
pub async fn a_heartbeat_tells_how_long_the_worker_was_silent(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.beat(worker).await;
    rig.advance(LEASE * 3).await;
    let silent_for = rig.beat(worker).await.silent_for;
    assert!(silent_for >= LEASE * 3 && silent_for < LEASE * 4, "{silent_for:?}");
    assert!(rig.beat(worker).await.silent_for < LEASE);
}

/// Silence counts as a death only if other workers beat all that time.
pub async fn a_heartbeat_tells_how_long_beats_have_come_without_a_gap(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    rig.advance(LEASE * 3).await;
    assert!(rig.beat(worker).await.well_for < LEASE / 4, "no worker beat all that time");
    for _ in 0..4 {
        rig.advance(LEASE / 3).await;
        rig.beat(other).await;
    }
    let well_for = rig.beat(worker).await.well_for;
    assert!(well_for >= LEASE && well_for < LEASE * 2, "another worker beat all that time: {well_for:?}");
    rig.advance(LEASE).await;
    assert!(rig.beat(other).await.well_for < LEASE / 4, "no worker beat for a lease");
}

/// It learns this with its next heartbeat, and no heartbeat revives it.
pub async fn a_worker_that_was_declared_dead_stays_dead(rig: &dyn Rig) {
    let silent = rig.worker().await;
    rig.advance(LEASE * 2).await;
    let worker = rig.worker().await;
    assert_eq!(rig.rescue().await.buried, 1);
    for _ in 0..2 {
        assert!(!rig.beat(silent).await.is_alive);
    }
    rig.insert(&[task(1)]).await;
    assert_eq!(rig.claim(silent, 10).await, []);
    assert_eq!(seen(rig.beat(worker).await), (true, false));
}

/// No rescue has to declare it dead.
pub async fn a_retired_worker_is_dead_at_once(rig: &dyn Rig) {
    let (worker, gone) = (rig.worker().await, rig.worker().await);
    rig.retire(gone).await;
    rig.retire(gone).await;
    assert!(!rig.beat(gone).await.is_alive);
    rig.advance(LEASE * 2).await;
    assert_eq!(seen(rig.beat(worker).await), (true, false));
    assert_eq!(rig.rescue().await.buried, 0);
}

/// It never registered.
pub async fn an_unknown_worker_is_not_alive(rig: &dyn Rig) {
    assert!(!rig.beat(WorkerId(999_999)).await.is_alive);
    rig.retire(WorkerId(999_999)).await;
}

/// Not even after a prune has removed the dead worker. A new process is never mistaken for a dead one.
pub async fn the_id_of_a_worker_is_never_used_again(rig: &dyn Rig) {
    let mut ids = vec![rig.worker().await, rig.worker().await];
    for id in ids.clone() {
        rig.retire(id).await;
    }
    rig.advance(HOUR * 2).await;
    rig.store().prune(&Prune { older_than: Some(HOUR), limit: 10 }).await.unwrap();
    assert!(!rig.beat(ids[1]).await.is_alive, "a worker that was pruned is dead");
    ids.extend([rig.worker().await, rig.worker().await]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
