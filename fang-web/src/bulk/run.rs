//! How a change of many tasks runs.

use super::{BulkChange, Chosen, End, State, suits};
use chrono::{DateTime, Utc};
use fang_core::QueueError;
use fang_core::error::Nature;
use fang_core::operator::Reach;
use fang_core::store::{Changes, Filter};
use fang_engine::handle::Admin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often a call is tried again that failed for a reason that passes, with a second in between.
const MOST_TRIES: u32 = 30;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Why a change does not go on.
enum Halt {
    Stopped,
    Failed(QueueError),
}

impl From<QueueError> for Halt {
    fn from(error: QueueError) -> Self {
        Self::Failed(error)
    }
}

impl BulkChange {
    /// Runs a change on a task of its own. One that panics has ended too: it would keep its place for ever.
    pub(super) fn watched(self: Arc<Self>, run: impl Future<Output = ()> + Send + 'static) {
        let running = tokio::spawn(run);
        tokio::spawn(async move {
            if running.await.is_err() {
                let reason = "the change has panicked; the log of the process tells where";
                self.set(|state| state.end = Some(End::Failed(reason.to_owned())));
            }
        });
    }

    pub(super) async fn run(self: Arc<Self>, admin: Admin, chosen: Chosen) {
        let outcome = match chosen {
            Chosen::Ids(ids, at) => self.by_ids(&admin, ids, at).await,
            Chosen::Filters(filters) => self.by_filters(&admin, filters).await,
        };
        let end = match outcome {
            Ok(()) => End::Done,
            Err(Halt::Stopped) => End::Stopped,
            Err(Halt::Failed(error)) => End::Failed(error.to_string()),
        };
        self.set(|state| state.end = Some(end));
    }

    /// Leaves alone what has changed since then.
    async fn by_ids(&self, admin: &Admin, ids: Vec<Uuid>, at: DateTime<Utc>) -> Result<(), Halt> {
        for id in ids {
            self.may_go_on()?;
            let mut tries = 0;
            let is_changed = loop {
                let outcome = match suits(admin, id, self.steer.change, at).await {
                    Ok(true) => admin.change_one(id, self.steer.change).await,
                    unfit => unfit,
                };
                if let Some(is_changed) = self.unless_away(outcome, &mut tries).await? {
                    break is_changed;
                }
            };
            self.set(|state| {
                state.progress.matched += 1;
                state.progress.changed += u64::from(is_changed);
            });
        }
        Ok(())
    }

    /// Goes gently, so that the tasks that run meanwhile do not wait.
    async fn by_filters(&self, admin: &Admin, filters: Vec<Filter>) -> Result<(), Halt> {
        let mut reach = Reach::new(self.newest(admin).await?, filters.len());
        for (place, filter) in filters.into_iter().enumerate() {
            let before = self.state().progress;
            let mut changes = Changes::new(filter, self.steer.change).gently();
            while !changes.progress().is_done {
                self.may_go_on()?;
                let (mut began, mut tries) = (Instant::now(), 0);
                while self.unless_away(admin.change_batch(&mut changes).await, &mut tries).await?.is_none() {
                    began = Instant::now();
                }
                let (now, share) = (changes.progress(), reach.look(place, &changes));
                self.set(|state| {
                    state.progress.looked = before.looked + now.looked;
                    state.progress.matched = before.matched + now.matched;
                    state.progress.changed = before.changed + now.changed;
                    state.share = share;
                });
                self.rest(changes.pause_after(began.elapsed())).await?;
            }
        }
        Ok(())
    }

    /// The id of the newest task.
    async fn newest(&self, admin: &Admin) -> Result<Option<Uuid>, Halt> {
        let newest = Filter { limit: 1, without_payload: true, ..Filter::default() };
        let mut tries = 0;
        loop {
            if let Some(tasks) = self.unless_away(admin.list(&newest).await, &mut tries).await? {
                return Ok(tasks.first().map(|task| task.id));
            }
        }
    }

    /// The answer to a call, or `None`, after a while, if the call is to be tried again since the store is away.
    async fn unless_away<T>(
        &self,
        outcome: Result<T, QueueError>,
        tries: &mut u32,
    ) -> Result<Option<T>, Halt> {
        match outcome {
            Err(QueueError::Store(error)) if error.nature() == Nature::Passing && *tries < MOST_TRIES => {
                *tries += 1;
                self.set(|state| state.trouble = Some(error.to_string()));
                self.rest(BETWEEN_TRIES).await?;
                Ok(None)
            }
            outcome => {
                self.set(|state| state.trouble = None);
                Ok(Some(outcome?))
            }
        }
    }

    /// A pause, which ends when the change is to stop.
    async fn rest(&self, span: Duration) -> Result<(), Halt> {
        // Its outcome does not matter: the next line tells whether it was the end.
        let _ = tokio::time::timeout(span, self.stop.notified()).await;
        self.may_go_on()
    }

    fn may_go_on(&self) -> Result<(), Halt> {
        if self.is_stopped.load(Ordering::Relaxed) { Err(Halt::Stopped) } else { Ok(()) }
    }

    fn set(&self, set: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        set(&mut state);
        state.took = self.began.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bulk;
    use super::*;
    use crate::bulk::Wish;
    use fang_core::StoreError;
    use fang_core::operator::Steer;
    use fang_core::store::{Change, Matching};

    fn change() -> Arc<BulkChange> {
        let (steer, at) = (Steer::new(Change::Retry), chrono::Utc::now());
        let expected = Matching { tasks: 4, ..Matching::default() };
        let chosen = Chosen::Ids(Vec::new(), at);
        let wish = Wish { steer, chosen, target: String::new(), who: String::new(), expected, at };
        Bulk::default().add(wish).unwrap().0
    }

    fn away() -> Result<u8, QueueError> {
        Err(StoreError::unreachable("away".into()).into())
    }

    #[tokio::test]
    async fn a_change_that_panics_has_ended() {
        let change = change();
        change.clone().watched(async { panic!("on purpose") });
        while change.state().end.is_none() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(change.state().end, Some(End::Failed(reason)) if reason.contains("panicked")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_failed_for_a_while_is_tried_again_and_stop_ends_that() {
        let (change, mut tries) = (change(), 0);
        assert!(matches!(change.unless_away(away(), &mut tries).await, Ok(None)));
        assert!(change.state().trouble.is_some());
        assert!(matches!(change.unless_away(Ok(7), &mut tries).await, Ok(Some(7))));
        assert!(change.state().trouble.is_none());
        let (mut last, began) = (MOST_TRIES, tokio::time::Instant::now());
        assert!(matches!(change.unless_away(away(), &mut last).await, Err(Halt::Failed(_))));
        let retrying = change.clone();
        let retried = tokio::spawn(async move { retrying.unless_away(away(), &mut 0).await.map(|_| ()) });
        tokio::task::yield_now().await;
        change.stop();
        assert!(matches!(retried.await.unwrap(), Err(Halt::Stopped)));
        assert!(began.elapsed() < BETWEEN_TRIES);
    }

    #[test]
    fn percent_is_of_the_counted_tasks_and_whole_at_the_end_alone() {
        let change = change();
        let percent = |matched, end| {
            let mut state = State { end, ..State::default() };
            state.progress.matched = matched;
            change.percent(&state)
        };
        assert_eq!([0, 1, 3, 4, 9].map(|matched| percent(matched, None)), [0, 25, 75, 99, 99]);
        assert_eq!((percent(1, Some(End::Stopped)), percent(3, Some(End::Done))), (25, 100));
    }
}
