use super::start::Running;
use crate::engine::Order;
use crate::waiting::Deadline;
use fang_core::pool::{Phase, Shutdown};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long the last results may take to be saved once all runs have ended ...
const LAST_SAVE: Duration = Duration::from_secs(3);
/// ... and how long the heart may take to sign off.
const LAST_BEAT: Duration = Duration::from_millis(2500);

pub(super) fn stop(running: Running, deadline: Duration) -> Shutdown {
    let Running { engine, orders, jobs, results, changed, claimer, workers, settlers, finisher, heart } =
        running;
    let deadline = Deadline::after(deadline);
    engine.surroundings.runs.stop();
    engine.phase.set(Phase::Draining);
    engine.notify.phase();
    changed.phase();
    // A claim that hangs is given up: what it may have taken is given back when the heart signs off.
    claimer.join_by(deadline);

    // The claimer had the other sender: no job comes after these.
    drop(orders);
    while let Ok(order) = jobs.try_recv() {
        if let Order::Run(job) = order {
            engine.begin(job, results.clone()).hand_back();
        }
    }
    let still_running = workers.stop(&engine, deadline);
    drop(results);
    // Their results go on to the finisher.
    settlers.join_by(Deadline::after(LAST_SAVE));
    engine.phase.set(Phase::Closing);
    drop(engine.closing.lock().unwrap_or_else(PoisonError::into_inner).take());
    if !finisher.join_by(Deadline::after(LAST_SAVE)) {
        engine.phase.set(Phase::GivingUp);
        log::error!("the last results could not be saved: their tasks will run again");
    }
    engine.phase.set(Phase::Stopped);
    engine.cancelled.phase();
    heart.join_by(Deadline::after(LAST_BEAT));
    Shutdown {
        handed_back: engine.stats.handed_back.load(Ordering::Relaxed),
        still_running,
        late_results: engine.stats.late.load(Ordering::Relaxed),
    }
}
