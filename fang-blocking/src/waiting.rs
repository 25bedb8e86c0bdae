//! How threads wait for each other: what tokio's `Notify` and `watch` do for the async mode.

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use fang_core::StoreError;
use fang_core::pool::Phase;
use std::convert::Infallible;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Wakes one thread that waits, or the next that will.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    rung: Mutex<Reasons>,
    bell: Condvar,
}

/// Why a waiting thread was woken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reasons {
    /// Somebody inserted a task, or a cron changed.
    pub(crate) inserted: bool,
    /// So few tasks are in flight that the claimer wants more.
    pub(crate) room: bool,
    /// The pool has come to another phase.
    pub(crate) phase: bool,
}

impl Notify {
    pub(crate) fn inserted(&self) {
        self.notify(|reasons| reasons.inserted = true);
    }

    pub(crate) fn room(&self) {
        self.notify(|reasons| reasons.room = true);
    }

    pub(crate) fn phase(&self) {
        self.notify(|reasons| reasons.phase = true);
    }

    fn notify(&self, why: impl FnOnce(&mut Reasons)) {
        why(&mut lock(&self.rung));
        self.bell.notify_one();
    }

    /// Waits until notified, for at most this long; `None` waits as long as it takes.
    pub(crate) fn wait(&self, at_most: Option<Duration>) -> Reasons {
        let nothing = |reasons: &mut Reasons| *reasons == Reasons::default();
        let guard = lock(&self.rung);
        let mut guard = match at_most {
            None => self.bell.wait_while(guard, nothing).unwrap_or_else(PoisonError::into_inner),
            Some(time) => {
                self.bell.wait_timeout_while(guard, time, nothing).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        std::mem::take(&mut guard)
    }
}

/// The phase of a pool, for many threads to wait for.
#[derive(Debug)]
pub(crate) struct Watch {
    phase: Mutex<Phase>,
    changed: Condvar,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self { phase: Mutex::new(Phase::Running), changed: Condvar::new() }
    }

    pub(crate) fn get(&self) -> Phase {
        *lock(&self.phase)
    }

    pub(crate) fn set(&self, phase: Phase) {
        *lock(&self.phase) = phase;
        self.changed.notify_all();
    }

    /// Waits until the pool has come to this phase, for at most this long; whether it has.
    pub(crate) fn wait_for(&self, phase: Phase, at_most: Duration) -> bool {
        let before = |current: &mut Phase| *current < phase;
        let guard = lock(&self.phase);
        let waited = self.changed.wait_timeout_while(guard, at_most, before);
        *waited.unwrap_or_else(PoisonError::into_inner).0 >= phase
    }
}

/// A thread whose end can be waited for, for so long and no longer. Dropping it does not end it.
#[derive(Debug)]
pub(crate) struct Part(Receiver<Infallible>);

impl Part {
    pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let (running, ended) = bounded(0);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            run();
            drop(running);
        })?;
        Ok(Self(ended))
    }

    /// Waits until the thread has ended; whether it has.
    pub(crate) fn join_by(&self, deadline: Deadline) -> bool {
        matches!(self.0.recv_deadline(deadline.instant()), Err(RecvTimeoutError::Disconnected))
    }
}

/// The system has no thread left, or nothing for one to wait with.
pub(crate) fn no_thread(error: std::io::Error) -> StoreError {
    StoreError::unreachable(Box::new(error))
}

/// A moment by which something has to be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(span: Duration) -> Self {
        // A span that no clock can hold is as good as a year.
        let now = Instant::now();
        Self(now.checked_add(span).unwrap_or(now + Duration::from_secs(365 * 24 * 60 * 60)))
    }

    pub(crate) fn instant(self) -> Instant {
        self.0
    }
}

/// No value behind these locks is ever left half-written, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_before_the_wait_is_not_lost_and_counts_once() {
        let notify = Notify::default();
        notify.inserted();
        notify.room();
        assert_eq!(notify.wait(None), Reasons { inserted: true, room: true, phase: false });
        assert_eq!(notify.wait(Some(Duration::ZERO)), Reasons::default());
    }

    #[test]
    fn a_part_is_waited_for_until_its_end_or_the_deadline() -> std::io::Result<()> {
        let (end, ended) = bounded::<()>(1);
        let part = Part::spawn("part", move || assert!(ended.recv().is_err()))?;
        assert!(!part.join_by(Deadline::after(Duration::ZERO)));
        drop(end);
        assert!(part.join_by(Deadline::after(Duration::MAX)));
        Ok(())
    }

    #[test]
    fn a_phase_that_was_passed_is_not_waited_for() {
        let watch = Watch::new();
        assert!(!watch.wait_for(Phase::Draining, Duration::ZERO));
        watch.set(Phase::Closing);
        assert!(watch.wait_for(Phase::Draining, Duration::from_secs(60)));
        assert_eq!(watch.get(), Phase::Closing);
    }
}
