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
    /// Starts the pool, unless it runs already.
    #[doc(hidden)]
    fn launched(self: Box<Self>, starting: Arc<Starting>) -> BoxFuture<'static, Result<Running, QueueError>>;
}

/// The pools that have started. They shut down when this is dropped.
struct Group(Vec<Stopping>);

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
    for stopping in &group.0 {
        reports.push(stopping.report().await);
    }
    started.map(|()| reports)
}

async fn start(
    pools: Vec<Box<dyn AnyPool>>,
    deadline: Duration,
    call: &Call,
    stopping: &mut Vec<Stopping>,
) -> Result<(), QueueError> {
    // A signal ends the process only when the pools that have started have stopped.
    let signals = pools.iter().map(|_| Signals::new()).collect::<Result<Vec<_>, _>>();
    for (pool, signals) in pools.into_iter().zip(signals.map_err(QueueError::Signals)?) {
        let mut running = Some(pool.launched(signals.starting()).await?);
        stopping.push(Stopping::begin(&mut running, signals, deadline, call)?);
    }
    Ok(())
}

impl Group {
    fn shut_down(&self) {
        self.0.iter().for_each(Stopping::shut_down);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.shut_down();
    }
}
