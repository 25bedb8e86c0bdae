use crate::bench::{Bench, PATIENCE};
use crate::task::{Act, How};
use fang_blocking::Backend;
use fang_core::{FangTaskState, Mode, NewTask, RetentionMode};
use std::time::Duration;

pub fn a_failed_task_runs_again_and_its_next_success_counts<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let task = bench.insert("third time lucky", How::FailBefore(3));
    let attempts = [bench.next(), bench.next(), bench.next()].map(|report| report.attempt);
    assert_eq!(attempts, [1, 2, 3]);
    let row = bench.row_in(&task, FangTaskState::Finished);
    assert_eq!((row.retries, row.lease, row.error_message), (2, 3, None));
}

pub fn a_task_without_retries_left_stays_with_its_error<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let hopeless = Act { retries: 1, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = bench.queue.insert_task(&hopeless).unwrap();
    bench.next();
    bench.next();
    let row = bench.row_in(&task, FangTaskState::Failed);
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("attempt 2 fails")));
}

pub fn remove_all_removes_failed_tasks_as_well<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::RemoveAll);
    pool.start().unwrap();
    let hopeless = Act { retries: 0, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = bench.queue.insert_task(&hopeless).unwrap();
    bench.next();
    bench.row_when(&task, |row| row.is_none());
}

pub fn a_panic_is_a_failure_and_the_worker_goes_on<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let panics = Act { retries: 0, ..Act::new("panics", How::Panic) };
    let task = bench.queue.insert_task(&panics).unwrap();
    bench.next();
    let row = bench.row_in(&task, FangTaskState::Failed);
    assert_eq!(row.error_message.as_deref(), Some("the task panicked: as it was told"));
    bench.insert("next", How::Succeed);
    assert_eq!(bench.next().name, "next");
}

pub fn a_worker_that_dies_is_replaced_and_its_task_has_failed<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let task = bench.insert("killer", How::KillTheWorker);
    bench.next();
    let row = bench.row_in(&task, FangTaskState::Retried);
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("its worker died while it ran")));
    bench.insert("next", How::Succeed);
    assert_eq!(bench.next().name, "next");
}

pub fn a_snoozed_task_runs_again_uncharged<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let task = bench.insert("tired", How::SnoozeOnce);
    let runs = [bench.next(), bench.next()].map(|report| (report.attempt, report.lease));
    assert_eq!(runs, [(1, 1), (1, 2)]);
    assert_eq!(bench.row_in(&task, FangTaskState::Finished).retries, 0);
}

pub fn a_cancelled_task_fails_for_good<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let task = bench.insert("unwanted", How::Cancel);
    bench.next();
    let row = bench.row_in(&task, FangTaskState::Failed);
    assert_eq!(row.error_message.as_deref(), Some("cancelled: no longer wanted"));
}

pub fn an_unknown_kind_waits_for_another_program<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().unwrap();
    let stranger = NewTask::new(r#"{"type":"FromTheFuture"}"#.into(), "common".into(), Mode::Blocking);
    let task = bench.queue.insert(stranger).unwrap();
    let row = bench.row_when(&task, |row| row.is_some_and(|row| row.error_message.is_some())).unwrap();
    assert_eq!((row.state, row.retries), (FangTaskState::New, 0));
    assert!((row.scheduled_at - row.updated_at).num_seconds() >= 15);
    assert!(row.error_message.unwrap().contains("FromTheFuture"));
}

pub fn a_row_that_cannot_be_decoded_costs_only_itself<Q: Backend>(bench: &Bench<Q>) {
    let deep = format!(r#"{{"type":"Act","name":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let payloads = [r#"{"type":"Act","name":1e400}"#, r#"{"no":"kind"}"#, "[]", &deep];
    let mut bad = Vec::new();
    for payload in payloads {
        let task = NewTask::new(payload.to_owned(), "common".into(), Mode::Blocking);
        bad.push(bench.queue.insert(task).unwrap());
        bench.insert("good", How::Succeed);
    }
    let mut pool = bench.pool(2);
    pool.start().unwrap();
    for _ in payloads {
        assert_eq!(bench.next().name, "good");
    }
    for task in &bad {
        let row = bench.row_in(task, FangTaskState::Failed);
        assert!(row.error_message.unwrap().contains("cannot be decoded"));
    }
}

pub fn a_run_that_takes_too_long_is_replaced_and_counts_as_it_ends<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::Wait) };
    let task = bench.queue.insert_task(&slow).unwrap();
    bench.insert("next", How::Succeed);
    assert_eq!([bench.next().name, bench.next().name], ["slow", "next"], "another worker runs it");
    assert_eq!(bench.row_in(&task, FangTaskState::InProgress).lease, 1, "nobody runs it again meanwhile");
    bench.gate.open(1);
    bench.row_in(&task, FangTaskState::Finished);
    bench.insert("last", How::Wait);
    bench.insert("waits", How::Succeed);
    assert_eq!(bench.next().name, "last");
    assert!(bench.nothing_more_started(), "there is one worker again");
    bench.gate.open(1);
    assert_eq!(bench.next().name, "waits");
    assert_eq!(pool.shutdown(PATIENCE).still_running, 0);
}

pub fn a_run_that_takes_too_long_learns_that_it_should_end<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let slow = Act { timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::WaitForShutdown) };
    let task = bench.queue.insert_task(&slow).unwrap();
    bench.row_in(&task, FangTaskState::Finished);
}

pub fn a_run_that_ends_in_time_counts<Q: Backend>(bench: &Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().unwrap();
    let quick = Act { timeout: Some(Duration::MAX), ..Act::new("quick", How::Succeed) };
    let task = bench.queue.insert_task(&quick).unwrap();
    bench.next();
    bench.row_in(&task, FangTaskState::Finished);
}
