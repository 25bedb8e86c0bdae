//! Drives a future on the thread that calls: the thread is parked until the future is woken or what it sleeps for is due.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

thread_local! {
    /// When the first sleep is over that the future polled on this thread waits for.
    static DUE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What a thread waits with.
pub(super) trait Park {
    /// Ends the wait, or the next one.
    fn waker(&self) -> Waker;

    /// Waits until woken, for at most this long. `None` waits for as long as it takes. May end early.
    fn park(&mut self, at_most: Option<Duration>);
}

/// The value of a future, whose sleeps are those of the blocking runtime. The futures of a store over diesel are
/// ready when they are first polled.
pub fn block_on<F: Future>(future: F) -> F::Output {
    drive(&mut Parker::new(), future)
}

/// The same, on a thread that waits for other things besides.
pub(super) fn drive<F: Future>(parker: &mut impl Park, future: F) -> F::Output {
    let waker = parker.waker();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        // A future that is driven within another has sleeps of its own.
        let outer = DUE.replace(None);
        let polled = future.as_mut().poll(&mut context);
        let due = DUE.replace(outer);
        match polled {
            Poll::Ready(value) => return value,
            Poll::Pending => parker.park(due.map(|due| due.saturating_duration_since(Instant::now()))),
        }
    }
}

/// Is ready after a while.
pub(super) struct Sleep {
    /// `None` when no clock can hold it.
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

/// The thread itself.
struct Parker(Arc<Unpark>);

struct Unpark {
    /// Whether it was woken. The thread's own token may be taken by whatever a future calls.
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
    fn a_future_within_another_leaves_the_sleep_of_that_one_alone() {
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
                // Takes the token of the thread.
                thread::park();
                return Poll::Pending;
            }
            Poll::Ready(())
        }));
    }
}
