//! The metrics of a blocking pool, and of what it rescues. A recorder belongs to a process, so there is one test.

// A test reports by panics.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recorded;

use fang::{Event, Lease, Queue, WorkerPool};
use fang_test_support::TestDatabase;
use metrics_util::debugging::DebuggingRecorder;
use recorded::Recorded;
use std::sync::mpsc::channel;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A short lease, so that the tasks of the worker that is gone are rescued soon.
const QUICK: Lease =
    Lease { beat_every: Duration::from_millis(100), dead_after: Duration::from_millis(1000), max_crashes: 3 };

#[fang::task(task_type = "letters", max_retries = 1, backoff = "constant(0s)")]
fn print(pages: u8) -> Result<(), String> {
    if pages == 0 { Err("an empty letter".to_owned()) } else { Ok(()) }
}

/// Runs three tasks, of which one fails for good and one was left by a worker that is gone.
fn run(queue: &Queue) {
    let (tell, told) = channel();
    let mut pool = WorkerPool::builder()
        .number_of_workers(1)
        .queue(queue.clone())
        .task_type("letters")
        .lease(QUICK)
        .on_event(move |event| {
            if matches!(event, Event::Rescued { .. } | Event::Finished { .. } | Event::Failed { .. }) {
                let _ = tell.send(event.name());
            }
        })
        .build();
    pool.start().unwrap();
    let mut ends: Vec<_> = (0..4).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    ends.sort_unstable();
    assert_eq!(ends, ["task.failed", "task.finished", "task.finished", "task.rescued"]);
    pool.shutdown(PATIENCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_pool_counts_what_it_runs_and_rescues() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    recorder.install().unwrap();
    let database = TestDatabase::create().await.unwrap();
    fang::AsyncQueue::no_tls().uri(database.uri()).build().migrate().await.unwrap();
    let queue = Queue::builder().uri(database.uri()).max_pool_size(2_u32).build();
    tokio::task::block_in_place(|| queue.insert(print(3)).unwrap());
    let left = "UPDATE fang_tasks SET state = 'in_progress', locked_by = 999, updated_at = now() - interval '1 hour'";
    database.client().await.unwrap().batch_execute(left).await.unwrap();
    tokio::task::block_in_place(|| {
        for pages in [0, 1] {
            queue.insert(print(pages)).unwrap();
        }
        run(&queue);
    });

    let seen = Recorded::now(&snapshotter);
    let letters = "messaging.destination.name=letters";
    let process = format!("messaging.process.duration messaging.operation.name=process {letters}");
    for (name, count) in [
        ("messaging.client.sent.messages messaging.operation.name=insert", 3),
        ("messaging.client.consumed.messages messaging.operation.name=claim", 4),
        ("fang.tasks.retried", 1),
        ("fang.tasks.failed", 1),
    ] {
        assert_eq!(seen.count(&format!("{name} {letters}")), count, "{name}");
    }
    assert_eq!(seen.count("fang.tasks.rescued"), 1, "without a label");
    assert_eq!(seen.values(&process).len(), 2);
    assert_eq!(seen.values(&format!("{process} error.type=failed")).len(), 2);
    assert_eq!(seen.values(&format!("fang.pickup.duration {letters}")).len(), 4);
    assert_eq!(seen.gauge(&format!("fang.tasks.running {letters}")), Some(0.0));
}
