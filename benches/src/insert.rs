//! Inserts: one by one, and in bulk.

use crate::meter::Meter;
use crate::report;
use crate::tasks::nothing;
use fang::{AsyncQueue, AsyncQueueable, NewTask, NoTls, PayloadError};
use std::error::Error;
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(4);
const BULK: u64 = 100_000;

pub(crate) async fn one_by_one(queue: &AsyncQueue<NoTls>, meter: &Meter) -> Result<(), Box<dyn Error>> {
    for producers in [1_u32, 8] {
        meter.settle().await?;
        let before = meter.read_settled().await?;
        let inserted = insert_for_a_while(queue, producers).await?;
        let cost = meter.read_settled().await? - before;
        let tasks = inserted as f64;
        report(
            &format!("insert one by one, {producers} producers"),
            &format!(
                "{:.0} tasks/s, {:.2} statements, {:.2} commits and {:.0} WAL bytes a task",
                tasks / SPAN.as_secs_f64(),
                cost.statements / tasks,
                cost.commits / tasks,
                cost.wal_bytes / tasks
            ),
        );
    }
    Ok(())
}

async fn insert_for_a_while(queue: &AsyncQueue<NoTls>, producers: u32) -> Result<usize, Box<dyn Error>> {
    let end = Instant::now() + SPAN;
    let producers: Vec<_> = (0..producers)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut inserted = 0;
                while Instant::now() < end {
                    queue.insert_task(&nothing(inserted as u64)).await?;
                    inserted += 1;
                }
                Ok::<usize, fang::QueueError>(inserted)
            })
        })
        .collect();
    let mut inserted = 0;
    for producer in producers {
        inserted += producer.await??;
    }
    Ok(inserted)
}

pub(crate) async fn bulk(queue: &AsyncQueue<NoTls>, meter: &Meter) -> Result<(), Box<dyn Error>> {
    let tasks =
        (0..BULK).map(|number| NewTask::asynk(&nothing(number))).collect::<Result<Vec<_>, PayloadError>>()?;
    meter.settle().await?;
    let before = meter.read().await?;
    let started = Instant::now();
    queue.insert_tasks(tasks).await?;
    let took = started.elapsed();
    let cost = meter.read().await? - before;
    report(
        "insert in bulk, 100,000 in one call",
        &format!(
            "{:.0} tasks/s, {:.0} WAL bytes a task",
            BULK as f64 / took.as_secs_f64(),
            cost.wal_bytes / BULK as f64
        ),
    );
    Ok(())
}
