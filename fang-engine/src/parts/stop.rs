//! The shutdown of a pool, step by step, each with its time limit.

use super::Running;
use crate::events::Event;
use crate::phase::Phase;
use crate::runtime::BoxFuture;
#[cfg(unix)]
use crate::runtime::Runtime;
#[cfg(unix)]
use crate::settings::TO_END;
use crate::settings::{LAST_ABORT, LAST_BEAT, LAST_CLAIM, LAST_EVENTS, LAST_SAVE, Shutdown};
use crate::signal::{Latch, SetAtEnd, first_of};
use crate::state::{Pool, RunKey, Unfinished};
use crate::workers::Workers;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a runtime may take to begin something new before it counts as blocked.
const PROBE: Duration = Duration::from_millis(250);

/// A deadline too large for a clock is cut to this.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The time limits of a shutdown.
struct Limits {
    /// Until then, tasks may run.
    tasks_by: Instant,
    /// Until then, all steps have to end. A call of the application waits for each step as long as it may take.
    ends_by: Option<Instant>,
    /// The time that each of the last steps has, even if those before it take as long as they may.
    share: Duration,
}

impl Limits {
    fn of_call(now: Instant, deadline: Duration) -> Self {
        Self { tasks_by: now + deadline, ends_by: None, share: Duration::ZERO }
    }

    /// The last share of the time is for the application.
    #[cfg(unix)]
    fn of_signal(now: Instant, deadline: Duration) -> Self {
        let to_end = TO_END.min(deadline / 4);
        let (share, deadline) = (to_end / 10, now + deadline);
        Self { tasks_by: deadline - to_end, ends_by: Some(deadline - share), share }
    }

    /// How long a step may take that has this limit, and is followed by so many others that need a share.
    fn rest(&self, limit: Duration, others: u32) -> Duration {
        let Some(ends_by) = self.ends_by else { return limit };
        let rest = ends_by.saturating_duration_since(Instant::now());
        limit.min(rest.saturating_sub(self.share * others))
    }
}

impl Running {
    /// The runtime of its parts.
    #[cfg(unix)]
    pub(crate) fn runtime(&self) -> Arc<dyn Runtime> {
        self.pool.runtime.clone()
    }

    /// Like [`stop`](Self::stop), so that the process can end by the deadline even if tasks do not stop, and if the
    /// store does not answer.
    #[cfg(unix)]
    pub(crate) async fn stop_within(self, deadline: Duration) -> Shutdown {
        self.stop_by(Limits::of_signal(Instant::now(), deadline.min(YEAR))).await
    }

    /// Stops claiming, releases the tasks that no worker has begun, waits for the running ones, and hands those
    /// back, uncharged, that still run at the deadline. Returns once all results are saved, at the latest some
    /// seconds after the deadline.
    pub async fn stop(self, deadline: Duration) -> Shutdown {
        self.stop_by(Limits::of_call(Instant::now(), deadline.min(YEAR))).await
    }

    async fn stop_by(self, limits: Limits) -> Shutdown {
        let pool = self.pool.clone();
        if !pool.stop.begin() {
            return is_stopped(&pool, &limits).await;
        }
        let at_end = SetAtEnd::new(&pool.stop.ended);
        let report = self.stop_first(limits).await;
        pool.stop.reports(report);
        drop(at_end);
        report
    }

