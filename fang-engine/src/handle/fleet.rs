//! The calls of tools that look at workers and steer them, and at what all pools together do.

use super::Admin;
use fang_core::store::{
    Asked, By, Counts, KindInfo, Minute, Minutes, PausedType, Per, Rate, Store, Tally, TypeInfo, WorkerId,
    WorkerInfo,
};
use fang_core::{QueueError, StoreError};
use std::ops::ControlFlow;
use std::time::Duration;

/// How many workers a page has. The row of one may have over 30 KB.
const PAGE: u32 = 50;

/// Passes these verbs of an admin to a macro of one mode.
#[doc(hidden)]
#[macro_export]
macro_rules! fleet_verbs {
    ($mode:ident) => {
        $mode! {
            /// Lists all workers, ordered by id: the running pools of all processes, and those that stopped or died
            /// within the last hour or so ([details](fang_core::store::WorkerInfo)).
            workers() -> Vec<WorkerInfo>;
            /// Lists what all pools together have counted, for each minute and task type, from `since` ago until now:
            /// at most 72 h. The last minute appears some seconds after its end.
            minutes(since: Duration) -> Vec<Minute>;
            /// Lists the same for each kind in place of each task type.
            kind_minutes(since: Duration) -> Vec<Minute>;
            /// Lists what all pools together have counted, for each hour (in UTC) and task type, from `since` ago until
            /// now: at most 180 days. The last hour may not have ended.
            hours(since: Duration) -> Vec<Minute>;
            /// Lists the same for each kind in place of each task type.
            kind_hours(since: Duration) -> Vec<Minute>;
            /// How fast the tasks of each task type run in all pools together, how long their runs take, and how long
            /// they wait for them. The `window` ends now. It is at least a minute and at most 72 h long. The numbers come
            /// from the beats of the pools, so no task is read.
            rates(window: Duration) -> Vec<Rate>;
            /// The same for each kind in place of each task type.
            kind_rates(window: Duration) -> Vec<Rate>;
            /// Lists the kinds whose tasks run, or ran within the `window`, with their [rates](Self::kind_rates).
            kinds(window: Duration) -> Vec<KindInfo>;
            /// Lists the task types that have waiting tasks, are paused, or are served by a pool. Each has its waiting
            /// tasks, the workers that serve it, and its rate over the last five minutes. Counts tasks as
            /// [`depths`](Self::depths) does.
            task_types() -> Vec<TypeInfo>;
            /// Lists the task types that are paused, ordered by name: the first 1,000 of them.
            paused_types() -> Vec<PausedType>;
            /// Makes a worker quiet: it claims no more tasks, gives back those that have not begun, and lets the
            /// running ones end. It learns of this at once if it listens for notifications, else with its next beat.
            /// Returns `false` if there is no such living worker.
            quiet_worker(id: WorkerId) -> bool;
            /// Makes a quiet worker claim tasks again, also one that SIGTSTP made quiet. Returns `false` if there is no
            /// such living worker.
            resume_worker(id: WorkerId) -> bool;
            /// Shuts a worker down, as its first signal would. A pool that does not wait for a signal is shut down with
            /// a deadline of 25 s. The worker learns of this as of [`quiet_worker`](Self::quiet_worker). Its call that
            /// waits for a signal returns, except a blocking `run_until`: that still waits for its own. Returns `false`
            /// if there is no such living worker.
            stop_worker(id: WorkerId) -> bool;
        }
    };
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) -> $value:ty;)+) => {
        impl Admin {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`QueueError::Store`] when the store fails or does not have this call.
                pub async fn $name(&self $(, $arg: $type)*) -> Result<$value, QueueError> {
                    Ok(Fleet(&*self.store).$name($($arg),*).await?)
                }
            )+
        }
    };
}

crate::fleet_verbs!(verbs);

impl Admin {
    /// Passes on what all pools together have counted, for each minute or hour and each task type or kind, from `since` ago
    /// until now, in the order of time, until `each` breaks off. [`minutes`](Self::minutes) and its like return all of it,
    /// which is 600 MB for 100 kinds and 72 h. Here no more than 1,000 of them are in memory.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn each_minute(
        &self,
        per: Per,
        by: By,
        since: Duration,
        each: impl FnMut(Minute) -> ControlFlow<()> + Send,
    ) -> Result<(), QueueError> {
        let from = per.first(self.store.now().await?, since);
        Ok(Fleet(&*self.store).each(Minutes::from(from).per(per).by(by), each).await?)
    }
}

