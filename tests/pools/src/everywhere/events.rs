//! The events and totals of pools.

use crate::seam::{Act, How, PATIENCE, World, collect_logs, logged_with, next_event, until};
use async_channel::Receiver;
use fang_core::{NewTask, RetentionMode};
use fang_engine::{Event, PoolStats};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

crate::each_mode_and_store! {
    a_run_tells_each_of_its_steps_in_order,
    each_way_to_end_tells_what_became_of_the_task,
    what_cannot_run_here_is_told,
    a_listener_that_blocks_delays_no_run_and_no_shutdown_for_long,
    a_finished_task_is_gone_from_the_store_when_that_is_told,
    a_result_that_comes_too_late_is_told_to_nobody,
    a_late_result_keeps_the_events_of_no_other_back,
    totals_count_the_new_tasks_of_the_queue_since_the_pool_started,
    a_task_that_expires_and_one_that_is_handed_back_are_told,
}

crate::each_store! {
    only_asynk, Asynk,
    a_run_that_is_dropped_tells_that_its_time_was_over,
}

crate::each_store! {
    only_blocking, Blocking,
    a_run_that_takes_too_long_tells_so_and_goes_on,
}

/// The names of the next events.
async fn names(told: &Receiver<Event>, count: usize) -> Vec<&'static str> {
    let mut names = Vec::new();
    while names.len() < count {
        names.push(next_event(told).await.name());
    }
    names
}

async fn a_run_tells_each_of_its_steps_in_order(world: World) {
    let (pool, told) = world.pool(1).tells();
    let mut pool = pool.start().await;
    let task = world.act("one", How::Succeed).await;
    let mut events = Vec::new();
    while events.len() < 5 {
        events.push(next_event(&told).await);
    }
    let names: Vec<_> = events.iter().map(Event::name).collect();
    assert_eq!(names, ["pool.started", "task.claimed", "task.started", "task.ran", "task.finished"]);
    let info = events[4].task().unwrap();
    assert_eq!((info.id, &*info.kind, &*info.task_type, info.attempt), (task.id, "Act", "common", 1));
    assert!(info.waited < PATIENCE && events[4].duration().unwrap() > Duration::ZERO);
    pool.shutdown(PATIENCE).await;
    // The shutdown waits for the listener.
    assert_eq!(
        [told.try_recv(), told.try_recv()].map(|event| event.unwrap().name()),
        ["pool.stopping", "pool.stopped"]
    );
}

async fn each_way_to_end_tells_what_became_of_the_task(world: World) {
    let (pool, told) = world.pool(1).tells();
    let pool = pool.start().await;
    assert_eq!(next_event(&told).await.name(), "pool.started");
    let hopeless = Act { retries: 1, ..Act::new("hopeless", How::FailBefore(9)) };
    world.queue.insert_task(&hopeless).await.unwrap();
    let run = ["task.claimed", "task.started", "task.ran"];
    assert_eq!(names(&told, 3).await, run);
    assert!(
        matches!(next_event(&told).await, Event::Retried { delay: Duration::ZERO, error, .. } if &*error == "attempt 1 fails")
    );
    assert_eq!(names(&told, 3).await, run);
    let failed = next_event(&told).await;
    assert!(
        matches!(&failed, Event::Failed { task, error, .. } if task.attempt == 2 && &**error == "attempt 2 fails")
    );
    for (how, ends) in
        [(How::SnoozeOnce, "task.snoozed"), (How::Cancel, "task.cancelled"), (How::Panic, "task.failed")]
    {
        world.queue.insert_task(&Act { retries: 0, ..Act::new(ends, how) }).await.unwrap();
        assert_eq!(names(&told, 4).await, [run[0], run[1], run[2], ends]);
        if ends == "task.snoozed" {
            assert_eq!(names(&told, 4).await, [run[0], run[1], run[2], "task.finished"]);
        }
    }
    let PoolStats { claimed, started, finished, retried, failed, snoozed, cancelled, .. } = pool.stats();
    assert_eq!((claimed, started, finished, retried, failed, snoozed, cancelled), (6, 6, 1, 1, 2, 1, 1));
}

async fn what_cannot_run_here_is_told(world: World) {
    let (pool, told) = world.pool(1).tells();
    let _pool = pool.start().await;
    let payload = r#"{"type":"Made by a newer program"}"#.to_owned();
    let task = NewTask::new(payload, "common".into(), world.mode.of_rows());
    world.queue.insert_tasks(vec![task]).await.unwrap();
    assert_eq!(names(&told, 3).await, ["pool.started", "task.claimed", "task.unknown_kind"]);
}

async fn a_run_that_is_dropped_tells_that_its_time_was_over(world: World) {
    let (pool, told) = world.pool(1).tells();
    let pool = pool.start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), retries: 0, ..Act::new("slow", How::Wait) };
    world.queue.insert_task(&slow).await.unwrap();
    assert_eq!(names(&told, 3).await, ["pool.started", "task.claimed", "task.started"]);
    assert!(matches!(next_event(&told).await, Event::Ran { error: Some(_), .. }));
    assert_eq!(names(&told, 2).await, ["task.timed_out", "task.failed"]);
    assert_eq!((pool.stats().timed_out, pool.stats().failed), (1, 1));
}

