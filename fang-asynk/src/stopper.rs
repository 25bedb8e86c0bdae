//! Shuts a pool down at a signal, on a thread with a runtime of its own: tasks may block every thread of the
//! application's runtime.

use fang_core::QueueError;
use fang_engine::parts::Running;
use fang_engine::signals::Signals;
use fang_engine::{DEFAULT_DEADLINE, Shutdown};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the runtime of the application may take to go on after the shutdown, if tasks still run on it. If none
/// does, something else of the application blocks it and may do so for as long as a task.
const GOES_ON_WITHIN: Duration = Duration::from_secs(1);

/// A running pool, until the stopper takes it to shut it down.
type Slot = Arc<Mutex<Option<Running>>>;

/// Gives the pool back if the application gives up waiting for a signal.
struct GiveBack<'a> {
    slot: Slot,
    to: &'a mut Option<Running>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        *self.to = take(&self.slot);
    }
}

fn take(slot: &Slot) -> Option<Running> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits for a signal, then shuts the pool down. Ends the process if the runtime of the application does not go on.
pub(crate) async fn stop_at_signal(
    pool: &mut Option<Running>,
    signals: Signals,
) -> Result<Shutdown, QueueError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(QueueError::Signals)?;
    let slot = Arc::new(Mutex::new(pool.take()));
    let _back = GiveBack { slot: slot.clone(), to: pool };
    let (tell, report) = oneshot::channel();
    let stops = stop(slot, signals, tell);
    std::thread::Builder::new()
        .name("fang-stopper".to_owned())
        .spawn(move || runtime.block_on(stops))
        .map_err(QueueError::Signals)?;
    Ok(report.await.map(|(report, _goes_on)| report).unwrap_or_default())
}

/// The report, and a channel whose end is dropped once the application goes on.
type Told = (Shutdown, oneshot::Sender<()>);

async fn stop(slot: Slot, signals: Signals, mut tell: oneshot::Sender<Told>) {
    let started = signals.started();
    tokio::select! {
        () = signals.first() => {}
        () = tell.closed() => return,
    }
    let Some(pool) = take(&slot) else { return };
    let (goes_on, heard) = oneshot::channel();
    let report = pool.stop(DEFAULT_DEADLINE).await;
    let within = if report.still_running > 0 { GOES_ON_WITHIN } else { DEFAULT_DEADLINE };
    let stopped = tell.send((report, goes_on));
    if stopped.is_ok() && tokio::time::timeout(within, heard).await.is_err() {
        log::error!("the runtime is blocked and does not go on after the shutdown: the process ends");
        started.end_the_process();
    }
}
