//! What this module asks of a queue.

use crate::expected::Expected;
use crate::mode::{BoxFuture, Mode};
use fang_core::store::{Filter, Store};
use fang_core::{QueueError, Task};
use fang_engine::PoolConfig;
use fang_engine::parts::drain::{Drained, Rules};
use std::sync::Arc;

/// Where a test looks for tasks: a queue of either mode, or a transaction of the test.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no place to look for tasks",
    label = "neither a queue nor a transaction of a test",
    note = "name a queue, or the `transaction` of a queue"
)]
pub trait Inspect<M: Mode>: Sync {
    #[doc(hidden)]
    fn page<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Task>, QueueError>>;

    /// What `assert_inserted!` and `refute_inserted!` call.
    #[doc(hidden)]
    fn __check(&self, expected: Expected) -> M::Answer<'_, Vec<Task>> {
        M::answer(Box::pin(expected.check(self)))
    }
}

/// A queue whose tasks a test runs: every queue that a pool takes.
#[diagnostic::on_unimplemented(
    message = "the tasks of `{Self}` cannot be run by a test",
    label = "not a queue that a pool takes",
    note = "no pool sees the tasks of a transaction before it commits: to run them, commit into a schema of the test's own, \
            as `TestSchema` makes it, and name its queue"
)]
pub trait TestQueue<M: Mode>: Inspect<M> {
    #[doc(hidden)]
    fn store(&self) -> Result<Arc<dyn Store>, QueueError>;

    #[doc(hidden)]
    fn handles(&self) -> Result<Handles, QueueError>;
}

/// The queue that a body gets.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum Handles {
    #[cfg(feature = "asynk")]
    Asynk(fang_asynk::Handle),
    #[cfg(feature = "blocking")]
    Blocking(fang_blocking::Handle),
}

impl Handles {
    /// Runs the tasks of a store that are due, with this queue as theirs.
    pub(crate) async fn drain(
        self,
        store: Arc<dyn Store>,
        config: PoolConfig,
        rules: Rules,
    ) -> Result<Drained, QueueError> {
        match self {
            #[cfg(feature = "asynk")]
            Self::Asynk(queue) => fang_asynk::testing::drain(store, queue, config, rules).await,
            #[cfg(feature = "blocking")]
            Self::Blocking(queue) => fang_blocking::testing::drain(store, queue, config, rules).await,
        }
    }

    /// The store that it inserts into.
    pub(crate) fn store(&self) -> Result<Arc<dyn Store>, QueueError> {
        match self {
            #[cfg(feature = "asynk")]
            Self::Asynk(queue) => fang_asynk::testing::store(queue),
            #[cfg(feature = "blocking")]
            Self::Blocking(queue) => fang_blocking::testing::store(queue),
        }
    }
}

macro_rules! queues {
    ($feature:literal, $mode:ident, [$($generics:tt)*] $queue:ty, |$of:ident| $handle:expr) => {
        #[cfg(feature = $feature)]
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> Inspect<crate::mode::$mode> for $queue {
            fn page<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Task>, QueueError>> {
                Box::pin(async move {
                    let store = TestQueue::<crate::mode::$mode>::store(self)?;
                    Ok(store.list(filter).await?)
                })
            }
        }

        #[cfg(feature = $feature)]
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> TestQueue<crate::mode::$mode> for $queue {
            fn store(&self) -> Result<Arc<dyn Store>, QueueError> {
                TestQueue::<crate::mode::$mode>::handles(self)?.store()
            }

            fn handles(&self) -> Result<Handles, QueueError> {
                let $of = self;
                Ok(Handles::$mode($handle))
            }
        }
    };
}

queues!("asynk", Asynk, [Q: fang_asynk::AsyncBackend] Q, |queue| queue.handle()?);
queues!("blocking", Blocking, [Q: fang_blocking::Backend] Q, |queue| queue.handle()?);
queues!("asynk", Asynk, [] OverStore<fang_asynk::Handle>, |over| over.0.clone());
queues!("blocking", Blocking, [] OverStore<fang_blocking::Handle>, |over| over.0.clone());

/// A queue over a store of the program's own, for a test. [`over_store`] makes it.
#[derive(Clone, Debug)]
pub struct OverStore<H>(H);

/// Returns a queue that a test can look into and drain, of a `Handle` of either mode: the queue over a store of the
/// program's own.
///
#[cfg_attr(feature = "blocking", doc = "```")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_blocking::Handle;
/// # use fang_core::memory::MemoryStore;
/// use fang_testing::{drain, over_store};
/// # use std::sync::Arc;
/// # let store = MemoryStore::new(chrono::Utc::now);
/// let queue = Handle::new(Arc::new(store));
/// assert_eq!(drain(&over_store(queue)).run().runs.len(), 0);
/// ```
pub fn over_store<H>(handle: H) -> OverStore<H> {
    OverStore(handle)
}

/// All tasks that match a filter, the oldest first.
pub(crate) async fn all<M: Mode>(
    place: &(impl Inspect<M> + ?Sized),
    filter: &Filter,
) -> Result<Vec<Task>, QueueError> {
    const PAGE: u32 = 1000;
    let mut filter = Filter { limit: PAGE, ..filter.clone() };
    let mut found = Vec::new();
    loop {
        let page = place.page(&filter).await?;
        filter.before = page.last().map(|task| task.id);
        let is_last = page.len() < PAGE as usize;
        found.extend(page);
        if is_last {
            found.reverse();
            return Ok(found);
        }
    }
}
