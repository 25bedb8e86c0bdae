//! How long an idle pool takes to start a task.

use crate::tasks::{HeavyPing, Ping, STARTED};
use crate::{Queues, report};
use fang::asynk::async_queue::AsyncQueue;
use fang::{AsyncQueueable, AsyncWorkerPool, NewTask, NoTls, Queue, Queueable, WorkerPool};
use hdrhistogram::Histogram;
use std::error::Error;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const SAMPLES: usize = 300;

type Starts = mpsc::UnboundedReceiver<Instant>;

/// From the begin of an insert to the start of its task, and the insert's own time beside it.
pub(crate) async fn pickup(queues: &Queues, uri: &str) -> Result<(), Box<dyn Error>> {
    let mut starts = starts();
    let builder = AsyncWorkerPool::builder().number_of_workers(10_u32).queue(queues.light.clone());
    let mut pool = builder.task_type("ping").build();
    pool.start().await?;
    // Another queue stands for another process: it reaches the pool through the server alone.
    let elsewhere: AsyncQueue<NoTls> = AsyncQueue::builder().uri(uri).max_pool_size(1_u32).build();
    for (name, queue) in [("the same process", &queues.light), ("another process", &elsewhere)] {
        let mut times = Times::new()?;
        for sample in 0..SAMPLES {
            pause(sample).await;
            let began = Instant::now();
            queue.insert_task(&Ping).await?;
            times.record(began, began.elapsed(), starts.recv().await)?;
        }
        times.report(&format!("from insert to start, idle, inserted by {name}"));
    }
    pool.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// The same for threads.
pub(crate) async fn pickup_blocking(queues: &Queues, uri: &str) -> Result<(), Box<dyn Error>> {
    let mut starts = starts();
    let builder = WorkerPool::builder().number_of_workers(10_u32).queue(queues.heavy.clone());
    let mut pool = builder.task_type("ping").build();
    pool.start()?;
    let elsewhere = Queue::builder().uri(uri).max_pool_size(1_u32).build();
    for (name, queue) in [("the same process", &queues.heavy), ("another process", &elsewhere)] {
        let mut times = Times::new()?;
        for sample in 0..SAMPLES {
            pause(sample).await;
            let began = Instant::now();
            queue.insert(NewTask::blocking(&HeavyPing)?)?;
            times.record(began, began.elapsed(), starts.recv().await)?;
        }
        times.report(&format!("from insert to start on a thread, idle, inserted by {name}"));
    }
    pool.shutdown(Duration::from_secs(5));
    Ok(())
}

/// When the tasks start.
fn starts() -> Starts {
    let (sender, starts) = mpsc::unbounded_channel();
    if let Ok(mut started) = STARTED.lock() {
        *started = Some(sender);
    }
    starts
}

/// Longer than the window of notifications, and never in step with the poll.
async fn pause(sample: usize) {
    tokio::time::sleep(Duration::from_millis(150 + (sample as u64 * 7) % 50)).await;
}

struct Times {
    whole: Histogram<u64>,
    insert: Histogram<u64>,
}

impl Times {
    fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { whole: Histogram::new(3)?, insert: Histogram::new(3)? })
    }

    fn record(
        &mut self,
        began: Instant,
        inserted: Duration,
        started: Option<Instant>,
    ) -> Result<(), Box<dyn Error>> {
        let whole = started.ok_or("the pool ended")?.saturating_duration_since(began);
        self.insert.record(inserted.as_micros() as u64)?;
        self.whole.record(whole.as_micros() as u64)?;
        Ok(())
    }

    fn report(&self, what: &str) {
        let ms = |histogram: &Histogram<u64>, quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        report(
            what,
            &format!(
                "p50 {:.2} ms, p99 {:.2} ms (the insert itself: p50 {:.2} ms, p99 {:.2} ms)",
                ms(&self.whole, 0.5),
                ms(&self.whole, 0.99),
                ms(&self.insert, 0.5),
                ms(&self.insert, 0.99)
            ),
        );
    }
}
