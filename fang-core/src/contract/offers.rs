use super::acts::{HOUR, id, task, unique_by};
use super::{LEASE, Rig};
use crate::error::{Nature, StoreError};
use crate::new_task::Due;
use crate::schedule::Cron;
use crate::store::{
    Asked, Change, ChangeMany, CronRemoval, Feature, Filter, Minutes, NewCron, Pause, ReadyLook, Report,
    Tick, Unserved,
};
use crate::task::{Mode, Priority};
use crate::unique::{Replace, Unique};
use std::fmt::Debug;

fn assert_refused<T: Debug>(outcome: Result<T, StoreError>) {
    let error = outcome.expect_err("a feature that is not offered must be refused");
    assert!(matches!(error, StoreError::NotOffered { .. }), "{error}");
    assert_eq!(error.nature(), Nature::Final);
}

/// The call fails with `NotOffered` and changes nothing.
pub async fn a_feature_that_is_not_offered_is_refused(rig: &dyn Rig) {
    rig.insert(&[task(1).delay(HOUR)]).await;
    let before = rig.find(1).await;
    let offers = rig.store().offers();
    for feature in Feature::ALL.into_iter().filter(|feature| !offers.has(*feature)) {
        refuses(rig, feature).await;
    }
    assert!(rig.find(1).await == before);
    assert_eq!(rig.all().await, [1]);
}

async fn refuses(rig: &dyn Rig, feature: Feature) {
    let store = rig.store();
    match feature {
        Feature::Crons => refuses_crons(rig).await,
        Feature::Counts => assert_refused(store.count().await),
        Feature::Retries => {
            assert_refused(store.change(id(1), Change::Retry).await);
        }
        Feature::Reschedules => {
            assert_refused(store.change(id(1), Change::Reschedule(Due::After(HOUR))).await);
            assert_refused(store.change(id(1), Change::Priority(Priority::Low)).await);
        }
        Feature::Cancellations => {
            let worker = rig.worker().await;
            assert_refused(store.change(id(1), Change::Cancel).await);
            assert_eq!(store.cancellations(worker).await.unwrap(), []);
            assert!(!rig.beat(worker).await.has_cancellations);
        }
        Feature::Pauses => {
            assert_refused(store.pause("common", Pause::Begin).await);
            assert_refused(store.pause("common", Pause::End).await);
        }
        // A pool marks suspects on every store, so the call must not fail.
        Feature::Suspects => {}
        Feature::Locks => assert!(store.lock_claims(0).is_none()),
        Feature::Periods => refuses_unique(rig, Unique::key("x").within(HOUR)).await,
        Feature::UntilStarted => refuses_unique(rig, Unique::key("x").until_started()).await,
        Feature::Unserved => {
            let found = store.unserved("", 1).await.unwrap();
            assert_eq!(found, Unserved::default());
        }
        Feature::Changes => {
            let (filter, since) = (Filter::default(), rig.now().await);
            let batch = ChangeMany {
                filter: &filter,
                change: Change::Remove,
                unchanged_since: since,
                after: None,
                limit: 1,
            };
            assert_refused(store.change_many(&batch).await);
        }
        Feature::Running => assert_refused(store.running(None, 1).await),
        Feature::Errors => assert_refused(store.errors().await),
        Feature::Turns => assert_refused(store.turn(HOUR).await),
        Feature::Reports => refuses_reports(rig).await,
        Feature::Replacing => refuses_unique(rig, Unique::key("x").replace(Replace::ALL)).await,
        Feature::ReadyTypes => {
            let look = ReadyLook { mode: Mode::Asynk, from: String::new(), within: HOUR, limit: 100 };
            assert_refused(store.ready_types(&look).await);
        }
    }
}

/// Pools tell what they do on every store.
async fn refuses_reports(rig: &dyn Rig) {
    let (store, worker, report) = (rig.store(), rig.worker().await, Report::default());
    let answer = store.heartbeat(worker, LEASE, &report).await.unwrap();
    assert!(answer.beat.is_alive && !answer.is_saved && !answer.minute_is_due);
    assert!(!store.gather().await.unwrap());
    assert_refused(store.workers(None, 1).await);
    assert_refused(store.minutes(&Minutes::from(rig.now().await)).await);
    assert_refused(store.paused_types().await);
    assert_refused(store.ask_worker(worker, Asked::Quiet).await);
    store.retire(worker, &report).await.unwrap();
    assert!(!rig.beat(worker).await.is_alive);
}

async fn refuses_unique(rig: &dyn Rig, unique: Unique) {
    assert_refused(rig.store().insert(&[task(2), unique_by(3, unique)]).await);
}

async fn refuses_crons(rig: &dyn Rig) {
    let (store, first) = (rig.store(), rig.now().await + HOUR);
    let cron = NewCron { name: "none".to_owned(), cron: Cron::new("0 0 * * * * *"), task: task(2), first };
    assert_refused(store.sync_cron(&cron).await);
    assert_refused(store.fire(&Tick::new("none", first, None, id(2))).await);
    assert_refused(store.list_crons().await);
    assert_refused(store.pause_cron("none", Pause::Begin).await);
    assert_refused(store.pause_cron("none", Pause::End).await);
    assert_refused(store.run_cron("none", id(2)).await);
    assert_refused(store.remove_crons(&CronRemoval::Name("none".to_owned())).await);
    assert!(store.crons().await.unwrap().due.is_empty(), "a store without crons has none that are due");
}
