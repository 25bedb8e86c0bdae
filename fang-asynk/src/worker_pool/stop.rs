use super::start::Running;
use fang_core::pool::{Phase, Shutdown};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// How long the last results may take to be saved once all runs have ended.
const LAST_SAVE: Duration = Duration::from_secs(10);

pub(super) async fn stop(running: Running, deadline: Duration) -> Shutdown {
    let Running { engine, jobs, results, claimer, mut supervisor, mut finisher, heart, .. } = running;
    engine.surroundings.stopping.store(true, Ordering::Relaxed);
    engine.phase.send_replace(Phase::Draining);
    let _ = claimer.await;

    // The claimer is gone, so no job comes after these; dropped unrun, they are handed back.
    jobs.close();
    while let Ok(job) = jobs.try_recv() {
        drop(engine.begin(job, results.clone()));
    }
    drop(results);
    let still_running = match timeout(deadline, &mut supervisor).await {
        Ok(ended) => ended.unwrap_or_default(),
        Err(_) => {
            engine.phase.send_replace(Phase::Aborting);
            supervisor.await.unwrap_or_default()
        }
    };
    engine.phase.send_replace(Phase::Closing);
    if timeout(LAST_SAVE, &mut finisher).await.is_err() {
        engine.phase.send_replace(Phase::GivingUp);
        let _ = timeout(LAST_SAVE, finisher).await;
    }
    engine.phase.send_replace(Phase::Stopped);
    let _ = tokio::task::spawn_blocking(move || heart.join()).await;
    Shutdown {
        handed_back: engine.stats.handed_back.load(Ordering::Relaxed),
        still_running,
        late_results: engine.stats.late.load(Ordering::Relaxed),
    }
}
