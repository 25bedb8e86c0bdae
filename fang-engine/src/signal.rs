//! Signals between the parts of a pool, for any runtime.

use event_listener::Event;
#[cfg(unix)]
use event_listener::Listener;
use fang_core::store::Socket;
use futures_util::future::select_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::time::Duration;

use crate::runtime::{BoxFuture, Reactor};

/// A signal for one part: it wakes the one that waits, or else the next that will.
#[derive(Debug, Default)]
pub struct Signal {
    is_set: AtomicBool,
    event: Event,
}

impl Signal {
    /// Sets the signal.
    pub fn notify(&self) {
        self.is_set.store(true, Ordering::SeqCst);
        self.event.notify(1);
    }

    /// Waits until the signal is set, then resets it.
    pub async fn notified(&self) {
        until(&self.event, || self.take()).await;
    }

    fn take(&self) -> bool {
        self.is_set.swap(false, Ordering::SeqCst)
    }
}

/// A latch: once set, it stays set and wakes all that wait for it.
#[derive(Debug, Default)]
pub struct Latch {
    is_set: AtomicBool,
    event: Event,
}

impl Latch {
    /// Sets the latch.
    pub fn set(&self) {
        self.is_set.store(true, Ordering::SeqCst);
        self.event.notify(usize::MAX);
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::SeqCst)
    }

    /// Waits until it is set.
    pub async fn wait(&self) {
        until(&self.event, || self.is_set()).await;
    }

    /// Waits on this thread until it is set, for at most this long.
    #[cfg(unix)]
    pub(crate) fn wait_on_thread(&self, at_most: Duration) {
        let listener = self.event.listen();
        if !self.is_set() {
            // The time may be over.
            let _ = listener.wait_timeout(at_most);
        }
    }
}

/// Waits until `holds` is true. The event has to be sent whenever that may have changed.
pub(crate) async fn until(event: &Event, holds: impl Fn() -> bool) {
    while !holds() {
        let listener = event.listen();
        // It may have changed just before the listener was there.
        if holds() {
            return;
        }
        listener.await;
    }
}

/// Sets a latch when it is dropped, also after a panic or when its runtime goes down.
#[derive(Debug)]
pub struct SetAtEnd(Arc<Latch>);

impl SetAtEnd {
    /// For this latch.
    pub fn new(latch: &Arc<Latch>) -> Self {
        Self(latch.clone())
    }
}

impl Drop for SetAtEnd {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Waits for the first of these futures and returns its index. The others are dropped, so pass only signals, sleeps
/// and phases: a future of a store must never be dropped.
pub(crate) async fn first_of<const N: usize>(futures: [BoxFuture<'_, ()>; N]) -> usize {
    let ((), place, _) = select_all(futures).await;
    place
}

/// The reactor of runtimes whose stores do not tell on which socket notifications arrive.
#[derive(Debug, Default)]
pub struct NoReactor;

impl Reactor for NoReactor {
    fn watch(&mut self, _: Option<Socket>) -> bool {
        false
    }

    fn arrival(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}
