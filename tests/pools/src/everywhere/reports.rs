//! What pools tell with their beats, and what tools ask of them.

use crate::seam::{Act, HOUR, How, PATIENCE, QUICK, World, numbers, until};
use fang_asynk::Lease;
use fang_core::FangTaskState;
use fang_core::store::WorkerState;
use std::time::Duration;

crate::each_mode_and_store! {
    a_pool_tells_with_its_beats_what_it_does_and_with_the_last_one_what_it_did,
    tools_see_how_fast_tasks_run_and_who_serves_their_types,
    a_worker_is_made_quiet_and_resumed_from_elsewhere,
    a_worker_that_is_stopped_from_elsewhere_shuts_down_and_can_be_started_again,
    a_shutdown_waits_for_one_that_was_asked_for_elsewhere_and_has_the_last_word_on_its_deadline,
}

crate::each_store! {
    only_asynk, Asynk,
    run_until_ends_when_its_worker_is_stopped_from_elsewhere,
}

async fn a_pool_tells_with_its_beats_what_it_does_and_with_the_last_one_what_it_did(world: World) {
    let pool = world.pool(2).lease(QUICK).task_types(&[("mail", 2), ("sync", 1)]);
    let mut pool = pool.start().await;
    for (task_type, how) in [
        ("mail", How::Succeed),
        ("mail", How::FailBefore(3)),
        ("sync", How::FailBefore(9)),
        ("sync", How::Wait),
    ] {
        world.queue.insert(world.of_type(task_type, how)).await.unwrap();
    }
    let told = world
        .queue
        .until_last_worker(|worker| {
            numbers(&worker.counts, "mail") == [4, 2, 2, 0]
                && numbers(&worker.counts, "sync") == [5, 0, 3, 1]
                && worker.busy == 1
        })
        .await;
    assert_eq!((told.workers, told.pid, told.state), (2, std::process::id(), WorkerState::Alive));
    assert_eq!(
        (&*told.version, told.task_types),
        (env!("CARGO_PKG_VERSION"), vec!["mail".into(), "sync".into()])
    );
    assert_eq!(told.host, std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim());
    assert_eq!(told.counts.of("sync").unwrap().runs.count(), 4, "one still runs");
    pool.resize(3).unwrap();
    world.queue.until_last_worker(|worker| worker.workers == 3).await;
    world.stage.open(1);
    pool.shutdown(PATIENCE).await;
    let counted = world.queue.counted().await;
    assert_eq!((numbers(&counted, "mail"), numbers(&counted, "sync")), ([4, 2, 2, 0], [5, 1, 3, 1]));
    let runs = counted.iter().map(|(_, tally)| tally.runs.count()).sum::<u64>();
    assert_eq!((runs, pool.stats().started), (9, 9));
    assert_eq!(world.queue.last_worker().await.state, WorkerState::Dead);
}

