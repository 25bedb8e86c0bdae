//! Several pools, of both modes, that start together and stop at the same signal.

use crate::parts::Running;
use crate::runtime::BoxFuture;
use crate::settings::Shutdown;
use crate::signals::Signals;
use crate::starting::Starting;
use crate::stopper::{Call, Stopping};
use fang_core::QueueError;
use std::sync::Arc;
use std::time::Duration;

/// A pool of either mode, which [`Pools`](https://docs.rs/fang/latest/fang/struct.Pools.html) start and stop.
pub trait AnyPool: Send + 'static {
    /// Whether the pool runs already.
    #[doc(hidden)]
    fn is_running(&self) -> bool;

    /// Starts the pool, unless it runs already.
    #[doc(hidden)]
    fn launched(self: Box<Self>, starting: Arc<Starting>) -> BoxFuture<'static, Result<Running, QueueError>>;
}

/// The pools that have started, each with its place among all. They shut down when this is dropped.
struct Group(Vec<(usize, Stopping)>);

/// Starts the pools, one after the other, waits for a signal, and shuts all down at the same time. Returns their
/// reports. If one does not start, those before it are shut down.
///
/// # Errors
/// [`QueueError::Signals`] when the signals cannot be received, and the first error of a start.
pub async fn run_until_signal(
    pools: Vec<Box<dyn AnyPool>>,
    deadline: Duration,
) -> Result<Vec<Shutdown>, QueueError> {
    let (call, mut group) = (Call::new(), Group(Vec::new()));
    let started = start(pools, deadline, &call, &mut group.0).await;
    call.has_started();
    if started.is_err() {
        group.shut_down();
    }
    let mut reports = Vec::new();
    group.0.sort_unstable_by_key(|(place, _)| *place);
    for (_, stopping) in &group.0 {
        reports.push(stopping.report().await);
    }
    started.map(|()| reports)
}

async fn start(
    pools: Vec<Box<dyn AnyPool>>,
    deadline: Duration,
    call: &Call,
    stopping: &mut Vec<(usize, Stopping)>,
) -> Result<(), QueueError> {
    // A signal ends the process only when the pools that have started have stopped.
    let signals = pools.iter().map(|_| Signals::new()).collect::<Result<Vec<_>, _>>();
    let mut pools: Vec<_> =
        pools.into_iter().zip(signals.map_err(QueueError::Signals)?).enumerate().collect();
    // Those that run already come first, so that a signal shuts them down even if it comes while others start.
    pools.sort_by_key(|(_, (pool, _))| !pool.is_running());
    for (place, (pool, signals)) in pools {
        let mut running = Some(pool.launched(signals.starting()).await?);
        let begun = Stopping::begin(&mut running, signals, deadline, call);
        if let Some(running) = running {
            running.stop_within(deadline).await;
        }
        stopping.push((place, begun?));
    }
    Ok(())
}

impl Group {
    fn shut_down(&self) {
        self.0.iter().for_each(|(_, stopping)| stopping.shut_down());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.shut_down();
    }
}
