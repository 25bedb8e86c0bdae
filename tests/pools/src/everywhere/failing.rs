//! Tasks that fail, panic, exceed their timeout or cannot be decoded.

use crate::seam::{Act, HOUR, How, PATIENCE, World, collect_logs, logged_with, next_event, until};
use fang_core::{FangTaskState, NewTask, RetentionMode};
use fang_engine::Event;
use std::time::Duration;

crate::each_mode_and_store! {
    a_failed_task_runs_again_and_its_next_success_counts,
    a_task_without_retries_left_stays_with_its_error,
    remove_all_removes_failed_tasks_as_well,
    a_panic_is_a_failure_and_the_worker_goes_on,
    a_worker_that_dies_is_replaced_and_its_task_has_failed,
    a_task_without_retries_fails_for_good_when_its_worker_dies,
    a_snoozed_task_runs_again_without_counting_an_attempt,
    a_task_that_cancels_itself_fails_for_good,
    an_error_beside_a_wish_is_told,
    an_unknown_kind_waits_for_another_program,
    a_row_that_cannot_be_decoded_costs_only_itself,
    a_run_that_ends_within_its_timeout_counts,
    a_logger_that_panics_holds_up_no_worker,
    the_log_tells_each_failure_with_its_level,
}

crate::each_store! {
    only_asynk, Asynk,
    a_run_that_exceeds_its_timeout_is_dropped_and_fails,
    the_log_tells_a_run_that_exceeds_its_timeout,
}

crate::each_store! {
    only_blocking, Blocking,
    a_run_that_takes_too_long_is_replaced_and_counts_as_it_ends,
    a_run_that_exceeds_its_timeout_is_told_to_end,
    the_log_names_a_run_that_is_told_to_end,
}

async fn a_failed_task_runs_again_and_its_next_success_counts(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let task = world.act("third time lucky", How::FailBefore(3)).await;
    let attempts = [world.next().await, world.next().await, world.next().await].map(|report| report.attempt);
    assert_eq!(attempts, [1, 2, 3]);
    let row = world.row_in(&task, FangTaskState::Finished).await;
    assert_eq!((row.retries, row.lease, row.error_message), (2, 3, None));
}

async fn a_task_without_retries_left_stays_with_its_error(world: World) {
    let _pool = world.pool(1).start().await;
    let hopeless = Act { retries: 1, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = world.queue.insert_task(&hopeless).await.unwrap();
    world.next().await;
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("attempt 2 fails")));
}

async fn remove_all_removes_failed_tasks_as_well(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::RemoveAll).start().await;
    let hopeless = Act { retries: 0, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = world.queue.insert_task(&hopeless).await.unwrap();
    world.next().await;
    world.gone(&task).await;
}

async fn a_panic_is_a_failure_and_the_worker_goes_on(world: World) {
    let _pool = world.pool(1).start().await;
    let panics = Act { retries: 0, ..Act::new("panics", How::Panic) };
    let task = world.queue.insert_task(&panics).await.unwrap();
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("the task panicked: as it was told"));
    world.act("next", How::Succeed).await;
    assert_eq!(world.next().await.name, "next");
}

async fn a_worker_that_dies_is_replaced_and_its_task_has_failed(world: World) {
    let _pool = world.pool(1).start().await;
    let task = world.act("killer", How::KillTheWorker).await;
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Retried).await;
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("its worker died while it ran")));
    world.act("next", How::Succeed).await;
    assert_eq!(world.next().await.name, "next");
}

async fn a_task_without_retries_fails_for_good_when_its_worker_dies(world: World) {
    let _pool = world.pool(1).start().await;
    let killer = Act { retries: 0, ..Act::new("killer", How::KillTheWorker) };
    let task = world.queue.insert_task(&killer).await.unwrap();
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("its worker died while it ran"));
}

async fn a_snoozed_task_runs_again_without_counting_an_attempt(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let task = world.act("tired", How::SnoozeOnce).await;
    let runs = [world.next().await, world.next().await].map(|report| (report.attempt, report.lease));
    assert_eq!(runs, [(1, 1), (1, 2)]);
    assert_eq!(world.row_in(&task, FangTaskState::Finished).await.retries, 0);
}

