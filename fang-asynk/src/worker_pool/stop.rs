use super::start::Running;
use crate::engine::Order;
use fang_core::pool::{LAST_BEAT, LAST_SAVE, Phase, Shutdown};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

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
    engine.stats.report(still_running)
}
