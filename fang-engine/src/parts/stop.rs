//! The shutdown of a pool, step by step, each with its time limit.

use super::Running;
use crate::events::Event;
use crate::phase::Phase;
use crate::runtime::BoxFuture;
use crate::settings::{LAST_ABORT, LAST_BEAT, LAST_CLAIM, LAST_EVENTS, LAST_SAVE, Shutdown};
use crate::signal::first_of;
use crate::state::{Pool, Unfinished};
use std::time::{Duration, Instant};

/// A deadline too large for a clock is cut to this.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Running {
    /// Stops claiming, releases the tasks that no worker has begun, waits for the running ones, and hands those
    /// back, uncharged, that still run at the deadline. Returns once all results are saved, at the latest some
    /// seconds after the deadline.
    pub async fn stop(self, deadline: Duration) -> Shutdown {
        let Self { pool, workers, claimer_ended, open_batches, heart_ended } = self;
        log::info!("{} is stopping; its running tasks have {deadline:?} to end", pool.described());
        pool.state.recorder.tell(|| Event::PoolStopping { pool: pool.info() });
        let deadline = Instant::now() + deadline.min(YEAR);
        pool.state.environment.signals.stop();
        pool.phase.advance(Phase::Draining);
        // A claim that hangs is not waited for. The heart gives back its tasks when it signs off.
        let soon = deadline.min(Instant::now() + LAST_CLAIM);
        ended_by(&pool, soon, Box::pin(claimer_ended.wait())).await;
        for job in workers.close() {
            Unfinished::new(pool.clone(), job).hand_back();
        }
        let all_ended = ended_by(&pool, deadline, workers.ended()).await;
        pool.phase.advance(Phase::Aborting);
        let mut still_running = Some(0);
        if !all_ended {
            still_running = None;
            let count = &mut still_running;
            let abort = Box::pin(async { *count = Some(workers.abort().await) });
            ended_within(&pool, LAST_ABORT, abort).await;
        }
        // If tasks block the runtime, no other part goes on either. The heart then gives back all tasks.
        let last_save = if still_running.is_some() { LAST_SAVE } else { Duration::ZERO };
        // The results of these commits go on to the finisher.
        ended_within(&pool, last_save, Box::pin(open_batches.none())).await;
        pool.phase.advance(Phase::Closing);
        if !ended_within(&pool, last_save, Box::pin(pool.finisher_ended.wait())).await {
            pool.phase.advance(Phase::GivingUp);
            log::error!("the last results could not be saved; their tasks will run again");
        }
        pool.phase.advance(Phase::Stopped);
        ended_within(&pool, LAST_BEAT, Box::pin(heart_ended.wait())).await;
        let shutdown =
            pool.state.stats.report(still_running.unwrap_or_else(|| pool.state.gauge.load().in_flight));
        log::info!(
            "the pool of worker {} has stopped; it handed {} tasks back, and {} runs go on",
            pool.state.worker(),
            shutdown.handed_back,
            shutdown.still_running
        );
        pool.state.recorder.tell(|| Event::PoolStopped { pool: pool.info() });
        ended_within(&pool, LAST_EVENTS, Box::pin(pool.state.recorder.flush())).await;
        shutdown
    }
}

async fn ended_by(pool: &Pool, deadline: Instant, end: BoxFuture<'_, ()>) -> bool {
    ended_within(pool, deadline.saturating_duration_since(Instant::now()), end).await
}

/// Waits for an end, at most for this long. Returns whether it came.
async fn ended_within(pool: &Pool, span: Duration, end: BoxFuture<'_, ()>) -> bool {
    first_of([end, pool.sleep(span)]).await == 0
}
