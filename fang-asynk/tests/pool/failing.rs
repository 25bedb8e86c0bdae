use crate::bench::Bench;
use crate::task::{Act, How};
use fang_asynk::AsyncBackend;
use fang_core::{FangTaskState, Mode, NewTask, RetentionMode};
use std::time::Duration;

pub async fn a_failed_task_runs_again_and_its_next_success_counts<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let task = bench.insert("third time lucky", How::FailBefore(3)).await;
    let attempts = [bench.next().await, bench.next().await, bench.next().await].map(|report| report.attempt);
    assert_eq!(attempts, [1, 2, 3]);
    let row = bench.row_in(&task, FangTaskState::Finished).await;
    assert_eq!((row.retries, row.lease, row.error_message), (2, 3, None));
}

pub async fn a_task_without_retries_left_stays_with_its_error<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let hopeless = Act { retries: 1, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = bench.queue.insert_task(&hopeless).await.unwrap();
    bench.next().await;
    bench.next().await;
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("attempt 2 fails")));
}

pub async fn remove_all_removes_failed_tasks_as_well<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::RemoveAll);
    pool.start().await.unwrap();
    let hopeless = Act { retries: 0, ..Act::new("hopeless", How::FailBefore(9)) };
    let task = bench.queue.insert_task(&hopeless).await.unwrap();
    bench.next().await;
    bench.row_when(&task, |row| row.is_none()).await;
}

pub async fn a_panic_is_a_failure_and_the_worker_goes_on<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let panics = Act { retries: 0, ..Act::new("panics", How::Panic) };
    let task = bench.queue.insert_task(&panics).await.unwrap();
    bench.next().await;
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("the task panicked: as it was told"));
    bench.insert("next", How::Succeed).await;
    assert_eq!(bench.next().await.name, "next");
}

pub async fn a_worker_that_dies_is_replaced_and_its_task_has_failed<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let task = bench.insert("killer", How::KillTheWorker).await;
    bench.next().await;
    let row = bench.row_in(&task, FangTaskState::Retried).await;
    assert_eq!((row.retries, row.error_message.as_deref()), (1, Some("its worker died while it ran")));
    bench.insert("next", How::Succeed).await;
    assert_eq!(bench.next().await.name, "next");
}

pub async fn a_snoozed_task_runs_again_uncharged<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let task = bench.insert("tired", How::SnoozeOnce).await;
    let runs = [bench.next().await, bench.next().await].map(|report| (report.attempt, report.lease));
    assert_eq!(runs, [(1, 1), (1, 2)]);
    assert_eq!(bench.row_in(&task, FangTaskState::Finished).await.retries, 0);
}

pub async fn a_cancelled_task_fails_for_good<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let task = bench.insert("unwanted", How::Cancel).await;
    bench.next().await;
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("cancelled: no longer wanted"));
}

pub async fn an_unknown_kind_waits_for_another_program<Q: AsyncBackend>(bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let stranger = NewTask::new(r#"{"type":"FromTheFuture"}"#.into(), "common".into(), Mode::Asynk);
    let task = bench.queue.insert(stranger).await.unwrap();
    let row = bench.row_when(&task, |row| row.is_some_and(|row| row.error_message.is_some())).await.unwrap();
    assert_eq!((row.state, row.retries), (FangTaskState::New, 0));
    assert!((row.scheduled_at - row.updated_at).num_seconds() >= 15);
    assert!(row.error_message.unwrap().contains("FromTheFuture"));
}

pub async fn a_row_that_cannot_be_decoded_costs_only_itself<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let deep = format!(r#"{{"type":"Act","name":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let payloads = [r#"{"type":"Act","name":1e400}"#, r#"{"no":"kind"}"#, "[]", &deep];
    let mut bad = Vec::new();
    for payload in payloads {
        let task = NewTask::new(payload.to_owned(), "common".into(), Mode::Asynk);
        bad.push(bench.queue.insert(task).await.unwrap());
        bench.insert("good", How::Succeed).await;
    }
    let mut pool = bench.pool(2);
    pool.start().await.unwrap();
    for _ in payloads {
        assert_eq!(bench.next().await.name, "good");
    }
    for task in &bad {
        let row = bench.row_in(task, FangTaskState::Failed).await;
        assert!(row.error_message.unwrap().contains("cannot be decoded"));
    }
}

pub async fn a_run_that_takes_too_long_is_dropped_and_has_failed<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool(1);
    pool.start().await.unwrap();
    let slow = Act { retries: 0, timeout: Some(Duration::from_millis(20)), ..Act::new("slow", How::Wait) };
    let task = bench.queue.insert_task(&slow).await.unwrap();
    bench.insert("next", How::Succeed).await;
    assert_eq!([bench.next().await.name, bench.next().await.name], ["slow", "next"]);
    let row = bench.row_in(&task, FangTaskState::Failed).await;
    assert_eq!(row.error_message.as_deref(), Some("it took longer than its timeout of 20ms"));
}

pub async fn a_run_that_ends_in_time_counts<Q: AsyncBackend>(mut bench: Bench<Q>) {
    let mut pool = bench.pool_keeping(1, RetentionMode::KeepAll);
    pool.start().await.unwrap();
    let quick = Act { timeout: Some(Duration::MAX), ..Act::new("quick", How::Succeed) };
    let task = bench.queue.insert_task(&quick).await.unwrap();
    bench.next().await;
    bench.row_in(&task, FangTaskState::Finished).await;
}