async fn a_task_that_cancels_itself_fails_for_good(world: World) {
    let _pool = world.pool(1).start().await;
    let task = world.act("unwanted", How::Cancel).await;
    world.next().await;
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled: no longer wanted"));
}

async fn an_error_beside_a_wish_is_told(world: World) {
    collect_logs();
    let (pool, events) = world.pool(1).tells();
    let _pool = pool.start().await;
    for (how, end) in [(How::SnoozeAndFail(HOUR), "task.snoozed"), (How::CancelAndFail, "task.cancelled")] {
        let task = world.act(end, how).await;
        let mut ran = None;
        loop {
            match next_event(&events).await {
                Event::Ran { error, .. } => ran = error,
                event if event.name() == end => break,
                _ => {}
            }
        }
        assert_eq!(ran.as_deref(), Some("half done"));
        let row = world.queue.find_task_by_id(task.id).await.unwrap().unwrap();
        let (id, at) = (task.id.to_string(), "in attempt 1");
        match end {
            "task.snoozed" => {
                assert_eq!((row.state, row.retries), (FangTaskState::New, 0), "as if it had not run");
                let line = ["WARN", &id, at, "to run again in 3600s, and then returned: half done"];
                assert_eq!(logged_with(&line), 1);
            }
            _ => {
                let error = "cancelled: no longer wanted; the run returned: half done";
                assert_eq!(row.error_message.as_deref(), Some(error));
                assert_eq!(logged_with(&["INFO", &id, at, error]), 1);
            }
        }
    }
}

async fn an_unknown_kind_waits_for_another_program(world: World) {
    let _pool = world.pool(1).start().await;
    let stranger = NewTask::new(r#"{"type":"FromTheFuture"}"#.into(), "common".into(), world.mode.of_rows());
    let task = world.queue.insert(stranger).await.unwrap();
    let row = world.row_when(&task, |row| row.is_some_and(|row| row.error_message.is_some())).await.unwrap();
    assert_eq!((row.state, row.retries), (FangTaskState::New, 0));
    assert!((row.scheduled_at - row.updated_at).num_seconds() >= 15);
    assert!(row.error_message.unwrap().contains("FromTheFuture"));
}

async fn a_row_that_cannot_be_decoded_costs_only_itself(world: World) {
    collect_logs();
    let deep = format!(r#"{{"type":"Act","name":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let payloads = [r#"{"type":"Act","name":1e400}"#, r#"{"no":"kind"}"#, "[]", &deep];
    let mut bad = Vec::new();
    for payload in payloads {
        bad.push(world.insert_unchecked(payload).await);
        world.act("good", How::Succeed).await;
    }
    let _pool = world.pool(2).start().await;
    for _ in payloads {
        assert_eq!(world.next().await.name, "good");
    }
    for task in &bad {
        let row = world.row_in(task, FangTaskState::Failed).await;
        assert!(row.error_message.unwrap().contains("cannot be decoded"));
        let line = ["ERROR", &task.id.to_string(), "failed for good in attempt 1: ", "cannot be decoded"];
        until(async || logged_with(&line) == 1).await;
    }
}

async fn a_run_that_exceeds_its_timeout_is_dropped_and_fails(world: World) {
    let _pool = world.pool(1).start().await;
    let slow = Act { retries: 0, timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::Wait) };
    let task = world.queue.insert_task(&slow).await.unwrap();
    world.act("next", How::Succeed).await;
    assert_eq!([world.next().await.name, world.next().await.name], ["slow", "next"]);
    let row = world.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("it took longer than its timeout of 20ms"));
}

