//! The results of the tasks of one lock-claim.

use crate::runtime::BoxFuture;
use crate::signal::{Latch, Signal};
use crate::state::job::UnwrittenClaim;
use crate::state::results::Finished;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The results of the tasks of one lock-claim. Workers write; the committer reads.
#[derive(Debug)]
pub(super) struct LockedResults {
    inner: Mutex<Inner>,
    all_in: Signal,
    over: Latch,
    /// Whether any run of the pool ever waited for its written claim. Runs write; the claimer reads.
    wants_written: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Inner {
    stage: Stage,
    running: usize,
    results: Vec<Finished>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Committing,
    Over,
}

impl LockedResults {
    /// For a lock-claim of this many tasks, which are about to run.
    pub(super) fn new(tasks: usize, wants_written: Arc<AtomicBool>) -> Self {
        let inner = Inner { stage: Stage::Open, running: tasks, results: Vec::with_capacity(tasks) };
        let (inner, all_in) = (Mutex::new(inner), Signal::default());
        if tasks == 0 {
            all_in.notify();
        }
        Self { inner, all_in, over: Latch::default(), wants_written }
    }

    /// Waits until the last result is in.
    pub(super) async fn all_in(&self) {
        self.all_in.notified().await;
    }

    /// Tells that the transaction is about to commit. Returns the results so far.
    pub(super) fn commit(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Committing;
        std::mem::take(&mut inner.results)
    }

    /// Tells that the transaction has ended. Returns the results that came meanwhile; their tasks have written
    /// claims now.
    pub(super) fn over(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Over;
        self.over.set();
        std::mem::take(&mut inner.results)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnwrittenClaim for LockedResults {
    fn keep(&self, result: Finished) -> Option<Finished> {
        let mut inner = self.inner();
        if inner.stage == Stage::Over {
            return Some(result);
        }
        inner.results.push(result);
        inner.running = inner.running.saturating_sub(1);
        if inner.running == 0 && inner.stage == Stage::Open {
            self.all_in.notify();
        }
        None
    }

    fn written(&self) -> BoxFuture<'_, ()> {
        if !self.over.is_set() {
            self.wants_written.store(true, Ordering::SeqCst);
        }
        Box::pin(self.over.wait())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::{Finish, Verdict, WorkerId};
    use futures_util::FutureExt;
    use uuid::Uuid;

    fn result(number: u128, verdict: Verdict) -> Finished {
        let result = Finish { id: Uuid::from_u128(number), lease: 1, verdict, keep: None };
        Finished { result, worker: WorkerId(1), may_be_saved: false }
    }

    #[test]
    fn the_last_result_ends_the_wait_for_results() {
        let results = LockedResults::new(2, Arc::default());
        assert_eq!(results.keep(result(1, Verdict::Remove)), None);
        assert!(results.all_in().now_or_never().is_none());
        assert_eq!(results.keep(result(2, Verdict::Remove)), None);
        assert!(results.all_in().now_or_never().is_some());
        assert_eq!(results.commit().len(), 2);
    }

    #[test]
    fn a_result_that_comes_during_the_commit_waits_until_that_is_over() {
        let results = LockedResults::new(3, Arc::default());
        assert_eq!(results.keep(result(1, Verdict::Remove)), None);
        assert_eq!(results.commit(), [result(1, Verdict::Remove)]);
        assert_eq!(results.keep(result(2, Verdict::Remove)), None);
        assert_eq!(results.over(), [result(2, Verdict::Remove)]);
        let late = result(3, Verdict::Keep);
        assert_eq!(results.keep(late.clone()), Some(late));
    }

    #[test]
    fn a_run_that_needs_its_claim_written_waits_until_it_is_and_that_is_remembered() {
        let wants_written = Arc::<AtomicBool>::default();
        let results = LockedResults::new(1, wants_written.clone());
        assert!(results.written().now_or_never().is_none());
        assert!(wants_written.load(Ordering::SeqCst));
        results.commit();
        assert!(results.written().now_or_never().is_none());
        results.over();
        assert!(results.written().now_or_never().is_some());
    }
}