async fn a_run_that_takes_too_long_tells_so_and_goes_on(world: World) {
    let (pool, told) = world.pool(1).tells();
    let pool = pool.start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::WaitForShutdown) };
    world.queue.insert_task(&slow).await.unwrap();
    let all = ["pool.started", "task.claimed", "task.started", "task.timed_out", "task.ran", "task.finished"];
    assert_eq!(names(&told, 6).await, all);
    assert_eq!((pool.stats().timed_out, pool.stats().finished), (1, 1));
}

async fn a_task_that_expires_and_one_that_is_handed_back_are_told(world: World) {
    let late = world.new_task(&Act::new("late", How::Succeed)).expires(Duration::ZERO);
    world.queue.insert(late).await.unwrap();
    let (pool, told) = world.pool(1).tells();
    let mut pool = pool.start().await;
    assert_eq!(names(&told, 3).await, ["pool.started", "task.claimed", "task.expired"]);
    world.act("endless", How::Wait).await;
    assert_eq!(names(&told, 2).await, ["task.claimed", "task.started"]);
    // Long enough for the last claim to end.
    pool.shutdown(Duration::from_secs(2)).await;
    // The shutdown waits for the listener.
    let last: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).map(|event| event.name()).collect();
    assert_eq!(last, ["pool.stopping", "task.handed_back", "pool.stopped"]);
    assert_eq!((pool.stats().expired, pool.stats().handed_back), (1, 1));
}

async fn a_listener_that_blocks_delays_no_run_and_no_shutdown_for_long(world: World) {
    let (go, gate) = channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let pool = world.pool(1).on_event(move |_| {
        let _ = gate.lock().unwrap().recv();
    });
    let mut pool = pool.start().await;
    for name in ["one", "two", "three"] {
        world.act(name, How::Succeed).await;
        assert_eq!(world.heard().await, name);
    }
    until(async || pool.stats().finished == 3).await;
    let began = Instant::now();
    pool.shutdown(PATIENCE).await;
    assert!(began.elapsed() < PATIENCE / 3, "{:?}", began.elapsed());
    drop(go);
}

async fn a_finished_task_is_gone_from_the_store_when_that_is_told(world: World) {
    for retention in [RetentionMode::RemoveFinished, RetentionMode::KeepAll] {
        let (pool, told) = world.pool(2).keeps(retention).tells();
        let mut pool = pool.start().await;
        let task = world.act("one", How::Succeed).await;
        while next_event(&told).await.name() != "task.finished" {}
        let row = world.queue.find_task_by_id(task.id).await.unwrap();
        let state = row.map(|row| row.state);
        let kept = (retention == RetentionMode::KeepAll).then_some(fang_core::FangTaskState::Finished);
        assert_eq!(state, kept);
        pool.shutdown(PATIENCE).await;
    }
}

async fn a_result_that_comes_too_late_is_told_to_nobody(world: World) {
    let (pool, told) = world.pool(1).tells();
    let mut pool = pool.start().await;
    let task = world.act("removed while it runs", How::Wait).await;
    world.heard().await;
    world.queue.remove_task(task.id).await.unwrap();
    world.stage.open(1);
    until(async || pool.stats().late_results == 1).await;
    pool.shutdown(PATIENCE).await;
    let names: Vec<_> = std::iter::from_fn(|| told.try_recv().ok()).map(|event| event.name()).collect();
    assert_eq!(names[..4], ["pool.started", "task.claimed", "task.started", "task.ran"]);
    assert_eq!(names[4..], ["pool.stopping", "pool.stopped"]);
}

async fn a_late_result_keeps_the_events_of_no_other_back(world: World) {
    collect_logs();
    let (pool, told) = world.pool(8).keeps(RetentionMode::KeepAll).tells();
    let mut pool = pool.start().await;
    let mut tasks = Vec::new();
    for name in ["0", "1", "2", "3", "4", "5", "6", "7"] {
        tasks.push(world.act(name, How::Wait).await);
        world.heard().await;
    }
    world.queue.remove_task(tasks[3].id).await.unwrap();
    world.stage.open(8);
    until(async || pool.stats().late_results == 1).await;
    pool.shutdown(PATIENCE).await;
    let names = std::iter::from_fn(|| told.try_recv().ok()).map(|event| event.name());
    assert_eq!(names.filter(|name| *name == "task.finished").count(), 7);
    assert_eq!(pool.stats().dropped_events, 0);
    assert_eq!(logged_with(&["WARN", "1 results came too late", &tasks[3].id.to_string()]), 1);
}

async fn totals_count_the_new_tasks_of_the_queue_since_the_pool_started(world: World) {
    world.act("before the start", How::Succeed).await;
    let mut pool = world.pool(1).start().await;
    assert_eq!(world.heard().await, "before the start");
    assert_eq!(pool.stats().inserted, 0);
    let unique =
        || world.new_task(&Act::new("inserts", How::Insert("inserted".to_owned()))).unique().unwrap();
    let inserted = world.queue.insert_tasks(vec![unique(), unique()]).await.unwrap();
    assert_eq!(inserted.iter().filter(|task| task.is_new).count(), 1);
    assert_eq!([world.heard().await, world.heard().await], ["inserts", "inserted"]);
    assert_eq!(pool.stats().inserted, 2, "a duplicate is not new, and a run inserts too");
    pool.shutdown(PATIENCE).await;
    pool.start().await.unwrap();
    assert_eq!(pool.stats().inserted, 0);
}
