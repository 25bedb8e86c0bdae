//! A future, waited for by a thread.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Waits on this thread for a future: a verb of a store, for example. The thread is parked for as long as there is nothing
/// to do, and a verb that answers inside its future is ready at the first poll.
///
/// Not for the threads of an async runtime, which it would block.
///
/// ```
/// use fang_blocking::{Backend, MemoryQueue, block_on};
/// let admin = MemoryQueue::new().admin()?;
/// assert!(block_on(admin.count())?.is_empty());
/// # Ok::<(), fang_core::QueueError>(())
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        // Others may unpark this thread as well: then it looks once too often.
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{poll_fn, ready};
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn what_is_ready_is_answered_at_once() {
        assert_eq!(block_on(ready(7)), 7);
    }

    #[test]
    fn a_thread_is_parked_until_another_wakes_it() {
        let is_done = Arc::new(AtomicBool::new(false));
        let mut helper = None;
        let polled = block_on(poll_fn(|context| {
            if is_done.load(Ordering::Acquire) {
                return Poll::Ready("done");
            }
            if context.waker().will_wake(Waker::noop()) || helper.is_some() {
                return Poll::Pending;
            }
            let (is_done, waker) = (is_done.clone(), context.waker().clone());
            helper = Some(thread::spawn(move || {
                is_done.store(true, Ordering::Release);
                waker.wake();
            }));
            Poll::Pending
        }));
        assert_eq!(polled, "done");
    }
}
