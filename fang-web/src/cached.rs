//! What was read from the store, for all viewers.

use crate::refusal::Refusal;
use fang_core::QueueError;
use fang_core::operator::Freshness;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a viewer waits for the store.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How old an answer becomes at most because its look took long.
const OLDEST: Duration = Duration::from_secs(60);

/// An answer of the store that all viewers share. It is read when it is wanted, and not again while it is fresh.
#[derive(Debug)]
pub(crate) struct Cached<T> {
    kept: Arc<Mutex<Option<Kept<T>>>>,
    /// How many actions have changed what the answer tells.
    actions: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Kept<T> {
    answer: Result<Arc<T>, Refusal>,
    /// The actions before it was read.
    actions: u64,
    at: Instant,
    took: Duration,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self { kept: Arc::default(), actions: Arc::default() }
    }
}

impl<T> Kept<T> {
    /// Whether it may be told again: it is fresh, and no action has changed since then what it tells.
    fn is_good(&self, actions: u64, fresh_for: Duration) -> bool {
        self.actions == actions && self.is_fresh(fresh_for)
    }

    fn is_fresh(&self, fresh_for: Duration) -> bool {
        let freshness = Freshness::new(fresh_for, OLDEST);
        let told = if self.answer.is_ok() { freshness.after(self.took) } else { freshness.after_failure() };
        self.at.elapsed() < told
    }
}

impl<T: Send + Sync + 'static> Cached<T> {
    /// The answer, if it need not be read. `None` also while it is being read.
    pub(crate) fn fresh(&self, fresh_for: Duration) -> Option<Result<Arc<T>, Refusal>> {
        let kept = self.kept.try_lock().ok()?;
        let kept =
            kept.as_ref().filter(|kept| kept.is_good(self.actions.load(Ordering::SeqCst), fresh_for))?;
        Some(kept.answer.clone())
    }

    /// The answer. `read` gets the one before, if there was one. A viewer who goes away does not drop the call.
    pub(crate) async fn get<F>(
        &self,
        fresh_for: Duration,
        read: impl FnOnce(Option<Arc<T>>) -> F + Send + 'static,
    ) -> Result<Arc<T>, Refusal>
    where
        F: Future<Output = Result<T, QueueError>> + Send,
    {
        let (kept, actions) = (self.kept.clone(), self.actions.clone());
        let reading = tokio::spawn(async move {
            let mut kept = kept.lock().await;
            let actions = actions.load(Ordering::SeqCst);
            if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(actions, fresh_for)) {
                return kept.answer.clone();
            }
            let began = Instant::now();
            let before = kept.as_ref().and_then(|kept| kept.answer.clone().ok());
            let answer = read(before).await.map(Arc::new).map_err(Refusal::from);
            *kept = Some(Kept { answer: answer.clone(), actions, at: Instant::now(), took: began.elapsed() });
            answer
        });
        match tokio::time::timeout(TIME_LIMIT, reading).await {
            Ok(Ok(answer)) => answer,
            // Too late, or the runtime shuts down.
            _ => Err(Refusal::away("the store has not answered in time; look at its server, and try again")),
        }
    }

    /// Forgets the answer, since an action has changed what it tells. One that is being read now is not told again
    /// either.
    pub(crate) fn forget(&self) {
        self.actions.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    #[tokio::test]
    async fn many_viewers_cost_one_look_and_none_is_made_while_nobody_asks() {
        let (cached, looks) = (Cached::default(), Arc::new(AtomicU32::new(0)));
        let get = |fresh_for| {
            let looks = looks.clone();
            cached.get(fresh_for, move |_| async move { Ok(looks.fetch_add(1, Ordering::SeqCst)) })
        };
        let answers = futures_util::future::join_all((0..100).map(|_| get(Duration::from_secs(9)))).await;
        assert!(answers.iter().all(|answer| matches!(answer, Ok(number) if **number == 0)));
        assert!(cached.fresh(Duration::from_secs(9)).is_some_and(|answer| answer.is_ok()));
        cached.forget();
        assert!(cached.fresh(Duration::from_secs(9)).is_none());
        assert_eq!(*get(Duration::from_secs(9)).await.unwrap(), 1);
        assert_eq!(looks.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn an_answer_that_took_long_is_told_longer_and_a_failure_is_not() {
        let ago = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        let is_fresh = |answer: Result<Arc<u8>, Refusal>, took, at| {
            Kept { answer, actions: 0, at: ago(at), took: Duration::from_secs(took) }
                .is_fresh(Duration::from_secs(2))
        };
        let good = || Ok(Arc::new(7));
        assert!(is_fresh(good(), 0, 1) && !is_fresh(good(), 0, 3));
        assert!(is_fresh(good(), 1, 45) && !is_fresh(good(), 1, 55) && !is_fresh(good(), 60, 65));
        assert!(!is_fresh(Err(Refusal::away("")), 30, 3));
    }
}
