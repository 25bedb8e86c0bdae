//! A hook of spans that panics.

// A test reports by panics.
#![allow(clippy::unwrap_used)]

use fang::{AsyncQueueable, AsyncWorkerPool, Event, MemoryQueue};
use std::time::Duration;

#[fang::task(max_retries = 0)]
async fn runs_all_the_same() {}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_runs_although_the_hook_of_its_span_panics() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry()).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let queue = MemoryQueue::new();
    queue.insert(runs_all_the_same()).await.unwrap();
    let pool = AsyncWorkerPool::builder().number_of_workers(1).queue(queue);
    let pool = pool.on_event(move |event| {
        if matches!(event, Event::Finished { .. } | Event::Failed { .. }) {
            tell.send(event.name()).unwrap();
        }
    });
    let mut pool = pool.build().on_span(|_, _| panic!("no such trace"));
    pool.start().await.unwrap();
    let name = tokio::task::block_in_place(|| told.recv_timeout(Duration::from_secs(30)));
    assert_eq!(name.unwrap(), "task.finished");
    pool.shutdown(Duration::from_secs(5)).await;
}
