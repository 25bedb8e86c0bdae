use super::start::Running;
use crate::engine::Phase;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// How long the last results may take to be saved once all runs have ended.
const LAST_SAVE: Duration = Duration::from_secs(10);

/// What a shutdown found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Tasks given back uncharged: claimed and not begun, or still running at the deadline.
    pub handed_back: u64,
    /// Tasks that could not even be aborted, because they never wait. They are rescued once this
    /// process ends.
    pub still_running: usize,
    /// Results that came too late since the pool started: others had taken over the tasks.
    pub late_results: u64,
}

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
    // The last sender went with the last worker, unless one could not be stopped.
    if still_running == 0 && timeout(LAST_SAVE, &mut finisher).await.is_err() {
        engine.phase.send_replace(Phase::Aborting);
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
