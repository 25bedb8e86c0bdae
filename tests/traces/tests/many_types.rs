//! The labels of a pool that serves all task types. A recorder belongs to a process, so there is one test.

// A test reports by panics.
#![allow(clippy::unwrap_used)]

use fang::{AsyncQueueable, AsyncWorkerPool, Event, MemoryQueue};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::collections::HashMap;
use std::time::Duration;

/// One more than have labels of their own.
const TYPES: u64 = 1_001;

#[fang::task(max_retries = 0)]
async fn fails() -> Result<(), String> {
    Err("no such user".to_owned())
}

#[tokio::test]
async fn a_thousand_task_types_have_labels_and_the_others_share_one() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let queue = MemoryQueue::new();
    let tasks = (0..TYPES).map(|n| fails().task_type(format!("type {n}"))).collect();
    queue.insert_tasks(tasks).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let builder = AsyncWorkerPool::builder().number_of_workers(10).queue(queue.clone()).all_task_types();
    let mut pool = builder
        .on_event(move |event| {
            if matches!(event, Event::Failed { .. }) {
                let _ = tell.send(());
            }
        })
        .build();
    pool.start().await.unwrap();
    for _ in 0..TYPES {
        told.recv().await.unwrap();
    }
    // No new label for further ones.
    queue.insert(fails().task_type("one more")).await.unwrap();
    told.recv().await.unwrap();
    pool.shutdown(Duration::from_secs(5)).await;

    let mut counters = HashMap::<String, HashMap<String, u64>>::new();
    let mut due = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let label = key.key().labels().find(|label| label.key() == "messaging.destination.name");
        match (label, value) {
            (Some(label), DebugValue::Counter(count)) => {
                let of = counters.entry(key.key().name().to_owned()).or_default();
                *of.entry(label.value().to_owned()).or_default() += count;
            }
            (Some(_), DebugValue::Gauge(value)) if key.key().name() == "fang.tasks.due" => {
                due.push(value.into_inner())
            }
            _ => {}
        }
    }
    for name in ["fang.tasks.failed", "messaging.client.sent.messages", "messaging.client.consumed.messages"]
    {
        let of = &counters[name];
        assert_eq!((of.len(), of["(others)"], of.values().sum::<u64>()), (1_001, 2, TYPES + 1), "{name}");
    }
    assert!(due.iter().all(|due| *due == 0.0), "a pool that has stopped tells of no tasks: {due:?}");
}
