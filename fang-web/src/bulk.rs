//! Changes of many tasks, which run in this process while viewers look at their progress.

mod run;

use crate::refusal::Refusal;
use chrono::{DateTime, Utc};
use fang_core::QueueError;
use fang_core::operator::Steer;
use fang_core::store::{Change, Filter, Matching, Progress};
use fang_engine::handle::Admin;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use uuid::Uuid;

/// How many changes run at once.
const MOST_RUNNING: usize = 4;
/// How many changes are remembered.
const MOST_KEPT: usize = 100;

/// The changes of this process, by number.
#[derive(Debug, Default)]
pub(crate) struct Bulk(Mutex<BTreeMap<u64, Arc<BulkChange>>>);

/// The tasks of a change.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    /// Those with these ids, as they were at an instant.
    Ids(Vec<Uuid>, DateTime<Utc>),
    Filters(Vec<Filter>),
}

/// Whether a task is there as it was at an instant, and in a state that suits the change.
pub(crate) async fn suits(
    admin: &Admin,
    id: Uuid,
    change: Change,
    at: DateTime<Utc>,
) -> Result<bool, QueueError> {
    let task = admin.find(id).await?;
    Ok(task.is_some_and(|task| task.updated_at <= at && change.fits(task.state)))
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
    /// Ends a pause when the change is to stop.
    stop: Notify,
}

/// How far a change has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) progress: Progress,
    /// How far it has looked, from 0 to 1. It never falls.
    pub(crate) share: f64,
    pub(crate) took: Duration,
    /// Why the last batch is tried again.
    pub(crate) trouble: Option<String>,
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
    pub(crate) at: DateTime<Utc>,
}

impl Bulk {
    /// Begins a change, on a task of its own.
    pub(crate) fn begin(&self, admin: Admin, wish: Wish) -> Result<Arc<BulkChange>, Refusal> {
        let (change, chosen) = self.add(wish)?;
        change.clone().watched(change.clone().run(admin, chosen));
        Ok(change)
    }

    /// Adds a change that has not begun, unless too many run.
    fn add(&self, wish: Wish) -> Result<(Arc<BulkChange>, Chosen), Refusal> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().filter(|change| change.state().end.is_none()).count() >= MOST_RUNNING {
            return Err(Refusal::conflict("four changes run already; wait for one of them, or stop it"));
        }
        let number = all.keys().last().map_or(1, |last| last + 1);
        let Wish { steer, chosen, target, who, expected, at } = wish;
        let change = Arc::new(BulkChange {
            number,
            steer,
            target,
            who,
            began_at: at,
            expected,
            began: Instant::now(),
            state: Mutex::default(),
            is_stopped: AtomicBool::new(false),
            stop: Notify::new(),
        });
        all.insert(number, change.clone());
        while all.len() > MOST_KEPT {
            let ended =
                all.iter().find(|(_, change)| change.state().end.is_some()).map(|(number, _)| *number);
            ended.and_then(|number| all.remove(&number));
        }
        Ok((change, chosen))
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

    /// Ends the change after its batch, or in its pause.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        self.stop.notify_one();
    }

    /// How far the change has come in percent: of the tasks that were counted if their number is known, else of the ids
    /// that it looks through. It is 100 only at the end.
    pub(crate) fn percent(&self, state: &State) -> u64 {
        if state.end == Some(End::Done) {
            return 100;
        }
        let share = match self.total() {
            Some(total) => state.progress.matched as f64 / total.max(1) as f64,
            None => state.share,
        };
        ((share * 100.0) as u64).min(99)
    }

    /// How many tasks the change is for, if that is known.
    pub(crate) fn total(&self) -> Option<u64> {
        (!self.expected.is_cut).then_some(self.expected.tasks)
    }
}
