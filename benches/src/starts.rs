//! The starts of tasks, as they come.

use fang_bench_kit::Error;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// The numbers of the tasks that start, and when.
pub(crate) type Starts = UnboundedReceiver<(u64, Instant)>;

/// The next start, within this time.
pub(crate) async fn next(starts: &mut Starts, within: Duration) -> Result<(u64, Instant), Error> {
    let late = |_| format!("no task started within {} s", within.as_secs());
    let start = tokio::time::timeout(within, starts.recv()).await.map_err(late)?;
    Ok(start.ok_or("the pool ended")?)
}
