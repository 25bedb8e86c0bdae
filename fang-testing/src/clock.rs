use crate::mode::Mode;
use crate::queue::TestQueue;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// Returns the clock of a queue. Turn it to test backoffs, delays, expiry, crons and retention without waiting.
///
#[cfg_attr(feature = "blocking", doc = "```")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_blocking::MemoryQueue;
/// # use fang_core::{Mode, NewTask, Queueable};
/// use fang_testing::{clock, drain};
/// # use std::time::Duration;
/// let hour = Duration::from_secs(60 * 60);
/// let queue = MemoryQueue::new();
/// # let task = NewTask::new(r#"{"type": "unheard of"}"#.to_owned(), "common".to_owned(), Mode::Blocking);
/// queue.insert(task.delay(hour))?;
/// assert_eq!(drain(&queue).run().runs.len(), 0);
/// clock(&queue).turn(hour);
/// assert_eq!(drain(&queue).run().runs.len(), 1);
/// # Ok::<(), fang_core::QueueError>(())
/// ```
pub fn clock<M: Mode, Q: TestQueue<M>>(queue: &Q) -> Clock<'_, M, Q> {
    Clock { queue, mode: PhantomData }
}

/// The clock of a queue. [`clock`] makes it.
pub struct Clock<'q, M, Q> {
    queue: &'q Q,
    mode: PhantomData<fn() -> M>,
}

impl<'q, M: Mode, Q: TestQueue<M>> Clock<'q, M, Q> {
    /// Lets this much time pass. It moves every instant that is saved in the store back by `by`, in one transaction. In
    /// the async mode, await it. Everything that uses the tables sees this, so a test needs tables of its own: a queue
    /// in memory, or a [`TestSchema`](crate::TestSchema).
    ///
    /// The clock of the server does not move, and the ticks of a cron with a pattern are instants of that clock. After a
    /// turn by 5 h, a cron for 9:00 ticks 5 h earlier by the server's clock, and its tick after that is at 9:00 again. So
    /// turn the time by whole periods of the pattern: by a day for a daily cron. Several turns within one period can each
    /// make it tick. Running pools go on, and none is declared
    /// dead because of the turn.
    ///
    /// # Panics
    /// Panics if the store fails or cannot turn its time.
    pub fn turn(&self, by: Duration) -> M::Answer<'q, ()> {
        let queue = self.queue;
        M::answer(Box::pin(async move {
            let turned = match queue.store() {
                Ok(store) => store.turn(by).await.map_err(Into::into),
                Err(error) => Err(error),
            };
            if let Err(error) = turned {
                panic!("the clock cannot be turned: {error}");
            }
        }))
    }
}

impl<M, Q> fmt::Debug for Clock<'_, M, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
