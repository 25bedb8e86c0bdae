//! The inserts and the runs that are measured.

use super::noop::{FangBenchNoop, Ran};
use crate::failure::Failure;
use fang_asynk::{AsyncQueue, AsyncWorkerPool, TlsConnector};
use fang_core::{AsyncQueueable, NewTask, QueueError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// How many tasks one call inserts.
const BATCH: u32 = 1000;
/// How many tasks are inserted one by one into an idle pool.
const PICKUPS: usize = 200;
/// How long running tasks have to end.
const DEADLINE: Duration = Duration::from_secs(10);

/// What was measured.
pub(super) struct Figures {
    pub(super) inserts: f64,
    pub(super) runs: f64,
    pub(super) pickup_p50: Duration,
    pub(super) pickup_p99: Duration,
}

pub(super) async fn figures<Tls: TlsConnector>(
    uri: &str,
    tls: Tls,
    schema: &str,
    tasks: u32,
    workers: u32,
) -> Result<Figures, Failure> {
    let mut queue = AsyncQueue::<Tls>::builder().uri(uri).schema(schema).max_pool_size(2_u32).build();
    queue.connect(tls).await?;
    let inserts = insert(&queue, tasks).await?;
    let (ran, mut runs) = unbounded_channel();
    let pool = AsyncWorkerPool::builder().queue(queue.clone()).number_of_workers(workers);
    let mut pool = pool.state(Ran(ran)).build();
    let began = Instant::now();
    pool.start().await?;
    for _ in 0..tasks {
        next(&mut runs).await?;
    }
    let took = began.elapsed();
    let pickups = pickups(&queue, &mut runs).await;
    pool.shutdown(DEADLINE).await;
    let mut pickups = pickups?;
    pickups.sort_unstable();
    let at = |share: usize| pickups.get(pickups.len() * share / 100).copied().unwrap_or_default();
    Ok(Figures { inserts, runs: a_second(tasks, took), pickup_p50: at(50), pickup_p99: at(99) })
}

async fn insert<Tls: TlsConnector>(queue: &AsyncQueue<Tls>, tasks: u32) -> Result<f64, Failure> {
    let began = Instant::now();
    let mut left = tasks;
    while left > 0 {
        let batch = left.min(BATCH);
        let task = || NewTask::asynk(&FangBenchNoop).map_err(QueueError::from);
        let tasks = (0..batch).map(|_| task()).collect::<Result<Vec<_>, _>>()?;
        queue.insert_tasks(tasks).await?;
        left -= batch;
    }
    Ok(a_second(tasks, began.elapsed()))
}

/// How long each task took from the call that inserts it to its run.
async fn pickups<Tls: TlsConnector>(
    queue: &AsyncQueue<Tls>,
    runs: &mut UnboundedReceiver<Instant>,
) -> Result<Vec<Duration>, Failure> {
    let mut pickups = Vec::with_capacity(PICKUPS);
    for _ in 0..PICKUPS {
        let began = Instant::now();
        queue.insert_tasks(vec![NewTask::asynk(&FangBenchNoop).map_err(QueueError::from)?]).await?;
        pickups.push(next(runs).await?.duration_since(began));
    }
    Ok(pickups)
}

/// The next run. If none comes for a minute, something is wrong with the server.
async fn next(runs: &mut UnboundedReceiver<Instant>) -> Result<Instant, Failure> {
    let next = tokio::time::timeout(Duration::from_secs(60), runs.recv()).await;
    next.ok().flatten().ok_or_else(|| Failure::new("no task ran for a minute; run `fang doctor`"))
}

fn a_second(number: u32, took: Duration) -> f64 {
    f64::from(number) / took.as_secs_f64().max(1e-6)
}
