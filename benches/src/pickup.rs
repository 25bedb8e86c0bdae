//! How long an idle pool takes to start a task.

use crate::tasks::{Ping, STARTED};
use crate::{Queue, report};
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, AsyncWorkerPool, NoTls};
use hdrhistogram::Histogram;
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const SAMPLES: usize = 300;

/// From the begin of an insert to the start of its task, and the insert's own time beside it.
pub(crate) async fn pickup(queue: &Queue, uri: &str) -> Result<(), Box<dyn Error>> {
    let (sender, mut starts) = mpsc::unbounded_channel();
    if let Ok(mut started) = STARTED.lock() {
        *started = Some(sender);
    }
    let mut pool =
        AsyncWorkerPool::builder().number_of_workers(10_u32).queue(queue.clone()).task_type("ping").build();
    pool.start().await?;
    // Another queue stands for another process: it reaches the pool through the server alone.
    let elsewhere: AsyncQueue<NoTls> = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build();
    for (name, queue) in [("the same process", queue), ("another process", &elsewhere)] {
        let (mut whole, mut insert) = (Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?);
        for sample in 0..SAMPLES {
            // Longer than the window of notifications, and never in step with the poll.
            tokio::time::sleep(Duration::from_millis(150 + (sample as u64 * 7) % 50)).await;
            let began = Instant::now();
            queue.insert_task(&Ping).await?;
            let inserted = began.elapsed();
            let started = starts.recv().await.ok_or("the pool ended")?;
            insert.record(inserted.as_micros() as u64)?;
            whole.record(started.saturating_duration_since(began).as_micros() as u64)?;
        }
        let ms = |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        report(
            &format!("from insert to start, idle, inserted by {name}"),
            &format!(
                "p50 {:.2} ms, p99 {:.2} ms (the insert itself: p50 {:.2} ms, p99 {:.2} ms)",
                ms(&whole, 0.5),
                ms(&whole, 0.99),
                ms(&insert, 0.5),
                ms(&insert, 0.99)
            ),
        );
    }
    pool.shutdown(Duration::from_secs(5)).await;
    Ok(())
}