async fn a_run_that_takes_too_long_is_replaced_and_counts_as_it_ends(world: World) {
    let mut pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::Wait) };
    let task = world.queue.insert_task(&slow).await.unwrap();
    world.act("next", How::Succeed).await;
    assert_eq!([world.heard().await, world.heard().await], ["slow", "next"], "another worker runs it");
    assert_eq!(
        world.row_in(&task, FangTaskState::InProgress).await.lease,
        1,
        "it does not run again while the first run goes on"
    );
    world.stage.open(1);
    world.row_in(&task, FangTaskState::Finished).await;
    world.act_many(4, How::Wait).await;
    for _ in 0..4 {
        assert_eq!(world.next().await.at_once, 1, "the pool has one worker again");
        world.stage.open(1);
    }
    assert_eq!(pool.shutdown(PATIENCE).await.still_running, 0);
    assert_eq!(world.told(), []);
}

async fn a_run_that_exceeds_its_timeout_is_told_to_end(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::WaitForShutdown) };
    let task = world.queue.insert_task(&slow).await.unwrap();
    world.row_in(&task, FangTaskState::Finished).await;
}

async fn the_log_names_a_run_that_is_told_to_end(world: World) {
    collect_logs();
    let _pool = world.pool(1).start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("log", How::WaitForShutdown) };
    let id = world.queue.insert_task(&slow).await.unwrap().id.to_string();
    let line = ["WARN", &id, "(Act, task type \"common\")", "exceeds its timeout in attempt 1"];
    until(async || logged_with(&line) == 1).await;
}

async fn a_run_that_ends_within_its_timeout_counts(world: World) {
    let _pool = world.pool(1).keeps(RetentionMode::KeepAll).start().await;
    let quick = Act { timeout: Some(Duration::MAX), ..Act::new("quick", How::Succeed) };
    let task = world.queue.insert_task(&quick).await.unwrap();
    world.next().await;
    world.row_in(&task, FangTaskState::Finished).await;
}

async fn the_log_tells_a_run_that_exceeds_its_timeout(world: World) {
    collect_logs();
    let _pool = world.pool(1).start().await;
    let slow = Act { timeout: Some(Duration::from_millis(20)), retries: 0, ..Act::new("log", How::Wait) };
    let id = world.queue.insert_task(&slow).await.unwrap().id.to_string();
    until(async || logged_with(&["ERROR", &id, "failed for good in attempt 1: ", "20ms"]) == 1).await;
}

/// Each of the workers has such a task, and then more.
async fn a_logger_that_panics_holds_up_no_worker(world: World) {
    collect_logs();
    let mut pool = world.pool(2).start().await;
    for _ in 0..6 {
        let unloggable = Act { retries: 0, ..Act::new("unloggable", How::FailUnloggably) };
        world.queue.insert_task(&unloggable).await.unwrap();
        world.next().await;
    }
    world.queue.insert_task(&Act::new("good", How::Succeed)).await.unwrap();
    assert_eq!(world.next().await.name, "good");
    let shutdown = pool.shutdown(PATIENCE).await;
    assert_eq!((shutdown.handed_back, shutdown.still_running), (0, 0));
    assert_eq!(world.count(FangTaskState::Failed).await, 6);
}

async fn the_log_tells_each_failure_with_its_level(world: World) {
    collect_logs();
    let _pool = world.pool(1).start().await;
    let last = |how| Act { retries: 0, ..Act::new("log", how) };
    for (task, lines) in [
        (
            Act { retries: 1, ..Act::new("log", How::FailBefore(9)) },
            vec![
                "WARN failed in attempt 1 and runs again in 0ns: attempt 1 fails",
                "ERROR failed for good in attempt 2: attempt 2 fails",
            ],
        ),
        (last(How::Panic), vec!["ERROR failed for good in attempt 1: the task panicked: as it was told"]),
        (last(How::Cancel), vec!["INFO ended in attempt 1: cancelled: no longer wanted"]),
    ] {
        let id = world.queue.insert_task(&task).await.unwrap().id.to_string();
        for line in lines {
            let (level, text) = line.split_once(' ').unwrap();
            until(async || logged_with(&[level, &id, "(Act, task type \"common\")", text]) == 1).await;
        }
    }
    let late = world.new_task(&last(How::Succeed)).expires(Duration::ZERO);
    let id = world.queue.insert(late).await.unwrap().id.to_string();
    until(async || logged_with(&["WARN", &id, "expired: it was to begin by"]) == 1).await;
}
