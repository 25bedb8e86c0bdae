//! What a pool costs that has nothing to do.

use crate::meter::Meter;
use crate::{Queues, report};
use fang::{AsyncWorkerPool, WorkerPool};
use std::error::Error;
use std::time::Duration;

const SPAN: Duration = Duration::from_secs(20);

pub(crate) async fn idle(queues: &Queues, meter: &Meter) -> Result<(), Box<dyn Error>> {
    let builder = AsyncWorkerPool::builder().number_of_workers(100_u32);
    let mut pool = builder.queue(queues.light.clone()).build();
    pool.start().await?;
    measure(meter, "idle, 100 workers").await?;
    pool.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

pub(crate) async fn idle_blocking(queues: &Queues, meter: &Meter) -> Result<(), Box<dyn Error>> {
    let builder = WorkerPool::builder().number_of_workers(100_u32);
    let mut pool = builder.queue(queues.heavy.clone()).build();
    pool.start()?;
    measure(meter, "idle, 100 threads").await?;
    pool.shutdown(Duration::from_secs(5));
    Ok(())
}

async fn measure(meter: &Meter, what: &str) -> Result<(), Box<dyn Error>> {
    // Until it polls no more often than it will.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let (before, busy_before) = (meter.read().await?, busy());
    tokio::time::sleep(SPAN).await;
    let busy = busy().saturating_sub(busy_before);
    let cost = meter.read().await? - before;
    // Reading costs two statements of its own.
    let seconds = SPAN.as_secs_f64();
    report(
        what,
        &format!(
            "{:.2} statements/s, {:.0} WAL bytes/s, {:.2} % of a core, {} resident",
            (cost.statements - 2.0) / seconds,
            cost.wal_bytes / seconds,
            busy.as_secs_f64() / seconds * 100.0,
            resident()
        ),
    );
    Ok(())
}

/// The memory of this process, as Linux tells it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or_else(|| "unknown".to_owned(), |kilobytes| kilobytes.trim().to_owned())
}

/// How long the threads of this process have run on a core, as Linux tells it.
fn busy() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let schedstat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