    async fn stop_first(self, limits: Limits) -> Shutdown {
        let Self { pool, workers, claimer_ended, open_batches, heart_ended } = self;
        let deadline = limits.tasks_by;
        let rest = deadline.saturating_duration_since(Instant::now());
        log::info!("{} is stopping; its running tasks have {rest:.1?} to end", pool.described());
        pool.state.recorder.tell(|| Event::PoolStopping { pool: pool.info() });
        pool.state.environment.signals.stop();
        pool.phase.advance(Phase::Draining);
        // A claim that hangs is not waited for. The heart gives back its tasks when it signs off.
        let soon = deadline.min(Instant::now() + LAST_CLAIM);
        let no_claim_hangs = ended_by(&pool, soon, Box::pin(claimer_ended.wait())).await;
        let not_begun = hand_back_waiting(&pool, &*workers);
        if !no_claim_hangs {
            leave_to_heart(&pool, &not_begun);
        }
        let rest = deadline.saturating_duration_since(Instant::now());
        let sooner = Box::pin(pool.stop.sooner.wait());
        let all_ended = first_of([workers.ended(), pool.sleep(rest), sooner]).await == 0;
        pool.phase.advance(Phase::Aborting);
        let goes_on = all_ended || goes_on(&pool).await;
        let mut still_running = all_ended.then_some(0);
        if !all_ended && goes_on {
            let count = &mut still_running;
            let abort = Box::pin(async { *count = Some(workers.abort().await) });
            ended_within(&pool, limits.rest(LAST_ABORT, 3), abort).await;
        }
        // If tasks block the runtime, no other part goes on either. The heart then gives back all tasks.
        let last_save = if goes_on { LAST_SAVE } else { Duration::ZERO };
        // The results of these commits go on to the finisher.
        ended_within(&pool, limits.rest(last_save, 3), Box::pin(open_batches.none())).await;
        pool.phase.advance(Phase::Closing);
        if !ended_within(&pool, limits.rest(last_save, 2), Box::pin(pool.finisher_ended.wait())).await {
            pool.phase.advance(Phase::GivingUp);
            log::error!("the last results could not be saved; their tasks will run again");
        }
        pool.phase.advance(Phase::Stopped);
        ended_within(&pool, limits.rest(LAST_BEAT, 1), Box::pin(heart_ended.wait())).await;
        let shutdown =
            pool.state.stats.report(still_running.unwrap_or_else(|| pool.state.gauge.load().in_flight));
        log::info!(
            "the pool of worker {} has stopped; it handed {} tasks back, and {} runs go on",
            pool.state.worker(),
            shutdown.handed_back,
            shutdown.still_running
        );
        pool.state.recorder.tell(|| Event::PoolStopped { pool: pool.info() });
        ended_within(&pool, limits.rest(LAST_EVENTS, 0), Box::pin(pool.state.recorder.flush())).await;
        shutdown
    }
}

/// Waits for the stop that another call has begun. After the deadline of this one it waits no longer for tasks.
async fn is_stopped(pool: &Pool, limits: &Limits) -> Shutdown {
    if !ended_by(pool, limits.tasks_by, Box::pin(pool.stop.ended.wait())).await {
        pool.stop.sooner.set();
        let last = LAST_ABORT + LAST_SAVE * 2 + LAST_BEAT + LAST_EVENTS;
        ended_within(pool, limits.rest(last, 0), Box::pin(pool.stop.ended.wait())).await;
    }
    pool.stop.report()
}

/// Gives back the tasks that no worker has begun. Returns which they are.
fn hand_back_waiting(pool: &Arc<Pool>, workers: &dyn Workers) -> HashSet<RunKey> {
    let jobs = workers.close().into_iter();
    let handed_back = jobs.map(|job| {
        let run = (job.task.id, job.task.lease);
        Unfinished::new(pool.clone(), job).hand_back();
        run
    });
    handed_back.collect()
}

/// If tasks block the runtime, the finisher saves nothing: lets the heart give back what has not begun.
fn leave_to_heart(pool: &Pool, not_begun: &HashSet<RunKey>) {
    let mut begun = pool.state.in_flight.list();
    begun.retain(|run| !not_begun.contains(run));
    pool.leftover.give_back_all_but(begun);
}

/// Whether tasks let their runtime go on.
async fn goes_on(pool: &Pool) -> bool {
    let goes_on = Arc::<Latch>::default();
    let at_end = SetAtEnd::new(&goes_on);
    let spawned = pool.runtime.spawn("fang-probe", Box::pin(async { drop(at_end) }));
    spawned.is_ok() && ended_within(pool, PROBE, Box::pin(goes_on.wait())).await
}

async fn ended_by(pool: &Pool, deadline: Instant, end: BoxFuture<'_, ()>) -> bool {
    ended_within(pool, deadline.saturating_duration_since(Instant::now()), end).await
}

/// Waits for an end, at most for this long. Returns whether it came.
async fn ended_within(pool: &Pool, span: Duration, end: BoxFuture<'_, ()>) -> bool {
    first_of([end, pool.sleep(span)]).await == 0
}
