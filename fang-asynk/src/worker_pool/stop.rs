use super::start::Running;
use crate::engine::Order;
use fang_core::pool::{Phase, Shutdown};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long the last results may take to be saved once all runs have ended ...
const LAST_SAVE: Duration = Duration::from_secs(3);
/// ... and how long the heart may take to sign off: two seconds for the database, and a little more.
const LAST_BEAT: Duration = Duration::from_millis(2500);

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

pub(super) async fn stop(running: Running, deadline: Duration) -> Shutdown {
    let Running {
        engine, jobs, results, mut claimer, mut supervisor, mut settled, mut finisher, heart, ..
    } = running;
    // A deadline that no clock can hold is as good as a year.
    let now = Instant::now();
    let deadline = now.checked_add(deadline).unwrap_or(now + YEAR);
    engine.surroundings.runs.stop();
    engine.phase.send_replace(Phase::Draining);
    // A claim that hangs is given up: what it may have taken is given back when the heart signs off.
    if timeout_at(deadline, &mut claimer).await.is_err() {
        claimer.abort();
    }

    // No job comes after these; dropped unrun, they are handed back.
    jobs.close();
    while let Ok(order) = jobs.try_recv() {
        if let Order::Run(job) = order {
            drop(engine.begin(job, results.clone()));
        }
    }
    drop(results);
    let still_running = match timeout_at(deadline, &mut supervisor).await {
        Ok(ended) => ended.unwrap_or_default(),
        Err(_) => {
            engine.phase.send_replace(Phase::Aborting);
            supervisor.await.unwrap_or_default()
        }
    };
    // Their results go on to the finisher.
    let _ = timeout(LAST_SAVE, settled.recv()).await;
    engine.phase.send_replace(Phase::Closing);
    if timeout(LAST_SAVE, &mut finisher).await.is_err() {
        engine.phase.send_replace(Phase::GivingUp);
        finisher.abort();
        log::error!("the last results could not be saved: their tasks will run again");
    }
    engine.phase.send_replace(Phase::Stopped);
    let joined = tokio::task::spawn_blocking(move || heart.join());
    let _ = timeout(LAST_BEAT, joined).await;
    Shutdown {
        handed_back: engine.stats.handed_back.load(Ordering::Relaxed),
        still_running,
        late_results: engine.stats.late.load(Ordering::Relaxed),
    }
}
