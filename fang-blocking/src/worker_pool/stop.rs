use super::start::Running;
use crate::engine::Order;
use crate::waiting::Deadline;
use fang_core::pool::{LAST_BEAT, LAST_SAVE, Phase, Shutdown};
use std::sync::PoisonError;
use std::time::Duration;

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
    engine.bell.interrupt();
    heart.join_by(Deadline::after(LAST_BEAT));
    engine.stats.report(still_running)
}
