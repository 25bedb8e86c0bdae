//! The metrics of queues and pools, as a recorder sees them. A recorder belongs to a process, so there is one test.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recorded;

use fang::{AsyncQueueable, AsyncWorkerPool, Event, MemoryQueue};
use metrics_util::debugging::{DebuggingRecorder, Snapshotter};
use recorded::Recorded;
use std::time::{Duration, Instant};

#[fang::task(task_type = "mail", max_retries = 1, backoff = "constant(0s)")]
async fn welcome(user: u8) -> Result<(), String> {
    if user == 0 { Err("no such user".to_owned()) } else { Ok(()) }
}

#[fang::task(task_type = "mail", max_retries = 0, timeout = "10ms")]
async fn hangs() {
    std::future::pending().await
}

/// The gauge of a task type that is paused, while a pool runs and after it has stopped.
async fn gauges_show_the_tasks_that_wait(snapshotter: &Snapshotter, serves_all: bool) {
    let (queue, name) = (MemoryQueue::new(), format!("paused {serves_all}"));
    queue.pause(&name).await.unwrap();
    queue.insert_tasks(vec![welcome(1).task_type(&name); 3]).await.unwrap();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue).task_type(&name);
    let mut pool = if serves_all { pool.all_task_types().build() } else { pool.build() };
    pool.start().await.unwrap();
    let gauge = format!("fang.tasks.due messaging.destination.name={name}");
    let due = || Recorded::now(snapshotter).gauge(&gauge).unwrap_or_default();
    let began = Instant::now();
    while due() != 3.0 {
        assert!(began.elapsed() < Duration::from_secs(30), "{}", due());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // A look at the gauge has emptied it.
    metrics::gauge!("fang.tasks.due", "messaging.destination.name" => name.clone()).set(3.0);
    pool.shutdown(Duration::from_secs(5)).await;
    assert_eq!(due(), 0.0, "a pool that has stopped tells of no tasks");
}

#[fang::task(task_type = "unwanted")]
async fn waits_for_ever() {
    std::future::pending().await
}

/// The run of a task that is cancelled.
async fn a_cancelled_run_is_told_apart(snapshotter: &Snapshotter) {
    let queue = MemoryQueue::new();
    let task = queue.insert(waits_for_ever()).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue.clone()).task_type("unwanted");
    let pool = pool.cancel_grace(Duration::ZERO).on_event(move |event| {
        if matches!(event, Event::Started { .. } | Event::Cancelled { .. }) {
            let _ = tell.send(event.name());
        }
    });
    let mut pool = pool.build();
    pool.start().await.unwrap();
    assert_eq!(told.recv().await, Some("task.started"));
    assert!(queue.cancel_task(task.id).await.unwrap());
    assert_eq!(told.recv().await, Some("task.cancelled"));
    pool.shutdown(Duration::from_secs(5)).await;
    let seen = Recorded::now(snapshotter);
    let cancelled = "messaging.process.duration messaging.operation.name=process \
                     messaging.destination.name=unwanted error.type=cancelled";
    assert_eq!(seen.values(cancelled).len(), 1);
    assert_eq!(seen.count("fang.tasks.failed messaging.destination.name=unwanted"), 0);
    assert_eq!(seen.gauge("fang.tasks.running messaging.destination.name=unwanted"), Some(0.0));
}

#[tokio::test]
async fn metrics_count_what_happens_with_no_label_but_type_and_error() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    gauges_show_the_tasks_that_wait(&snapshotter, false).await;
    gauges_show_the_tasks_that_wait(&snapshotter, true).await;
    a_cancelled_run_is_told_apart(&snapshotter).await;
    let queue = MemoryQueue::new();
    queue.insert_tasks(vec![welcome(0), welcome(1), welcome(2), hangs()]).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut pool = AsyncWorkerPool::builder()
        .number_of_workers(4)
        .queue(queue)
        .task_type("mail")
        .on_event(move |event| {
            if matches!(event, Event::Finished { .. } | Event::Failed { .. }) {
                let _ = tell.send(());
            }
        })
        .build();
    pool.start().await.unwrap();
    for _ in 0..4 {
        told.recv().await.unwrap();
    }
    pool.shutdown(Duration::from_secs(5)).await;

    let seen = Recorded::now(&snapshotter);
    let mail = "messaging.destination.name=mail";
    let process = format!("messaging.process.duration messaging.operation.name=process {mail}");
    for (name, count) in [
        ("messaging.client.sent.messages messaging.operation.name=insert", 4),
        ("messaging.client.consumed.messages messaging.operation.name=claim", 5),
        ("fang.tasks.retried", 1),
        ("fang.tasks.failed", 2),
    ] {
        assert_eq!(seen.count(&format!("{name} {mail}")), count, "{name}");
    }
    assert_eq!(seen.values(&process).len(), 2);
    assert_eq!(seen.values(&format!("{process} error.type=failed")).len(), 2);
    let timed_out = seen.values(&format!("{process} error.type=timed_out"));
    assert!(timed_out.len() == 1 && timed_out[0] >= 0.01, "in seconds: {timed_out:?}");
    assert_eq!(seen.values(&format!("fang.pickup.duration {mail}")).len(), 5);
    for gauge in ["fang.tasks.due", "fang.tasks.oldest_due.age"] {
        let value = seen.gauge(&format!("{gauge} {mail}"));
        assert!(value.is_some_and(|value| value >= 0.0), "{gauge}: {value:?}");
    }
    assert_eq!(seen.gauge(&format!("fang.tasks.running {mail}")), Some(0.0));
}
