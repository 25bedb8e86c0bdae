//! Signals to and from single runs of a pool. Nearly always there are none, so that reading one counter is enough.

use std::collections::{HashMap, HashSet};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use uuid::Uuid;

/// The name of a run: its task and the lease of its claim.
pub type RunKey = (Uuid, i32);

/// The signals of all runs of a pool.
#[derive(Debug, Default)]
pub struct RunSignals {
    stopping: AtomicBool,
    cancelled: Marks,
    saved: Marks,
    next: AtomicU64,
    wakers: Mutex<HashMap<u64, (RunKey, Waker)>>,
}

impl RunSignals {
    /// Tells all runs that the pool is shutting down.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.wake(|_| true);
    }

    /// Whether the pool is shutting down.
    pub fn are_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Tells these runs that their tasks were cancelled; all others are not. Returns how many did not know yet.
    pub fn cancel(&self, runs: Vec<RunKey>) -> usize {
        let fresh: HashSet<RunKey> = self.cancelled.replace(runs);
        if !fresh.is_empty() {
            self.wake(|run| fresh.contains(run));
        }
        fresh.len()
    }

    /// Whether the task of this run was cancelled.
    pub fn is_cancelled(&self, run: RunKey) -> bool {
        self.cancelled.has(run)
    }

    /// Whether the task of any run was cancelled.
    pub fn any_cancelled(&self) -> bool {
        self.cancelled.any()
    }

    /// Tells that a run has saved its result itself, in a transaction that may or may not commit.
    pub fn saved(&self, run: RunKey) {
        self.saved.insert(run);
    }

    /// Whether the run did that. Ask once, when the run is over.
    pub fn take_saved(&self, run: RunKey) -> bool {
        self.saved.remove(run)
    }

    /// Wakes the futures that wait in these runs.
    pub(crate) fn wake(&self, is_meant: impl Fn(&RunKey) -> bool) {
        let woken: Vec<Waker> =
            self.wakers().values().filter(|(run, _)| is_meant(run)).map(|(_, waker)| waker.clone()).collect();
        woken.into_iter().for_each(Waker::wake);
    }

    /// Waits in a run until `is_told` is true. Each change of it has to be followed by a [`wake`](Self::wake).
    pub(crate) async fn told(&self, run: RunKey, is_told: impl Fn() -> bool) {
        let mut place: Option<Place<'_>> = None;
        poll_fn(|context| {
            if is_told() {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !place.as_ref().is_some_and(|place| place.waker.will_wake(waker)) {
                place = Some(Place::take(self, run, waker));
            }
            // It may have changed just before the waker was there.
            if is_told() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn wakers(&self) -> MutexGuard<'_, HashMap<u64, (RunKey, Waker)>> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The entry of a waiting future, removed when this is dropped.
struct Place<'a> {
    runs: &'a RunSignals,
    number: u64,
    waker: Waker,
}

impl<'a> Place<'a> {
    fn take(runs: &'a RunSignals, run: RunKey, waker: &Waker) -> Self {
        let number = runs.next.fetch_add(1, Ordering::Relaxed);
        runs.wakers().insert(number, (run, waker.clone()));
        Self { runs, number, waker: waker.clone() }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.runs.wakers().remove(&self.number);
    }
}

/// A set that is nearly always empty.
#[derive(Debug, Default)]
struct Marks {
    count: AtomicUsize,
    marked: Mutex<HashSet<RunKey>>,
}

impl Marks {
    fn any(&self) -> bool {
        self.count.load(Ordering::Acquire) > 0
    }

    fn has(&self, run: RunKey) -> bool {
        self.any() && self.marked().contains(&run)
    }

    fn insert(&self, run: RunKey) {
        self.change(|marked| marked.insert(run));
    }

    fn remove(&self, run: RunKey) -> bool {
        self.any() && self.change(|marked| marked.remove(&run))
    }

    /// Replaces all marks. Returns the new ones.
    fn replace(&self, runs: Vec<RunKey>) -> HashSet<RunKey> {
        if runs.is_empty() && !self.any() {
            return HashSet::new();
        }
        self.change(|marked| {
            let before = std::mem::replace(marked, runs.into_iter().collect());
            marked.difference(&before).copied().collect()
        })
    }

    fn change<T>(&self, act: impl FnOnce(&mut HashSet<RunKey>) -> T) -> T {
        let mut marked = self.marked();
        let outcome = act(&mut marked);
        self.count.store(marked.len(), Ordering::Release);
        outcome
    }

    fn marked(&self) -> MutexGuard<'_, HashSet<RunKey>> {
        self.marked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Wake};

    const RUN: RunKey = (Uuid::nil(), 1);
    const OTHER: RunKey = (Uuid::nil(), 2);

    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_cancelled_run_is_woken_and_no_other() {
        let (runs, bell) = (RunSignals::default(), Arc::new(Bell(AtomicUsize::new(0))));
        let waker = Waker::from(bell.clone());
        let mut context = Context::from_waker(&waker);
        let mut told = pin!(runs.told(RUN, || runs.is_cancelled(RUN)));
        assert!(told.as_mut().poll(&mut context).is_pending());
        assert!(told.as_mut().poll(&mut context).is_pending());
        assert_eq!(runs.cancel(vec![OTHER]), 1);
        assert_eq!(bell.0.load(Ordering::SeqCst), 0);
        assert_eq!(runs.cancel(vec![OTHER, RUN]), 1);
        assert_eq!(bell.0.load(Ordering::SeqCst), 1);
        assert!(told.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn a_dropped_wait_leaves_nothing_behind() {
        let runs = RunSignals::default();
        {
            let mut told = pin!(runs.told(RUN, || false));
            assert!(told.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(runs.wakers().len(), 1);
        }
        assert!(runs.wakers().is_empty());
    }

    #[test]
    fn runs_are_cancelled_until_a_list_without_them_comes() {
        let runs = RunSignals::default();
        runs.cancel(vec![RUN]);
        assert!(runs.is_cancelled(RUN) && !runs.is_cancelled(OTHER));
        assert_eq!(runs.cancel(vec![]), 0);
        assert!(!runs.any_cancelled());
    }

    #[test]
    fn the_mark_of_a_saved_result_is_taken_once() {
        let runs = RunSignals::default();
        runs.saved(RUN);
        assert_eq!(
            [runs.take_saved(OTHER), runs.take_saved(RUN), runs.take_saved(RUN)],
            [false, true, false]
        );
    }
}
