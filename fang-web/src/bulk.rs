//! Changes of many tasks, which run in this process while viewers look at their progress.

use crate::refusal::Refusal;
use chrono::{DateTime, Utc};
use fang_core::QueueError;
use fang_core::error::Nature;
use fang_core::operator::Steer;
use fang_core::store::{Changes, Filter, Matching, Progress};
use fang_engine::handle::Admin;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many changes run at once.
const MOST_RUNNING: usize = 4;
/// How many changes are remembered.
const MOST_KEPT: usize = 100;
/// How often a batch is tried again that failed for a reason that passes, with a second in between.
const MOST_TRIES: u32 = 30;

/// The changes of this process, by number.
#[derive(Debug, Default)]
pub(crate) struct Bulk(Mutex<BTreeMap<u64, Arc<BulkChange>>>);

/// The tasks of a change.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    Ids(Vec<Uuid>),
    Filters(Vec<Filter>),
}

/// A change of many tasks. The task that runs it writes its state; pages read it.
#[derive(Debug)]
pub(crate) struct BulkChange {
    pub(crate) number: u64,
    pub(crate) steer: Steer,
    pub(crate) target: String,
    pub(crate) who: String,
    pub(crate) began_at: DateTime<Utc>,
    pub(crate) expected: Matching,
    began: Instant,
    state: Mutex<State>,
    is_stopped: AtomicBool,
}

/// How far a change has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) progress: Progress,
    pub(crate) took: Duration,
    pub(crate) end: Option<End>,
}

/// How a change ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Stopped,
    Failed(String),
}

/// What a viewer wants to change.
pub(crate) struct Wish {
    pub(crate) steer: Steer,
    pub(crate) chosen: Chosen,
    pub(crate) target: String,
    pub(crate) who: String,
    pub(crate) expected: Matching,
}

impl Bulk {
    /// Begins a change, on a task of its own.
    pub(crate) fn begin(&self, admin: Admin, wish: Wish) -> Result<Arc<BulkChange>, Refusal> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().filter(|change| change.state().end.is_none()).count() >= MOST_RUNNING {
            return Err(Refusal::conflict("four changes run already; wait for one of them, or stop it"));
        }
        let number = all.keys().last().map_or(1, |last| last + 1);
        let Wish { steer, chosen, target, who, expected } = wish;
        let change = Arc::new(BulkChange {
            number,
            steer,
            target,
            who,
            began_at: Utc::now(),
            expected,
            began: Instant::now(),
            state: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        });
        all.insert(number, change.clone());
        while all.len() > MOST_KEPT {
            let ended =
                all.iter().find(|(_, change)| change.state().end.is_some()).map(|(number, _)| *number);
            ended.and_then(|number| all.remove(&number));
        }
        tokio::spawn(change.clone().run(admin, chosen));
        Ok(change)
    }

    /// The change of this number.
    pub(crate) fn get(&self, number: &str) -> Result<Arc<BulkChange>, Refusal> {
        let number = number.parse().ok();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = number.and_then(|number: u64| all.get(&number).cloned());
        found.ok_or_else(|| {
            Refusal::not_found("this process knows no such change; it forgets them when it ends")
        })
    }

    /// All changes, the newest first.
    pub(crate) fn all(&self) -> Vec<Arc<BulkChange>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().rev().cloned().collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl BulkChange {
    pub(crate) fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the change after its batch.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    async fn run(self: Arc<Self>, admin: Admin, chosen: Chosen) {
        let outcome = match chosen {
            Chosen::Ids(ids) => self.by_ids(&admin, ids).await,
            Chosen::Filters(filters) => self.by_filters(&admin, filters).await,
        };
        let end = outcome.unwrap_or_else(|error| End::Failed(error.to_string()));
        self.set(|state| state.end = Some(end));
    }

    async fn by_ids(&self, admin: &Admin, ids: Vec<Uuid>) -> Result<End, QueueError> {
        for id in ids {
            if self.is_stopped.load(Ordering::Relaxed) {
                return Ok(End::Stopped);
            }
            let is_changed = admin.change_one(id, self.steer.change).await?;
            self.set(|state| {
                state.progress.matched += 1;
                state.progress.changed += u64::from(is_changed);
            });
        }
        Ok(End::Done)
    }

    /// Goes gently, so that the tasks that run meanwhile do not wait.
    async fn by_filters(&self, admin: &Admin, filters: Vec<Filter>) -> Result<End, QueueError> {
        for filter in filters {
            let before = self.state().progress;
            let mut changes = Changes::new(filter, self.steer.change).gently();
            while !changes.progress().is_done {
                if self.is_stopped.load(Ordering::Relaxed) {
                    return Ok(End::Stopped);
                }
                let began = Instant::now();
                batch(admin, &mut changes).await?;
                let now = changes.progress();
                self.set(|state| {
                    state.progress.looked = before.looked + now.looked;
                    state.progress.matched = before.matched + now.matched;
                    state.progress.changed = before.changed + now.changed;
                });
                tokio::time::sleep(changes.pause_after(began.elapsed())).await;
            }
        }
        Ok(End::Done)
    }

    fn set(&self, set: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        set(&mut state);
        state.took = self.began.elapsed();
    }
}

/// One batch, again and again if the store is away for a while.
async fn batch(admin: &Admin, changes: &mut Changes) -> Result<(), QueueError> {
    let mut tries = 0;
    loop {
        match admin.change_batch(changes).await {
            Ok(_) => return Ok(()),
            Err(QueueError::Store(error)) if error.nature() == Nature::Passing && tries < MOST_TRIES => {
                tries += 1
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
