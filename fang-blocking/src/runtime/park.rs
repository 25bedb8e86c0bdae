//! Drives a future on the calling thread. The thread is parked until the future is woken or its next sleep is over.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

thread_local! {
    /// The end of the earliest sleep that the future on this thread waits for.
    static DUE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A way for a thread to wait until it is woken.
pub(super) trait Park {
    /// Returns the waker that ends the current wait, or else the next one.
    fn waker(&self) -> Waker;

    /// Waits until woken, for at most `at_most`. `None` means no limit. May return early.
    fn park(&mut self, at_most: Option<Duration>);
}

/// Runs a future to its end on the calling thread and returns its value. The future may sleep only with the blocking
/// runtime. The futures of a store over diesel are ready at their first poll.
pub fn block_on<F: Future>(future: F) -> F::Output {
    drive(&mut Parker::new(), future)
}

/// Like [`block_on`], on a thread that waits with `parker`.
pub(super) fn drive<F: Future>(parker: &mut impl Park, future: F) -> F::Output {
    let waker = parker.waker();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        // A nested `drive` must not see the sleeps of the outer future.
        let outer = DUE.replace(None);
        let polled = future.as_mut().poll(&mut context);
        let due = DUE.replace(outer);
        match polled {
            Poll::Ready(value) => return value,
            Poll::Pending => parker.park(due.map(|due| due.saturating_duration_since(Instant::now()))),
        }
    }
}

/// A future that is ready after a span of time.
pub(super) struct Sleep {
    /// `None` when the instant is beyond the range of the clock: it never ends.
    until: Option<Instant>,
}

impl Sleep {
    pub(super) fn new(span: Duration) -> Self {
        Self { until: Instant::now().checked_add(span) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else { return Poll::Pending };
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        DUE.set(DUE.get().into_iter().chain([until]).min());
        Poll::Pending
    }
}

/// Parks the calling thread.
struct Parker(Arc<Unpark>);

struct Unpark {
    /// Whether it was woken. The park token of the thread is not enough, since code inside a future may consume it.
    is_woken: AtomicBool,
    thread: Thread,
}

impl Parker {
    fn new() -> Self {
        Self(Arc::new(Unpark { is_woken: AtomicBool::new(false), thread: thread::current() }))
    }
}

impl Park for Parker {
    fn waker(&self) -> Waker {
        self.0.clone().into()
    }

    fn park(&mut self, at_most: Option<Duration>) {
        if !self.0.is_woken.swap(false, Ordering::SeqCst) {
            at_most.map_or_else(thread::park, thread::park_timeout);
            self.0.is_woken.store(false, Ordering::SeqCst);
        }
    }
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fang_engine::signal::Signal;

    #[test]
    fn a_sleep_ends_by_itself() {
        let (began, span) = (Instant::now(), Duration::from_millis(3));
        block_on(Sleep::new(span));
        assert!(began.elapsed() >= span);
    }

    #[test]
    fn a_parked_thread_is_woken_by_a_signal() {
        let signal = Signal::default();
        thread::scope(|scope| {
            scope.spawn(|| block_on(signal.notified()));
            signal.notify();
        });
    }

    #[test]
    fn a_nested_future_does_not_change_the_sleep_of_the_outer_one() {
        block_on(async {
            let outer = pin!(Sleep::new(Duration::from_millis(3)));
            let inner = std::future::poll_fn(|_| {
                block_on(Sleep::new(Duration::from_millis(1)));
                Poll::<()>::Pending
            });
            futures_util::future::select(outer, pin!(inner)).await;
        });
    }

    #[test]
    fn a_wake_is_not_lost_when_a_future_parks_its_thread_itself() {
        let mut polls = 0;
        block_on(std::future::poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                context.waker().wake_by_ref();
                // Consumes the park token of the thread.
                thread::park();
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
    }
}