async fn tools_see_how_fast_tasks_run_and_who_serves_their_types(world: World) {
    let mut pool = world.pool(1).task_type("mail").start().await;
    world.queue.insert(world.of_type("mail", How::Succeed)).await.unwrap();
    world.queue.insert(world.of_type("orphan", How::Succeed)).await.unwrap();
    world.next().await;
    let worker = world.queue.last_worker().await.id;
    assert!(world.queue.pause("held").await.unwrap());
    let types = world.queue.task_types().await.unwrap();
    let seen: Vec<_> =
        types.iter().map(|of| (&*of.task_type, of.depth.due.count, of.paused_at.is_some())).collect();
    assert_eq!(seen, [("held", 0, true), ("mail", 0, false), ("orphan", 1, false)]);
    assert_eq!(types.iter().map(|of| of.served_by.len()).collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(types[1].served_by, [worker]);
    pool.shutdown(PATIENCE).await;
    let rates = world.queue.rates(Duration::from_secs(60)).await.unwrap();
    let mail = rates.iter().find(|rate| rate.name == "mail").unwrap();
    assert_eq!((mail.tally.started, mail.tally.finished), (1, 1));
    assert!(mail.wait_p50 <= mail.wait_p99 && mail.wait_p99.is_some() && mail.wait_mean.is_some());
    let kinds = world.queue.kinds(Duration::from_secs(60)).await.unwrap();
    let of_kinds: Vec<_> = kinds.iter().map(|of| (&*of.kind, of.running)).collect();
    assert_eq!(of_kinds, [("Act", 0)]);
    assert_eq!(kinds[0].rate.as_ref().unwrap().tally, mail.tally);
    let hour = Duration::from_secs(3600);
    for hours in [world.queue.hours(hour).await.unwrap(), world.queue.kind_hours(hour).await.unwrap()] {
        assert!(hours.iter().all(|hour| hour.tally.started == 1), "gathered or not yet: {hours:?}");
    }
    let kind_rates = world.queue.kind_rates(Duration::from_secs(60)).await.unwrap();
    assert_eq!(kind_rates.iter().map(|rate| &*rate.name).collect::<Vec<_>>(), ["Act"]);
    assert!(mail.finished > 0.0 && mail.finished <= 1.0 / 60.0 && mail.p99.is_some() && mail.mean.is_some());
}

async fn a_worker_is_made_quiet_and_resumed_from_elsewhere(world: World) {
    // The pool beats only when it is asked for something.
    let mut pool = world.pool(1).lease(Lease::new(HOUR)).start().await;
    let worker = world.queue.last_worker().await.id;
    assert!(world.queue.quiet_worker(worker).await.unwrap());
    until(async || pool.monitor().is_quiet()).await;
    world.act("later", How::Succeed).await;
    assert!(world.queue.resume_worker(worker).await.unwrap());
    assert_eq!(world.heard().await, "later");
    assert!(!pool.monitor().is_quiet());
    pool.shutdown(PATIENCE).await;
    assert!(!world.queue.quiet_worker(worker).await.unwrap());
}

async fn a_worker_that_is_stopped_from_elsewhere_shuts_down_and_can_be_started_again(world: World) {
    let mut pool = world.pool(1).start().await;
    world.act("running", How::WaitForShutdown).await;
    world.next().await;
    let worker = world.queue.last_worker().await.id;
    assert!(world.queue.stop_worker(worker).await.unwrap());
    world.queue.until_last_worker(|worker| worker.state == WorkerState::Dead).await;
    assert!(!pool.monitor().is_running());
    world.act("next", How::Succeed).await;
    let started_again = async || {
        pool.start().await.unwrap();
        pool.monitor().is_running()
    };
    until(started_again).await;
    assert_eq!(world.heard().await, "next");
    assert_eq!(pool.shutdown(PATIENCE).await.still_running, 0);
}

async fn a_shutdown_waits_for_one_that_was_asked_for_elsewhere_and_has_the_last_word_on_its_deadline(
    world: World,
) {
    let mut pool = world.pool(1).start().await;
    let task = world.queue.insert_task(&Act::new("stubborn", How::Wait)).await.unwrap();
    world.next().await;
    let worker = world.queue.last_worker().await.id;
    assert!(world.queue.stop_worker(worker).await.unwrap());
    until(async || !pool.monitor().is_running()).await;
    let report = pool.shutdown(Duration::ZERO).await;
    assert_eq!(report.handed_back, 1);
    assert_eq!(world.row_in(&task, FangTaskState::New).await.retries, 0);
    world.stage.open(1);
}

async fn run_until_ends_when_its_worker_is_stopped_from_elsewhere(world: World) {
    let (_never, signal) = async_channel::bounded(1);
    let mut pool = world.pool(1).build();
    let queue = world.queue.clone();
    let stop = async {
        until(async || !queue.workers().await.unwrap().is_empty()).await;
        let worker = queue.last_worker().await.id;
        assert!(queue.stop_worker(worker).await.unwrap());
    };
    let (report, ()) = tokio::join!(tokio::time::timeout(PATIENCE, pool.run_until(signal)), stop);
    assert_eq!(report.unwrap().unwrap().still_running, 0);
    assert_eq!(world.queue.last_worker().await.state, WorkerState::Dead);
}
