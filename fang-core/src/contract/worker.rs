use super::acts::{HOUR, task};
use super::{LEASE, Rig};
use crate::store::{Beat, Prune, WorkerId};

/// What a heartbeat tells of oneself and of others.
fn seen(beat: Beat) -> (bool, bool) {
    (beat.is_alive, beat.has_suspects)
}

/// A heartbeat keeps a worker alive as long as it comes within the lease.
pub async fn a_worker_that_beats_is_alive_and_no_suspect(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    for _ in 0..4 {
        rig.advance(LEASE / 2).await;
        assert!(rig.beat(worker).await.is_alive);
        assert_eq!(seen(rig.beat(other).await), (true, false));
    }
}

/// Others tell that it is suspect; it does not suspect itself, and is not dead before somebody says so.
pub async fn a_silent_worker_is_a_suspect_after_its_lease(rig: &dyn Rig) {
    let (worker, silent) = (rig.worker().await, rig.worker().await);
    rig.advance(LEASE / 2).await;
    assert_eq!(seen(rig.beat(worker).await), (true, false));
    rig.advance(LEASE).await;
    assert_eq!(seen(rig.beat(worker).await), (true, true));
    assert_eq!(seen(rig.beat(silent).await), (true, false));
    assert_eq!(seen(rig.beat(worker).await), (true, false));
}

/// After a stall it knows by this that it was no better than those it would declare dead.
pub async fn a_heartbeat_tells_how_long_the_worker_was_silent(rig: &dyn Rig) {
    let worker = rig.worker().await;
    rig.beat(worker).await;
    rig.advance(LEASE * 3).await;
    let silent_for = rig.beat(worker).await.silent_for;
    assert!(silent_for >= LEASE * 3 && silent_for < LEASE * 4, "{silent_for:?}");
    assert!(rig.beat(worker).await.silent_for < LEASE);
}

/// Silence is a death only while others were heard all the time.
pub async fn a_heartbeat_tells_how_long_beats_have_come_without_a_gap(rig: &dyn Rig) {
    let (worker, other) = (rig.worker().await, rig.worker().await);
    rig.advance(LEASE * 3).await;
    assert!(rig.beat(worker).await.well_for < LEASE / 4, "nobody was heard");
    for _ in 0..4 {
        rig.advance(LEASE / 3).await;
        rig.beat(other).await;
    }
    let well_for = rig.beat(worker).await.well_for;
    assert!(well_for >= LEASE && well_for < LEASE * 2, "another was heard: {well_for:?}");
    rig.advance(LEASE).await;
    assert!(rig.beat(other).await.well_for < LEASE / 4, "there was a gap");
}

/// It finds that out with its next heartbeat, and none revives it.
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

/// Whoever stopped in good order is no suspect.
pub async fn a_retired_worker_is_dead_at_once(rig: &dyn Rig) {
    let (worker, gone) = (rig.worker().await, rig.worker().await);
    rig.retire(gone).await;
    rig.retire(gone).await;
    assert!(!rig.beat(gone).await.is_alive);
    rig.advance(LEASE * 2).await;
    assert_eq!(seen(rig.beat(worker).await), (true, false));
    assert_eq!(rig.rescue().await.buried, 0);
}

/// Nobody registered it.
pub async fn an_unknown_worker_is_not_alive(rig: &dyn Rig) {
    assert!(!rig.beat(WorkerId(999_999)).await.is_alive);
    rig.retire(WorkerId(999_999)).await;
}

/// Not even once the dead are forgotten, so that a restarted process is never taken for one that died.
pub async fn the_id_of_a_worker_is_never_used_again(rig: &dyn Rig) {
    let mut ids = vec![rig.worker().await, rig.worker().await];
    for id in ids.clone() {
        rig.retire(id).await;
    }
    rig.advance(HOUR * 2).await;
    rig.store().prune(&Prune { older_than: Some(HOUR), limit: 10 }).await.unwrap();
    assert!(!rig.beat(ids[1]).await.is_alive, "forgotten is dead");
    ids.extend([rig.worker().await, rig.worker().await]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
