//! What pools of a fleet tell, against the ledger of the test.

use crate::seam::{Child, HOUR, How, Mode, PATIENCE, QUICK, World, holding, numbers, until};
use fang_core::store::{By, Counts, Report, Store, Tally, WorkerId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

crate::each_mode! {
    the_minutes_of_a_fleet_equal_the_ledger_to_within_the_last_beat_of_a_killed_process,
    a_pool_that_was_declared_dead_counts_nothing_twice,
}

crate::one_mode! {
    gathering, Asynk,
    gathering_beside_beats_loses_nothing_and_counts_nothing_twice,
    the_minute_is_gathered_although_the_clock_went_back,
    more_workers_than_one_transaction_takes_are_gathered_in_the_same_minute,
    a_number_that_a_worker_takes_back_is_taken_from_the_minutes,
    a_minute_that_a_person_has_changed_does_not_stop_the_others,
}

/// Makes the next beat of any pool gather.
const DUE: &str = "UPDATE fang_meta SET gathered_in = 'infinity'";

async fn started(world: &World) -> u64 {
    world.queue.counted().await.iter().map(|(_, tally)| tally.started).sum()
}

/// The killed process has begun one task, and may not have told that.
async fn the_minutes_of_a_fleet_equal_the_ledger_to_within_the_last_beat_of_a_killed_process(mode: Mode) {
    let world = World::postgres(mode).await;
    world.queue.insert_task(&holding("of the killed")).await.unwrap();
    let mut killed = Child::new("busy", mode, world.uri()).spawn();
    world.until_number("SELECT count(*) FROM fang_tasks WHERE state = 'in_progress'", 1).await;
    let mut pools = Vec::new();
    for task_types in [&[("mail", 1), ("sync", 2)][..], &[("sync", 1)], &[("mail", 1)]] {
        pools.push(world.pool(2).lease(QUICK).task_types(task_types).start().await);
    }
    let mut tasks = Vec::new();
    for _ in 0..40 {
        tasks.extend([world.of_type("mail", How::Succeed), world.of_type("sync", How::FailBefore(2))]);
    }
    tasks.extend((0..5).map(|_| world.of_type("mail", How::FailBefore(9))));
    world.queue.insert_tasks(tasks).await.unwrap();
    for _ in 0..5 {
        world.run(DUE).await;
        world.until_number("SELECT count(*) FROM fang_meta WHERE gathered_in < 'infinity'", 1).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    // The task of the killed process waits for a pool that serves its type.
    let waiting =
        "SELECT count(*) FROM fang_tasks WHERE state IN ('new', 'retried') AND task_type <> 'common'";
    world.until_number(waiting, 0).await;
    let mut ran = 0;
    for mut pool in pools {
        pool.shutdown(PATIENCE).await;
        ran += pool.stats().started;
    }
    let counted = world.queue.counted().await;
    assert_eq!(numbers(&counted, "mail"), [60, 40, 15, 5]);
    assert_eq!(numbers(&counted, "sync"), [80, 40, 40, 0]);
    let of_the_killed = started(&world).await - ran;
    assert!(ran == 140 && of_the_killed <= 1, "{of_the_killed}");
    assert!(world.number("SELECT count(*) FROM fang_minutes").await >= 2, "some were gathered meanwhile");
}

async fn a_pool_that_was_declared_dead_counts_nothing_twice(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut pool = world.pool(1).lease(QUICK).start().await;
    for round in 1..=3 {
        world.act_many(5, How::Succeed).await;
        world.is_empty().await;
        until(async || started(&world).await == round * 5).await;
        let worker = world.queue.last_worker().await.id;
        world.run("UPDATE fang_workers SET dead_at = coalesce(dead_at, now())").await;
        world.goes_on_after(worker.0).await;
    }
    pool.shutdown(PATIENCE).await;
    assert_eq!(numbers(&world.queue.counted().await, "common"), [15, 15, 0, 0]);
}

/// One run of each of some task types and kinds more. One of each have the same name.
fn more(counts: &mut Counts) {
    let mut tally = Tally::default();
    tally.started = 1;
    tally.runs.record(Duration::from_micros(fastrand::u64(1..1_000_000)));
    tally.waits.record(Duration::from_micros(fastrand::u64(1..1_000_000)));
    (0..3).for_each(|n| counts.add(&format!("name {n}"), &tally));
    (2..4).for_each(|n| counts.add_to(By::Kind, &format!("name {n}"), &tally));
}

async fn beats(store: Arc<dyn Store>, worker: WorkerId, beats: usize) -> Counts {
    let mut report = Report::default();
    let mut counts = Counts::default();
    for _ in 0..beats {
        more(&mut counts);
        report.counts = Some(counts.clone());
        assert!(store.heartbeat(worker, HOUR, &report).await.unwrap().is_saved);
    }
    counts
}

async fn gathering_beside_beats_loses_nothing_and_counts_nothing_twice(mode: Mode) {
    let world = World::postgres(mode).await;
    let mut beating = Vec::new();
    for _ in 0..3 {
        let store = world.queue.engine();
        let worker = store.register("{}").await.unwrap();
        beating.push(tokio::spawn(beats(store, worker, 200)));
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let gathering = [0, 1].map(|_| {
        let (store, is_over) = (world.queue.engine(), is_over.clone());
        tokio::spawn(async move {
            let mut gathered = 0;
            while !is_over.load(Ordering::SeqCst) {
                gathered += u32::from(store.gather().await.unwrap());
            }
            gathered
        })
    });
    let mut told = Counts::default();
    for beating in beating {
        while !beating.is_finished() {
            world.run(DUE).await;
        }
        told.merge(&beating.await.unwrap());
    }
    is_over.store(true, Ordering::SeqCst);
    let mut gathered = 0;
    for gathering in gathering {
        gathered += gathering.await.unwrap();
    }
    assert!(gathered > 20, "gathered {gathered} times");
    assert_eq!(world.queue.counted().await, told);
    world.run(DUE).await;
    assert!(world.queue.engine().gather().await.unwrap());
    assert!(world.queue.workers().await.unwrap().iter().all(|worker| worker.ungathered.is_empty()));
    assert_eq!(world.queue.counted().await, told);
}

async fn the_minute_is_gathered_although_the_clock_went_back(mode: Mode) {
    let world = World::postgres(mode).await;
    let store = world.queue.engine();
    let worker = store.register("{}").await.unwrap();
    let told = beats(store.clone(), worker, 1).await;
    world.run("UPDATE fang_meta SET gathered_in = now() + interval '1 year'").await;
    world.run("UPDATE fang_workers SET beat_at = now() + interval '1 year'").await;
    assert!(store.gather().await.unwrap());
    assert_eq!(world.queue.counted().await, told);
    assert_eq!(world.number("SELECT count(*) FROM fang_minutes WHERE minute > now()").await, 0);
}

async fn more_workers_than_one_transaction_takes_are_gathered_in_the_same_minute(mode: Mode) {
    let world = World::postgres(mode).await;
    let store = world.queue.engine();
    let mut told = Counts::default();
    for _ in 0..45 {
        let worker = store.register("{}").await.unwrap();
        told.merge(&beats(store.clone(), worker, 1).await);
    }
    world.run(DUE).await;
    assert!(store.gather().await.unwrap());
    assert_eq!(
        world.number("SELECT count(*) FROM fang_workers WHERE told IS DISTINCT FROM gathered").await,
        0
    );
    assert_eq!(world.queue.counted().await, told);
    assert!(!store.gather().await.unwrap(), "the minute is gathered");
}

/// A number that is zero again is not told.
async fn a_number_that_a_worker_takes_back_is_taken_from_the_minutes(mode: Mode) {
    let world = World::postgres(mode).await;
    let store = world.queue.engine();
    let worker = store.register("{}").await.unwrap();
    for json in [
        r#"{"types": {"mail": {"started": 2, "retried": 1}}}"#,
        r#"{"types": {"mail": {"started": 2, "failed": 1}}}"#,
    ] {
        let mut report = Report::default();
        report.counts = Some(Counts::from_json(json));
        assert!(store.heartbeat(worker, HOUR, &report).await.unwrap().is_saved);
        world.run(DUE).await;
        assert!(store.gather().await.unwrap());
    }
    assert_eq!(numbers(&world.queue.counted().await, "mail"), [2, 0, 0, 1]);
}

async fn a_minute_that_a_person_has_changed_does_not_stop_the_others(mode: Mode) {
    let world = World::postgres(mode).await;
    let store = world.queue.engine();
    let worker = store.register("{}").await.unwrap();
    let documents = ["{}", "[1]", "null", "\"x\"", r#"{"started": "many", "finished": {}}"#];
    for (told, changed) in (1..).zip(documents) {
        world.run(&format!("UPDATE fang_minutes SET counts = '{changed}' WHERE name = 'mail'")).await;
        let json =
            format!(r#"{{"types": {{"mail": {{"started": {told}}}, "sync": {{"started": {told}}}}}}}"#);
        let mut report = Report::default();
        report.counts = Some(Counts::from_json(&json));
        assert!(store.heartbeat(worker, HOUR, &report).await.unwrap().is_saved);
        world.run(DUE).await;
        assert!(store.gather().await.unwrap(), "{changed}");
        let counted = world.queue.counted().await;
        assert_eq!((numbers(&counted, "mail")[0], numbers(&counted, "sync")[0]), (1, told), "{changed}");
    }
}
