mod hold;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fang_core::new_task::Due;
use fang_core::sql::Statements;
use fang_core::store::{
    AsyncHolder, AsyncStore, Beat, Claim, Claimed, Count, CronInfo, CronRemoval, Crons, Filter, Finish,
    Inserted, NewCron, Prune, Removal, Rescue, Rescued, RetriedFailed, RetryFailed, SavedCron, Store, Tick,
    WorkerId,
};
use fang_core::wake::Wakes;
use fang_core::{NewTask, Priority, StoreError, Task};
use hold::{HolderAdapter, OwnClaim};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Turns a store that waits for a disk or a network into an async one: its verbs run on tokio's
/// threads for blocking work. So a backend is written once, for blocking callers. (One that never
/// waits needs only an [`InlineAdapter`](fang_core::store::InlineAdapter).)
///
/// ```
/// use fang_asynk::{BlockingAdapter, Handle};
/// use fang_core::memory::MemoryStore;
/// use std::sync::Arc;
/// let store = Arc::new(MemoryStore::new(chrono::Utc::now));
/// let queue = Handle::new(Arc::new(BlockingAdapter::new(store)));
/// ```
pub struct BlockingAdapter<S: ?Sized>(Arc<S>);

impl<S: Store + ?Sized> BlockingAdapter<S> {
    /// The async side of `store`.
    pub fn new(store: Arc<S>) -> Self {
        Self(store)
    }

    async fn call<T: Send + 'static>(
        &self,
        verb: impl FnOnce(&S) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.0.clone();
        let called = tokio::task::spawn_blocking(move || verb(&store)).await;
        called.unwrap_or_else(|error| Err(StoreError::unreachable(Box::new(error))))
    }
}

impl<S: ?Sized> fmt::Debug for BlockingAdapter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlockingAdapter")
    }
}

#[async_trait]
impl<S: Store + ?Sized> AsyncStore for BlockingAdapter<S> {
    async fn check(&self) -> Result<(), StoreError> {
        self.call(S::check).await
    }

    async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        self.call(S::now).await
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Inserted>, StoreError> {
        let tasks = tasks.to_vec();
        self.call(move |store| store.insert(&tasks)).await
    }

    async fn claim(&self, claim: &Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
        let claim = OwnClaim::new(claim);
        self.call(move |store| store.claim(&claim.as_claim())).await
    }

    async fn finish(&self, worker: WorkerId, results: &[Finish]) -> Result<u64, StoreError> {
        let results = results.to_vec();
        self.call(move |store| store.finish(worker, &results)).await
    }

    async fn disown(&self, worker: WorkerId, known: &[(Uuid, i32)]) -> Result<u64, StoreError> {
        let known = known.to_vec();
        self.call(move |store| store.disown(worker, &known)).await
    }

    async fn suspect(&self, worker: WorkerId, id: Uuid, lease: i32) -> Result<bool, StoreError> {
        self.call(move |store| store.suspect(worker, id, lease)).await
    }

    async fn register(&self, info: &str) -> Result<WorkerId, StoreError> {
        let info = info.to_owned();
        self.call(move |store| store.register(&info)).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Beat, StoreError> {
        self.call(move |store| store.heartbeat(worker, lease)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.call(move |store| store.retire(worker)).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued, StoreError> {
        let rescue = *rescue;
        self.call(move |store| store.rescue(&rescue)).await
    }

    async fn prune(&self, prune: &Prune) -> Result<u64, StoreError> {
        let prune = *prune;
        self.call(move |store| store.prune(&prune)).await
    }

    async fn sync_cron(&self, cron: &NewCron) -> Result<SavedCron, StoreError> {
        let cron = cron.clone();
        self.call(move |store| store.sync_cron(&cron)).await
    }

    async fn crons(&self) -> Result<Crons, StoreError> {
        self.call(S::crons).await
    }

    async fn fire(&self, tick: &Tick<'_>) -> Result<bool, StoreError> {
        let (name, tick) = (tick.name.to_owned(), Tick { name: "", ..tick.clone() });
        self.call(move |store| store.fire(&Tick { name: &name, ..tick })).await
    }

    async fn list_crons(&self) -> Result<Vec<CronInfo>, StoreError> {
        self.call(S::list_crons).await
    }

    async fn pause_cron(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.call(move |store| store.pause_cron(&name)).await
    }

    async fn resume_cron(&self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.call(move |store| store.resume_cron(&name)).await
    }

    async fn run_cron(&self, name: &str, id: Uuid) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.call(move |store| store.run_cron(&name, id)).await
    }

    async fn remove_crons(&self, removal: &CronRemoval) -> Result<u64, StoreError> {
        let removal = removal.clone();
        self.call(move |store| store.remove_crons(&removal)).await
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, StoreError> {
        self.call(move |store| store.find(id)).await
    }

    async fn list(&self, filter: &Filter) -> Result<Vec<Task>, StoreError> {
        let filter = filter.clone();
        self.call(move |store| store.list(&filter)).await
    }

    async fn count(&self) -> Result<Vec<Count>, StoreError> {
        self.call(S::count).await
    }

    async fn remove(&self, removal: &Removal) -> Result<u64, StoreError> {
        let removal = removal.clone();
        self.call(move |store| store.remove(&removal)).await
    }

    async fn retry(&self, id: Uuid) -> Result<bool, StoreError> {
        self.call(move |store| store.retry(id)).await
    }

    async fn retry_failed(&self, bite: &RetryFailed<'_>) -> Result<RetriedFailed, StoreError> {
        let (which, after, limit) = (bite.which.clone(), bite.after, bite.limit);
        self.call(move |store| store.retry_failed(&RetryFailed { which: &which, after, limit })).await
    }

    async fn reschedule(&self, id: Uuid, due: Due) -> Result<bool, StoreError> {
        self.call(move |store| store.reschedule(id, due)).await
    }

    async fn set_priority(&self, id: Uuid, priority: Priority) -> Result<bool, StoreError> {
        self.call(move |store| store.set_priority(id, priority)).await
    }

    async fn cancel(&self, id: Uuid) -> Result<bool, StoreError> {
        self.call(move |store| store.cancel(id)).await
    }

    async fn cancellations(&self, worker: WorkerId) -> Result<Vec<(Uuid, i32)>, StoreError> {
        self.call(move |store| store.cancellations(worker)).await
    }

    async fn pause(&self, task_type: &str) -> Result<bool, StoreError> {
        let task_type = task_type.to_owned();
        self.call(move |store| store.pause(&task_type)).await
    }

    async fn resume(&self, task_type: &str) -> Result<bool, StoreError> {
        let task_type = task_type.to_owned();
        self.call(move |store| store.resume(&task_type)).await
    }

    fn statements(&self) -> Option<Arc<Statements>> {
        self.0.statements()
    }

    fn holder(&self, slot: i16) -> Option<Box<dyn AsyncHolder>> {
        let holder = self.0.holder(slot)?;
        Some(Box::new(HolderAdapter::new(holder)))
    }

    fn wakes(&self) -> &Wakes {
        self.0.wakes()
    }
}
