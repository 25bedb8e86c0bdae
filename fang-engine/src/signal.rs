//! How the parts of a pool wake each other, on any runtime.

use event_listener::Event;
use fang_core::store::Socket;
use futures_util::future::select_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::runtime::{BoxFuture, Reactor};

/// Wakes one part that waits, or the next that will.
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

    /// Waits until the signal is set, and takes it.
    pub async fn notified(&self) {
        until(&self.event, || self.take()).await;
    }

    fn take(&self) -> bool {
        self.is_set.swap(false, Ordering::SeqCst)
    }
}

/// Tells many that something is over for good.
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

    /// Waits until it is.
    pub async fn wait(&self) {
        until(&self.event, || self.is_set()).await;
    }
}

/// Waits until something holds, which is told by an event whenever it may have come to hold.
pub(crate) async fn until(event: &Event, holds: impl Fn() -> bool) {
    while !holds() {
        let listener = event.listen();
        // It may have come to hold just before.
        if holds() {
            return;
        }
        listener.await;
    }
}

/// Sets a latch when it is dropped: also when a part panics, or its runtime goes down with it.
#[derive(Debug)]
pub struct SetAtEnd(Arc<Latch>);

impl SetAtEnd {
    /// Of this latch.
    pub fn new(latch: &Arc<Latch>) -> Self {
        Self(latch.clone())
    }
}

impl Drop for SetAtEnd {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Waits for whichever of these is ready first, and tells its place. For signals, sleeps and phases alone: the others are
/// dropped, which must never happen to a future of a store.
pub(crate) async fn first_of<const N: usize>(futures: [BoxFuture<'_, ()>; N]) -> usize {
    let ((), place, _) = select_all(futures).await;
    place
}

/// For runtimes whose stores do not say on which socket notifications arrive.
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
