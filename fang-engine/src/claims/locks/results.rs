//! The results of the tasks that one transaction keeps locked.

use crate::signal::Signal;
use crate::state::Finished;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The results of the tasks that one transaction keeps locked. Workers write; the settler reads.
#[derive(Debug)]
pub struct LockedResults {
    inner: Mutex<Inner>,
    all_in: Signal,
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
    /// This many tasks are about to run.
    pub(crate) fn new(tasks: usize) -> Self {
        let inner = Inner { stage: Stage::Open, running: tasks, results: Vec::with_capacity(tasks) };
        let results = Self { inner: Mutex::new(inner), all_in: Signal::default() };
        if tasks == 0 {
            results.all_in.notify();
        }
        results
    }

    /// Keeps a result until the transaction commits, or gives it back: then it is saved as that of any claim.
    pub(crate) fn take(&self, result: Finished) -> Option<Finished> {
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

    /// Waits until the last result is in.
    pub(crate) async fn all_in(&self) {
        self.all_in.notified().await;
    }

    /// The transaction is about to commit. Returns the results so far.
    pub(crate) fn commit(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Committing;
        std::mem::take(&mut inner.results)
    }

    /// It has. Returns the results that came meanwhile, which are those of written claims.
    pub(crate) fn over(&self) -> Vec<Finished> {
        let mut inner = self.inner();
        inner.stage = Stage::Over;
        std::mem::take(&mut inner.results)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_core::store::{Finish, Verdict, WorkerId};
    use futures_util::FutureExt;
    use uuid::Uuid;

    fn result(number: u128, verdict: Verdict) -> Finished {
        let result = Finish { id: Uuid::from_u128(number), lease: 1, verdict };
        Finished { result, worker: WorkerId(1), may_be_saved: false }
    }

    #[test]
    fn the_last_result_says_that_all_are_in() {
        let results = LockedResults::new(2);
        assert_eq!(results.take(result(1, Verdict::Remove)), None);
        assert!(results.all_in().now_or_never().is_none());
        assert_eq!(results.take(result(2, Verdict::Remove)), None);
        assert!(results.all_in().now_or_never().is_some());
        assert_eq!(results.commit().len(), 2);
    }

    #[test]
    fn a_result_that_comes_during_the_commit_waits_until_that_is_over() {
        let results = LockedResults::new(3);
        assert_eq!(results.take(result(1, Verdict::Remove)), None);
        assert_eq!(results.commit(), [result(1, Verdict::Remove)]);
        assert_eq!(results.take(result(2, Verdict::Remove)), None);
        assert_eq!(results.over(), [result(2, Verdict::Remove)]);
        let late = result(3, Verdict::Keep);
        assert_eq!(results.take(late.clone()), Some(late));
    }
}
