//! What a caller that waits is told. A channel for each insert would take several times as many allocations.

use super::{Told, wake};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Makes a letterbox for one caller.
pub(super) fn new() -> (Post, Letterbox) {
    let inner = Arc::<Mutex<Inner>>::default();
    (Post(inner.clone()), Letterbox(inner))
}

/// The way to the letterbox of a caller.
#[derive(Debug)]
pub(super) struct Post(Arc<Mutex<Inner>>);

/// Waits until the caller is told something. `None` if nobody is left that could.
#[derive(Debug)]
pub(super) struct Letterbox(Arc<Mutex<Inner>>);

/// One message at a time: a caller that is told to lead reads that before it can get an answer.
#[derive(Debug, Default)]
struct Inner {
    told: Option<Told>,
    is_over: bool,
    waker: Option<Waker>,
}

impl Post {
    /// Puts a message into the letterbox. Returns what wakes the caller.
    #[must_use]
    pub(super) fn put(&self, told: Told) -> Option<Waker> {
        let mut inner = lock(&self.0);
        inner.told = Some(told);
        inner.waker.take()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let mut inner = lock(&self.0);
        inner.is_over = true;
        let waker = inner.waker.take();
        drop(inner);
        wake(waker);
    }
}

impl Letterbox {
    /// The caller waits no longer, and is not woken any more.
    pub(super) fn leave(&self) {
        let waker = lock(&self.0).waker.take();
        drop(waker);
    }
}

impl Future for Letterbox {
    type Output = Option<Told>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Wakers are code of others, so they are cloned and dropped without the lock.
        let waker = context.waker().clone();
        let mut inner = lock(&self.0);
        let told = inner.told.take();
        if told.is_some() || inner.is_over {
            return Poll::Ready(told);
        }
        let before = inner.waker.replace(waker);
        drop(inner);
        drop(before);
        Poll::Pending
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}
