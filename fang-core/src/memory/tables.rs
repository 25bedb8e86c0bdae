//! The rows, and indexes that mirror those of Postgres.

use crate::failure::Failure;
use crate::options::Options;
use crate::store::{Asked, By, Counts, NewCron, Per, Tally, WorkerId};
use crate::task::{FangTaskState, Mode, Priority, Task};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use uuid::Uuid;

/// A row of the table of tasks.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) metadata: String,
    pub(super) error_message: Option<String>,
    pub(super) state: FangTaskState,
    pub(super) task_type: String,
    pub(super) uniq_hash: Option<String>,
    pub(super) retries: i32,
    pub(super) scheduled_at: DateTime<Utc>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) mode: Mode,
    pub(super) priority: Priority,
    pub(super) lease: i32,
    pub(super) crashes: i16,
    pub(super) is_suspect: bool,
    pub(super) locked_by: Option<WorkerId>,
    pub(super) unknown_since: Option<DateTime<Utc>>,
    pub(super) options: Options,
    pub(super) failures: Vec<Failure>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) keep_until: Option<DateTime<Utc>>,
}

impl Row {
    fn ready_key(&self) -> ReadyKey {
        (self.task_type.clone(), self.mode as i16, self.priority as i16, self.scheduled_at, self.id)
    }

    /// Whether this claim still stands.
    pub(super) fn is_claim(&self, worker: WorkerId, lease: i32) -> bool {
        self.state == FangTaskState::InProgress && self.lease == lease && self.locked_by == Some(worker)
    }

    /// Ends the claim.
    pub(super) fn let_go(&mut self, now: DateTime<Utc>) {
        self.locked_by = None;
        self.is_suspect = false;
        self.updated_at = now;
    }

    pub(super) fn to_task(&self) -> Task {
        let payload = Task::read(self.id, &self.metadata);
        Task {
            metadata: payload.metadata,
            exact: payload.exact,
            error_message: self.error_message.clone(),
            tags: self.options.tags.clone(),
            headers: self.options.headers.clone(),
            failures: self.failures.clone(),
            ..self.head()
        }
    }

    /// The task without what costs more to read.
    pub(super) fn head(&self) -> Task {
        Task {
            state: self.state,
            task_type: self.task_type.clone(),
            uniq_hash: self.uniq_hash.clone(),
            retries: self.retries,
            scheduled_at: self.scheduled_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            mode: self.mode,
            priority: self.priority,
            lease: self.lease,
            crashes: self.crashes,
            max_retries: self.options.max_retries,
            keep: self.options.keep(),
            expires_at: self.expires_at,
            keep_until: self.keep_until,
            ..Task::new(self.id, serde_json::Value::Null)
        }
    }
}

/// The key of the ready index: task type, mode, priority, instant, id.
pub(super) type ReadyKey = (String, i16, i16, DateTime<Utc>, Uuid);

#[derive(Clone)]
pub(super) struct Worker {
    /// What it says of itself, as JSON.
    pub(super) info: String,
    pub(super) started_at: DateTime<Utc>,
    pub(super) beat_at: DateTime<Utc>,
    pub(super) dead_at: Option<DateTime<Utc>>,
    /// From its last report: workers, busy ones, and whether it is quiet.
    pub(super) load: Option<(u32, u32, bool)>,
    pub(super) told: Counts,
    /// The part of it that is in the minutes.
    pub(super) gathered: Counts,
    pub(super) asked: Option<Asked>,
}

#[derive(Clone)]
pub(super) struct Cron {
    pub(super) cron: NewCron,
    pub(super) last_tick: DateTime<Utc>,
    /// Nil when a pause removed the task.
    pub(super) task_id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) paused_at: Option<DateTime<Utc>>,
    /// When the last tick was chosen.
    pub(super) ticked_at: DateTime<Utc>,
}

/// A period in which a unique hash keeps duplicates out.
#[derive(Clone)]
pub(super) struct Period {
    pub(super) task_id: Uuid,
    pub(super) created_at: DateTime<Utc>,
    pub(super) scheduled_at: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// All tables. Rows are written by [`put`](Self::put) and [`take`](Self::take) alone, which update the
/// indexes.
#[derive(Clone, Default)]
pub(super) struct Tables {
    /// The last beat of any worker, and since when beats have come without a gap.
    pub(super) chain: Option<(DateTime<Utc>, DateTime<Utc>)>,
    rows: BTreeMap<Uuid, Row>,
    pub(super) ready: BTreeSet<ReadyKey>,
    pub(super) unique: HashMap<String, Uuid>,
    pub(super) periods: HashMap<String, Period>,
    pub(super) workers: BTreeMap<WorkerId, Worker>,
    pub(super) last_worker: i64,
    /// The paused task types, each since when.
    pub(super) paused: BTreeMap<String, DateTime<Utc>>,
    /// The last minute in which what workers told was gathered.
    pub(super) gathered_in: Option<DateTime<Utc>>,
    /// The counts of each minute and each hour, of task types and of kinds.
    pub(super) minutes: BTreeMap<(Per, DateTime<Utc>, By, String), Tally>,
    /// The tasks to be cancelled.
    pub(super) cancelled: BTreeSet<Uuid>,
    pub(super) crons: BTreeMap<String, Cron>,
}

impl Tables {
    pub(super) fn row(&self, id: Uuid) -> Option<&Row> {
        self.rows.get(&id)
    }

    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.values()
    }

    /// The rows from this id on.
    pub(super) fn rows_from(&self, from: Bound<Uuid>) -> impl Iterator<Item = &Row> {
        self.rows.range((from, Bound::Unbounded)).map(|(_, row)| row)
    }

    /// Saves a new or changed row.
    pub(super) fn put(&mut self, row: Row) {
        self.take(row.id);
        if row.state.is_waiting() {
            self.ready.insert(row.ready_key());
        }
        if let Some(hash) = row.uniq_hash.as_ref().filter(|_| row.state.is_alive()) {
            self.unique.insert(hash.clone(), row.id);
        }
        self.rows.insert(row.id, row);
    }

    /// Removes a row.
    pub(super) fn take(&mut self, id: Uuid) -> Option<Row> {
        let row = self.rows.remove(&id)?;
        self.ready.remove(&row.ready_key());
        if let Some(hash) = row.uniq_hash.as_ref().filter(|hash| self.unique.get(*hash) == Some(&id)) {
            self.unique.remove(hash);
        }
        Some(row)
    }

    /// Changes the matching rows. Returns their number.
    pub(super) fn change(&mut self, matches: impl Fn(&Row) -> bool, mut act: impl FnMut(&mut Row)) -> u64 {
        let found: Vec<Row> = self.rows().filter(|row| matches(row)).cloned().collect();
        let count = found.len() as u64;
        for mut row in found {
            act(&mut row);
            self.put(row);
        }
        count
    }

    /// Removes rows that match, at most `limit`; returns how many.
    pub(super) fn delete(&mut self, limit: usize, matches: impl Fn(&Row) -> bool) -> u64 {
        let found: Vec<Uuid> = self.rows().filter(|row| matches(row)).map(|row| row.id).take(limit).collect();
        found.iter().filter(|id| self.take(**id).is_some()).count() as u64
    }
}
