use super::start::Running;
use crate::waiting::Deadline;
use fang_core::pool::{Phase, Shutdown};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the last results may take to be saved once all runs have ended.
const LAST_SAVE: Duration = Duration::from_secs(10);

pub(super) fn stop(running: Running, deadline: Duration) -> Shutdown {
    let Running { engine, jobs, results, changed, claimer, workers, finisher, heart } = running;
    let deadline = Deadline::after(deadline);
    engine.surroundings.stopping.store(true, Ordering::Relaxed);
    engine.phase.set(Phase::Draining);
    engine.notify.phase();
    changed.phase();
    let _ = claimer.join();

    // The claimer is gone, so no job comes after these.
    while let Ok(job) = jobs.try_recv() {
        engine.begin(job, results.clone()).hand_back();
    }
    let still_running = workers.stop(&engine, deadline);
    drop(results);
    engine.phase.set(Phase::Closing);
    drop(engine.closing.lock().unwrap_or_else(PoisonError::into_inner).take());
    join_in_time(&engine.phase, finisher);
    engine.phase.set(Phase::Stopped);
    let _ = heart.join();
    Shutdown {
        handed_back: engine.stats.handed_back.load(Ordering::Relaxed),
        still_running,
        late_results: engine.stats.late.load(Ordering::Relaxed),
    }
}

/// Waits for the finisher, and makes it give up what it cannot save in time.
fn join_in_time(phase: &crate::waiting::Watch, finisher: JoinHandle<()>) {
    std::thread::scope(|scope| {
        let (done, ended) = crossbeam_channel::bounded::<()>(1);
        scope.spawn(move || {
            if ended.recv_timeout(LAST_SAVE).is_err() {
                phase.set(Phase::GivingUp);
            }
        });
        let _ = finisher.join();
        let _ = done.send(());
    });
}
