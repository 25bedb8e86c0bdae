//! `Metrics`: the text for Prometheus, read at most every few seconds.

use crate::families;
use crate::look::{Look, SlowLook};
use crate::totals::Totals;
use fang_core::QueueError;
use fang_core::operator::Freshness;
use fang_engine::handle::Admin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The metrics of all pools of a store. They are read from the store when a client asks, at most every 5 s, however
/// many clients there are. Clones share what was read.
///
/// Counters begin at zero with the first call, and those of a task type or kind that is new with the call that first sees it. Keep one `Metrics` for the life of the program, and read it at least
/// once an hour: the counts of a pool are removed an hour after it stops.
///
/// Up to 300 task types have lines of their own, first those that pools serve. The others are summed under the task
/// type `(others)`.
///
/// ```
/// use fang::{AsyncBackend, MemoryQueue};
/// use fang_observe::Metrics;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let metrics = Metrics::new(MemoryQueue::new().admin()?);
/// assert!(metrics.text().await?.contains("\nfang_workers{state=\"alive\"} 0\n"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    collector: Arc<Mutex<Collector>>,
    fresh_for: Duration,
    time_limit: Duration,
}

/// Why there are no metrics.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// The store has not answered in time. It is not asked again before that answer comes.
    #[error("the store has not answered within {} ms; look at its server, or raise the time limit", .0.as_millis())]
    Late(Duration),
    /// The store has refused, or cannot be reached.
    #[error(transparent)]
    Store(Arc<QueueError>),
}

impl Metrics {
    /// The metrics of the store of this admin. `admin()` of an async queue returns it.
    pub fn new(admin: Admin) -> Self {
        let collector = Collector { admin, totals: Totals::default(), slow: None, answer: None };
        Self {
            collector: Arc::new(Mutex::new(collector)),
            fresh_for: Duration::from_secs(5),
            time_limit: Duration::from_secs(3),
        }
    }

    /// How long an answer of the store, or a failure, is reused before the store is asked again. An answer that took
    /// long is reused for fifty times as long as it took, up to 5 min. Failed tasks and sizes of tables are asked for
    /// six times as rarely. Defaults to 5 s, the time between two beats of a pool.
    #[must_use]
    pub fn fresh_for(self, fresh_for: Duration) -> Self {
        Self { fresh_for, ..self }
    }

    /// How long a call waits for the store. Defaults to 3 s.
    #[must_use]
    pub fn time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    /// The metrics in the text format of Prometheus, version 0.0.4.
    ///
    /// # Errors
    /// [`MetricsError::Store`] when the store fails, and [`MetricsError::Late`] when it takes too long.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn text(&self) -> Result<Arc<str>, MetricsError> {
        let (collector, fresh_for) = (self.collector.clone(), self.fresh_for);
        // A task of its own, since a client that goes away must not drop a call of the store.
        let reading = tokio::spawn(async move { collector.lock().await.answer(fresh_for).await });
        match tokio::time::timeout(self.time_limit, reading).await {
            Ok(Ok(answer)) => answer,
            // Too late, or the runtime shuts down.
            _ => Err(MetricsError::Late(self.time_limit)),
        }
    }
}

type Answer = Result<Arc<str>, MetricsError>;

/// Looks that take longer than 6 s take more than a fiftieth of the time.
const OLDEST: Duration = Duration::from_secs(300);

#[derive(Debug)]
struct Collector {
    admin: Admin,
    totals: Totals,
    slow: Option<(Instant, SlowLook)>,
    answer: Option<Told>,
}

/// An answer, and until when it is told again.
#[derive(Debug)]
struct Told {
    answer: Answer,
    at: Instant,
    took: Duration,
}

impl Told {
    fn is_fresh(&self, fresh_for: Duration) -> bool {
        let freshness = Freshness::new(fresh_for, OLDEST);
        let told = if self.answer.is_ok() { freshness.after(self.took) } else { freshness.after_failure() };
        self.at.elapsed() < told
    }
}

impl Collector {
    async fn answer(&mut self, fresh_for: Duration) -> Answer {
        if let Some(told) = self.answer.as_ref().filter(|told| told.is_fresh(fresh_for)) {
            return told.answer.clone();
        }
        let began = Instant::now();
        let answer = self
            .read(fresh_for.saturating_mul(6))
            .await
            .map_err(|error| MetricsError::Store(Arc::new(error)));
        self.answer = Some(Told { answer: answer.clone(), at: Instant::now(), took: began.elapsed() });
        answer
    }

    async fn read(&mut self, slow_fresh_for: Duration) -> Result<Arc<str>, QueueError> {
        let began = Instant::now();
        let look = Look::read(&self.admin).await?;
        let slow = match self.slow.take() {
            Some((at, slow)) if at.elapsed() < slow_fresh_for => (at, slow),
            _ => (Instant::now(), SlowLook::read(&self.admin).await?),
        };
        self.totals.add(&look.workers);
        let text = families::all(&look, &slow.1, &self.totals, began.elapsed());
        self.slow = Some(slow);
        Ok(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_again_for_fifty_times_as_long_as_its_look_took() {
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        let is_fresh = |answer: Answer, took, at| {
            Told { answer, at: ago(at), took: Duration::from_secs(took) }.is_fresh(Duration::from_secs(5))
        };
        let good = || Ok(Arc::from(""));
        assert!(is_fresh(good(), 0, 4) && !is_fresh(good(), 0, 6));
        assert!(is_fresh(good(), 1, 45) && !is_fresh(good(), 1, 55) && !is_fresh(good(), 60, 305));
        let bad = || Err(MetricsError::Late(Duration::ZERO));
        assert!(is_fresh(bad(), 30, 4) && !is_fresh(bad(), 30, 6));
    }
}
