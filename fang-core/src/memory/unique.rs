//! Insert, and the checks that keep duplicates out.

use super::tables::{Period, Row, Tables};
use super::tasks::{due_at, later, new_row};
use crate::error::StoreError;
use crate::new_task::NewTask;
use crate::store::is_all_or_none;
use crate::store::{InsertOutcome, Inserted};
use crate::task::FangTaskState;
use crate::unique::Replace;
use chrono::{DateTime, Utc};
use uuid::Uuid;

impl Tables {
    /// Inserts all tasks or none.
    pub(super) fn insert(
        &mut self,
        tasks: &[NewTask],
        now: DateTime<Utc>,
    ) -> Result<Vec<Inserted>, StoreError> {
        let before = is_all_or_none(tasks).then(|| self.clone());
        let inserted: Vec<_> = tasks.iter().map(|task| self.insert_one(task, now)).collect();
        Inserted::check(tasks, &inserted).inspect_err(|_| {
            if let Some(before) = before {
                *self = before;
            }
        })?;
        Ok(inserted)
    }

    fn insert_one(&mut self, task: &NewTask, now: DateTime<Utc>) -> Inserted {
        if let Some(row) = self.row(task.id) {
            return answer(row, InsertOutcome::New);
        }
        if let Some(kept_out) = self.meet_period(task, now).or_else(|| self.meet_row(task, now)) {
            return kept_out;
        }
        let row = new_row(task, now);
        if let (Some(hash), Some(period)) = (&task.uniq_hash, task.period()) {
            let (task_id, created_at, scheduled_at) = (row.id, row.created_at, row.scheduled_at);
            let period = Period { task_id, created_at, scheduled_at, until: later(now, period) };
            self.periods.insert(hash.clone(), period);
        }
        let inserted = answer(&row, InsertOutcome::New);
        // That cancelled an earlier task with the same id.
        self.cancelled.remove(&row.id);
        self.put(row);
        inserted
    }

    /// The answer for a task whose period is taken, even when the row of the other task is gone.
    fn meet_period(&mut self, task: &NewTask, now: DateTime<Utc>) -> Option<Inserted> {
        task.period()?;
        let kept = self.periods.get(task.uniq_hash.as_ref()?).filter(|kept| kept.until > now)?.clone();
        if let Some(row) = self.row(kept.task_id).cloned() {
            return Some(self.meet(row, task, now));
        }
        let outcome = if kept.task_id == task.id { InsertOutcome::New } else { InsertOutcome::Kept };
        let Period { task_id, created_at, scheduled_at, .. } = kept;
        Some(Inserted {
            id: task_id,
            is_new: outcome == InsertOutcome::New,
            outcome,
            created_at,
            scheduled_at,
        })
    }

    fn meet_row(&mut self, task: &NewTask, now: DateTime<Utc>) -> Option<Inserted> {
        let row = self.row(*self.unique.get(task.row_hash()?)?)?.clone();
        Some(self.meet(row, task, now))
    }

    fn meet(&mut self, mut row: Row, task: &NewTask, now: DateTime<Utc>) -> Inserted {
        let Some(replace) = task.replaces().filter(|_| row.state.is_waiting()) else {
            return answer(&row, InsertOutcome::Kept);
        };
        if replace.has(Replace::PAYLOAD) {
            row.metadata.clone_from(&task.metadata);
        }
        if replace.has(Replace::TIME) {
            row.scheduled_at = due_at(task.due, now);
            if row.state == FangTaskState::New {
                row.expires_at = task.expires.map(|span| later(row.scheduled_at, span));
            }
        }
        if replace.has(Replace::PRIORITY) {
            row.priority = task.priority;
        }
        row.updated_at = now;
        let replaced = answer(&row, InsertOutcome::Replaced);
        self.put(row);
        replaced
    }

    /// Removes the living tasks with this hash and ends its period; returns how many tasks.
    pub(super) fn release(&mut self, hash: &str) -> u64 {
        let by_period = self.periods.remove(hash).map(|period| period.task_id);
        let duplicates = by_period.into_iter().chain(self.unique.get(hash).copied());
        let alive: Vec<Uuid> =
            duplicates.filter(|id| self.row(*id).is_some_and(|row| row.state.is_alive())).collect();
        alive.into_iter().filter(|id| self.take(*id).is_some()).count() as u64
    }

    /// Removes periods that are over; returns how many.
    pub(super) fn prune_periods(&mut self, limit: u32, now: DateTime<Utc>) -> u64 {
        let over =
            self.periods.iter().filter(|(_, period)| period.until <= now).map(|(hash, _)| hash.clone());
        let over: Vec<String> = over.take(limit as usize).collect();
        over.iter().filter(|hash| self.periods.remove(*hash).is_some()).count() as u64
    }
}

fn answer(row: &Row, outcome: InsertOutcome) -> Inserted {
    Inserted {
        id: row.id,
        is_new: outcome == InsertOutcome::New,
        outcome,
        created_at: row.created_at,
        scheduled_at: row.scheduled_at,
    }
}