/// The bodies of these calls.
struct Fleet<'a>(&'a dyn Store);

impl Fleet<'_> {
    async fn workers(&self) -> Result<Vec<WorkerInfo>, StoreError> {
        let mut workers: Vec<WorkerInfo> = Vec::new();
        loop {
            let page = self.0.workers(workers.last().map(|worker| worker.id), PAGE).await?;
            if page.is_empty() {
                return Ok(workers);
            }
            let is_last = page.len() < PAGE as usize;
            workers.extend(page);
            if is_last {
                return Ok(workers);
            }
        }
    }

    async fn minutes(&self, since: Duration) -> Result<Vec<Minute>, StoreError> {
        self.list(Per::Minute, By::TaskType, since).await
    }

    async fn kind_minutes(&self, since: Duration) -> Result<Vec<Minute>, StoreError> {
        self.list(Per::Minute, By::Kind, since).await
    }

    async fn hours(&self, since: Duration) -> Result<Vec<Minute>, StoreError> {
        self.list(Per::Hour, By::TaskType, since).await
    }

    async fn kind_hours(&self, since: Duration) -> Result<Vec<Minute>, StoreError> {
        self.list(Per::Hour, By::Kind, since).await
    }

    async fn list(&self, per: Per, by: By, since: Duration) -> Result<Vec<Minute>, StoreError> {
        let from = per.first(self.0.now().await?, since);
        let mut minutes = Vec::new();
        let each = |minute| {
            minutes.push(minute);
            ControlFlow::Continue(())
        };
        self.each(Minutes::from(from).per(per).by(by), each).await?;
        Ok(minutes)
    }

    /// No more than a page of them is in memory.
    async fn each(
        &self,
        first: Minutes<'_>,
        mut each: impl FnMut(Minute) -> ControlFlow<()> + Send,
    ) -> Result<(), StoreError> {
        let mut last: Option<Minute> = None;
        loop {
            let page = self.0.minutes(&last.as_ref().map_or(first, |last| first.after(last))).await?;
            let is_last = page.len() < first.limit as usize;
            last = page.last().map(|end| Minute { tally: Tally::default(), name: end.name.clone(), ..*end });
            if page.into_iter().try_for_each(&mut each).is_break() || is_last {
                return Ok(());
            }
        }
    }

    /// The minutes first: what is gathered between the two reads is missing until the next call, and not counted twice.
    async fn rates_by(&self, by: By, window: Duration) -> Result<(Vec<Rate>, Vec<WorkerInfo>), StoreError> {
        let now = self.0.now().await?;
        let from = Per::Minute.first(now, window);
        let mut sum = Counts::default();
        let each = |minute: Minute| {
            sum.add_to(by, &minute.name, &minute.tally);
            ControlFlow::Continue(())
        };
        self.each(Minutes::from(from).by(by), each).await?;
        let workers = self.workers().await?;
        Ok((Rate::of_sum(by, sum, &workers, from, now), workers))
    }

    async fn rates(&self, window: Duration) -> Result<Vec<Rate>, StoreError> {
        self.rates_by(By::TaskType, window).await.map(|(rates, _)| rates)
    }

    async fn kind_rates(&self, window: Duration) -> Result<Vec<Rate>, StoreError> {
        self.rates_by(By::Kind, window).await.map(|(rates, _)| rates)
    }

    async fn kinds(&self, window: Duration) -> Result<Vec<KindInfo>, StoreError> {
        let (rates, workers) = self.rates_by(By::Kind, window).await?;
        Ok(KindInfo::all(&workers, rates))
    }

    async fn task_types(&self) -> Result<Vec<TypeInfo>, StoreError> {
        const WINDOW: Duration = Duration::from_secs(5 * 60);
        let (rates, workers) = self.rates_by(By::TaskType, WINDOW).await?;
        let (depths, paused) = (self.0.depths(None).await?, self.0.paused_types().await?);
        Ok(TypeInfo::all(depths, paused, &workers, rates))
    }

    async fn paused_types(&self) -> Result<Vec<PausedType>, StoreError> {
        self.0.paused_types().await
    }

    async fn quiet_worker(&self, id: WorkerId) -> Result<bool, StoreError> {
        self.0.ask_worker(id, Asked::Quiet).await
    }

    async fn resume_worker(&self, id: WorkerId) -> Result<bool, StoreError> {
        self.0.ask_worker(id, Asked::Resume).await
    }

    async fn stop_worker(&self, id: WorkerId) -> Result<bool, StoreError> {
        self.0.ask_worker(id, Asked::Stop).await
    }
}
