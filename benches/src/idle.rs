//! What a pool costs that has nothing to do.

use crate::meter::Meter;
use crate::{Queue, report};
use fang::AsyncWorkerPool;
use std::error::Error;
use std::time::Duration;

const SPAN: Duration = Duration::from_secs(20);

pub(crate) async fn idle(queue: &Queue, meter: &Meter) -> Result<(), Box<dyn Error>> {
    let mut pool = AsyncWorkerPool::builder().number_of_workers(100_u32).queue(queue.clone()).build();
    pool.start().await?;
    // Until it polls no more often than it will.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let before = meter.read().await?;
    tokio::time::sleep(SPAN).await;
    let cost = meter.read().await? - before;
    // Reading costs two statements of its own.
    let seconds = SPAN.as_secs_f64();
    report(
        "idle, 100 workers",
        &format!(
            "{:.2} statements/s, {:.0} WAL bytes/s, {} resident",
            (cost.statements - 2.0) / seconds,
            cost.wal_bytes / seconds,
            resident()
        ),
    );
    pool.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// The memory of this process, as Linux tells it.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or_else(|| "unknown".to_owned(), |kilobytes| kilobytes.trim().to_owned())
}
