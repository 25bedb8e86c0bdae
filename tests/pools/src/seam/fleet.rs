//! The calls of tools that look at workers and steer them, of either mode.

use super::queue::by_mode;
use super::{Queue, until};
use fang_asynk::AsyncBackend;
use fang_blocking::Backend;
use fang_core::QueueError;
use fang_core::store::{By, Counts, KindInfo, Minute, Rate, Tally, TypeInfo, WorkerId, WorkerInfo};
use std::time::Duration;

macro_rules! verbs {
    ($($verb:ident($($arg:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl Queue {
            $(
                pub async fn $verb(&self, $($arg: $type),*) -> Result<$answer, QueueError> {
                    by_mode!(
                        self,
                        queue,
                        AsyncBackend::admin(queue)?.$verb($($arg),*).await,
                        Backend::admin(queue)?.$verb($($arg),*)
                    )
                }
            )+
        }
    };
}

verbs! {
    workers() -> Vec<WorkerInfo>;
    minutes(since: Duration) -> Vec<Minute>;
    kind_minutes(since: Duration) -> Vec<Minute>;
    hours(since: Duration) -> Vec<Minute>;
    kind_hours(since: Duration) -> Vec<Minute>;
    rates(window: Duration) -> Vec<Rate>;
    kind_rates(window: Duration) -> Vec<Rate>;
    kinds(window: Duration) -> Vec<KindInfo>;
    task_types() -> Vec<TypeInfo>;
    quiet_worker(id: WorkerId) -> bool;
    resume_worker(id: WorkerId) -> bool;
    stop_worker(id: WorkerId) -> bool;
}

impl Queue {
    /// The worker that registered last.
    pub async fn last_worker(&self) -> WorkerInfo {
        self.workers().await.unwrap().pop().unwrap()
    }

    /// Waits until the worker that registered last is like this.
    pub async fn until_last_worker(&self, is_it: impl Fn(&WorkerInfo) -> bool) -> WorkerInfo {
        let mut last = self.last_worker().await;
        until(async || {
            last = self.last_worker().await;
            is_it(&last)
        })
        .await;
        last
    }

    /// What all workers have told, gathered or not.
    pub async fn counted(&self) -> Counts {
        let mut counts = Counts::default();
        let hour = Duration::from_secs(3600);
        let (types, kinds) = (self.minutes(hour).await.unwrap(), self.kind_minutes(hour).await.unwrap());
        types.iter().for_each(|minute| counts.add(&minute.name, &minute.tally));
        kinds.iter().for_each(|minute| counts.add_to(By::Kind, &minute.name, &minute.tally));
        self.workers().await.unwrap().iter().for_each(|worker| counts.merge(&worker.ungathered));
        counts
    }
}

/// How many runs of a task type began, succeeded, are retried, and failed for good.
pub fn numbers(counts: &Counts, task_type: &str) -> [u64; 4] {
    let Tally { started, finished, retried, failed, .. } = counts.of(task_type).cloned().unwrap_or_default();
    [started, finished, retried, failed]
}
