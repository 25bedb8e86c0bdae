use super::filter::Filter;
use crate::error::StoreError;
use crate::new_task::Due;
use crate::task::{FangTaskState, Priority};
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// What becomes of a task, or of all tasks that match a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Failed and waiting tasks become due now. Failed ones get all their retries again, but a unique one stays failed while
    /// a duplicate of it waits or runs. The tasks no longer [expire](crate::NewTask::expires), and their cancellations end.
    Retry,
    /// Waiting tasks fail for good, with the error `cancelled`. Running ones are asked to end: they are added to the
    /// [cancellations](super::Store::cancellations), and their workers are [notified](crate::notify::Topic::Cancelled). A
    /// cancellation lasts until the task has ended: if the task waits again instead, it fails.
    Cancel,
    /// Tasks in any state are removed. Tasks that run go on, but their results are dropped.
    Remove,
    /// Waiting tasks become due then. The instants at which they [expire](crate::NewTask::expires) move by as much.
    Reschedule(Due),
    /// Waiting tasks get this priority.
    Priority(Priority),
}

impl Change {
    /// Whether the change fits tasks in this state. Others are left alone.
    pub fn fits(self, state: FangTaskState) -> bool {
        match self {
            Self::Retry => state.is_waiting() || state == FangTaskState::Failed,
            Self::Cancel => state.is_alive(),
            Self::Remove => true,
            Self::Reschedule(_) | Self::Priority(_) => state.is_waiting(),
        }
    }

    /// The error of a store that does not offer this change.
    pub fn not_offered(self) -> StoreError {
        let verb = match self {
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Remove => "remove",
            Self::Reschedule(_) => "reschedule",
            Self::Priority(_) => "set_priority",
        };
        StoreError::NotOffered { verb }
    }
}

/// What became of a task that is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// Nothing: there is no such task, or its state does not fit.
    Missed,
    /// It is changed.
    Done,
    /// It runs, and its worker is asked to end the run.
    Asked,
}

impl ChangeOutcome {
    /// Whether the task was changed, or is asked to end.
    pub fn is_hit(self) -> bool {
        self != Self::Missed
    }
}

/// Whether the task was changed.
impl From<bool> for ChangeOutcome {
    fn from(is_changed: bool) -> Self {
        if is_changed { Self::Done } else { Self::Missed }
    }
}

/// A batch of tasks to change, in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeMany<'a> {
    /// The tasks. Its limit does not matter.
    pub filter: &'a Filter,
    /// The change.
    pub change: Change,
    /// Only tasks whose rows have not changed since then, so that none is changed twice. The ages of
    /// [`older_than`](Filter::older_than) and [`newer_than`](Filter::newer_than) are those at this instant.
    pub unchanged_since: DateTime<Utc>,
    /// Only tasks whose ids are greater than this one. `None` begins with the first.
    pub after: Option<Uuid>,
    /// At most this many tasks, at least 1, so that no transaction takes long.
    pub limit: u32,
}

/// The outcome of [`ChangeMany`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many tasks the store looked at: at most [`MAX_LOOK`](super::MAX_LOOK).
    pub looked: u64,
    /// How many of them match, and are in a state that the change fits.
    pub matched: u64,
    /// How many were changed, or asked to end. These are left out:
    ///
    /// - tasks that another transaction has locked, such as those of a lock-claim;
    /// - tasks whose rows have changed since the store looked at them;
    /// - tasks that the database refuses to change;
    /// - failed unique tasks with a duplicate that waits or runs.
    pub changed: u64,
    /// The `after` for the next batch. `None` if there are no more tasks.
    pub next: Option<Uuid>,
}

/// How many tasks are changed in one transaction, unless it is done [gently](Changes::gently).
pub const CHANGE_BATCH: u32 = 1_000;
/// How many tasks are changed in one transaction when it is done gently.
const GENTLE_BATCH: u32 = 100;
/// How many times as long as a gentle batch the pause after it is.
const GENTLE_PAUSE: u32 = 6;

/// The change of all tasks that match a filter, batch by batch: `change_batch` of `Admin` does the next batch.
///
/// The change leaves out tasks whose rows have changed since its first batch. So no task is changed twice, and tasks
/// that are inserted, fail or end later are left alone. Ages of tasks are those at the start. You may stop between two
/// batches, and begin a new change at any time.
///
/// ```
/// use fang_core::FangTaskState;
/// use fang_core::store::{Change, Changes, Filter};
/// let changes = Changes::new(Filter::in_state(FangTaskState::Failed), Change::Retry);
/// assert_eq!(changes.progress().changed, 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    filter: Filter,
    change: Change,
    since: Option<DateTime<Utc>>,
    after: Option<Uuid>,
    progress: Progress,
    is_gentle: bool,
}

impl Changes {
    /// The change of all tasks that match the filter, at full speed. The limit of the filter has no effect. If the
    /// filter has [`unchanged_since`](Filter::unchanged_since), that instant is the start.
    pub fn new(filter: Filter, change: Change) -> Self {
        let since = filter.unchanged_since;
        Self { filter, change, since, after: None, progress: Progress::default(), is_gentle: false }
    }

    /// The same change in batches of 100 instead of 1,000. The caller makes a [pause](Self::pause_after) after each
    /// batch. This takes some fifteen times as long, but tasks that run meanwhile wait for no long transaction.
    ///
    /// ```
    /// use fang_core::store::{Change, Changes, Filter};
    /// use std::time::Duration;
    /// let changes = Changes::new(Filter::default(), Change::Cancel).gently();
    /// assert_eq!(changes.pause_after(Duration::from_millis(5)), Duration::from_millis(30));
    /// ```
    pub fn gently(self) -> Self {
        Self { is_gentle: true, ..self }
    }

    /// How long to pause after a batch that `took` this long: six times that time if the change is [gentle](Self::gently),
    /// otherwise not at all.
    pub fn pause_after(&self, took: Duration) -> Duration {
        if self.is_gentle { took.saturating_mul(GENTLE_PAUSE) } else { Duration::ZERO }
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The last task that was looked at. `None` before the first batch, and at the end.
    pub fn position(&self) -> Option<Uuid> {
        self.after
    }

    /// Whether the instant of its start is known: the first batch was asked for, or the filter has it.
    pub fn has_begun(&self) -> bool {
        self.since.is_some()
    }

    /// The next batch. `None` if there is no more. `now` is the current time by the clock of the store; the first call
    /// remembers it.
    pub fn next_batch(&mut self, now: DateTime<Utc>) -> Option<ChangeMany<'_>> {
        let unchanged_since = *self.since.get_or_insert(now);
        let batch = ChangeMany {
            filter: &self.filter,
            change: self.change,
            unchanged_since,
            after: self.after,
            limit: if self.is_gentle { GENTLE_BATCH } else { CHANGE_BATCH },
        };
        (!self.progress.is_done).then_some(batch)
    }

    /// Adds the outcome of that batch.
    pub fn add(&mut self, batch: Changed) -> Progress {
        self.progress.looked += batch.looked;
        self.progress.matched += batch.matched;
        self.progress.changed += batch.changed;
        self.progress.is_done = batch.next.is_none();
        self.after = batch.next;
        self.progress
    }
}

/// How far [`Changes`] have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many tasks were looked at.
    pub looked: u64,
    /// How many of them match, and are in a state that the change fits.
    pub matched: u64,
    /// How many were [changed](Changed::changed).
    pub changed: u64,
    /// Whether no more tasks are left.
    pub is_done: bool,
}
