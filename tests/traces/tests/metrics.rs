//! The metrics of queues and pools, as a recorder sees them. A recorder belongs to a process, so there is one test.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use fang::{AsyncQueueable, AsyncWorkerPool, Event, MemoryQueue};
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[fang::task(task_type = "mail", max_retries = 1, backoff = "constant(0s)")]
async fn welcome(user: u8) -> Result<(), String> {
    if user == 0 { Err("no such user".to_owned()) } else { Ok(()) }
}

#[fang::task(task_type = "mail", max_retries = 0, timeout = "10ms")]
async fn hangs() {
    std::future::pending().await
}

/// All metrics by kind, name and labels.
fn seen(snapshotter: &Snapshotter) -> BTreeMap<String, DebugValue> {
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let named = metrics.map(|(key, _, _, value)| {
        let kind = match key.kind() {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let labels = key.key().labels().filter(|label| label.key() != "messaging.system");
        let labels: Vec<_> = labels.map(|label| format!("{}={}", label.key(), label.value())).collect();
        (format!("{kind} {} {}", key.key().name(), labels.join(" ")), value)
    });
    named.collect()
}

/// The gauge of a task type that is paused, while a pool runs and after it has stopped.
async fn gauges_show_the_tasks_that_wait(snapshotter: &Snapshotter, serves_all: bool) {
    let (queue, name) = (MemoryQueue::new(), format!("paused {serves_all}"));
    queue.pause(&name).await.unwrap();
    queue.insert_tasks(vec![welcome(1).task_type(&name); 3]).await.unwrap();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue).task_type(&name);
    let mut pool = if serves_all { pool.all_task_types().build() } else { pool.build() };
    pool.start().await.unwrap();
    let due =
        || match seen(snapshotter).get(&format!("gauge fang.tasks.due messaging.destination.name={name}")) {
            Some(DebugValue::Gauge(due)) => due.into_inner(),
            _ => 0.0,
        };
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

#[tokio::test]
async fn metrics_count_what_happens_with_no_label_but_type_and_error() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    gauges_show_the_tasks_that_wait(&snapshotter, false).await;
    gauges_show_the_tasks_that_wait(&snapshotter, true).await;
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

    let seen = seen(&snapshotter);
    let mail = "messaging.destination.name=mail";
    let count = |name: &str| match seen.get(&format!("counter {name}")) {
        Some(DebugValue::Counter(count)) => *count,
        other => panic!("{name}: {other:?} of {:?}", seen.keys()),
    };
    assert_eq!(count(&format!("messaging.client.sent.messages messaging.operation.name=insert {mail}")), 4);
    assert_eq!(
        count(&format!("messaging.client.consumed.messages messaging.operation.name=claim {mail}")),
        5
    );
    assert_eq!(count(&format!("fang.tasks.retried {mail}")), 1);
    assert_eq!(count(&format!("fang.tasks.failed {mail}")), 2);
    let values = |name: String| match seen.get(&format!("histogram {name}")) {
        Some(DebugValue::Histogram(values)) => {
            values.iter().map(|value| value.into_inner()).collect::<Vec<_>>()
        }
        other => panic!("{name}: {other:?} of {:?}", seen.keys()),
    };
    assert_eq!(
        values(format!("messaging.process.duration messaging.operation.name=process {mail}")).len(),
        2
    );
    assert_eq!(
        values(format!(
            "messaging.process.duration messaging.operation.name=process {mail} error.type=failed"
        ))
        .len(),
        2
    );
    let timed_out = values(format!(
        "messaging.process.duration messaging.operation.name=process {mail} error.type=timed_out"
    ));
    assert!(timed_out.len() == 1 && timed_out[0] >= 0.01, "in seconds: {timed_out:?}");
    assert_eq!(values(format!("fang.pickup.duration {mail}")).len(), 5);
    for gauge in ["fang.tasks.due", "fang.tasks.oldest_due.age"] {
        let seen = seen.get(&format!("gauge {gauge} {mail}"));
        assert!(matches!(seen, Some(DebugValue::Gauge(n)) if n.into_inner() >= 0.0), "{gauge}: {seen:?}");
    }
    assert!(
        matches!(seen.get(&format!("gauge fang.tasks.running {mail}")), Some(DebugValue::Gauge(n)) if n.into_inner() == 0.0)
    );
}
