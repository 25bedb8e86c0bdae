//! Retry, reschedule and cancel.

use super::tables::{Row, Tables};
use super::tasks::due_at;
use crate::new_task::Due;
use crate::store::{ChangeOutcome, WorkerId};
use crate::task::{FangTaskState, Priority};
use chrono::{DateTime, Utc};
use uuid::Uuid;

impl Tables {
    /// Returns the type of the task if it is due now.
    pub(super) fn retry(&mut self, id: Uuid, now: DateTime<Utc>) -> Option<String> {
        let mut row = self.row(id).filter(|row| self.may_retry(row)).cloned()?;
        if row.state == FangTaskState::Failed {
            row.retries = 0;
        }
        row.state = FangTaskState::Retried;
        row.crashes = 0;
        (row.unknown_since, row.expires_at, row.keep_until) = (None, None, None);
        row.scheduled_at = now;
        row.updated_at = now;
        self.cancelled.remove(&id);
        let task_type = row.task_type.clone();
        self.put(row);
        Some(task_type)
    }

    /// A failed task stays failed while a duplicate is alive.
    fn may_retry(&self, row: &Row) -> bool {
        let has_duplicate = row.uniq_hash.as_ref().is_some_and(|hash| self.unique.contains_key(hash));
        row.state.is_waiting() || (row.state == FangTaskState::Failed && !has_duplicate)
    }

    /// Returns the type of the task if it waits.
    pub(super) fn reschedule(&mut self, id: Uuid, due: Due, now: DateTime<Utc>) -> Option<String> {
        let task_type = self.row(id).filter(|row| row.state.is_waiting())?.task_type.clone();
        self.change_waiting(id, now, |row| {
            let before = std::mem::replace(&mut row.scheduled_at, due_at(due, now));
            row.expires_at = row.expires_at.and_then(|at| at.checked_add_signed(row.scheduled_at - before));
        });
        Some(task_type)
    }

    pub(super) fn set_priority(&mut self, id: Uuid, priority: Priority, now: DateTime<Utc>) -> bool {
        self.change_waiting(id, now, |row| row.priority = priority)
    }

    /// Returns the worker that runs the task as well.
    pub(super) fn cancel(&mut self, id: Uuid, now: DateTime<Utc>) -> (ChangeOutcome, Option<WorkerId>) {
        let running = self.row(id).filter(|row| row.state == FangTaskState::InProgress);
        if let Some(claimed_by) = running.map(|row| row.locked_by) {
            self.cancelled.insert(id);
            return (ChangeOutcome::Asked, claimed_by);
        }
        (self.fail_waiting(id, now).into(), None)
    }

    /// Fails cancelled tasks that wait again, and forgets those that are over.
    pub(super) fn cancellations(&mut self, worker: WorkerId, now: DateTime<Utc>) -> Vec<(Uuid, i32)> {
        let asked: Vec<Uuid> = self.cancelled.iter().copied().collect();
        for id in asked {
            if self.is_cancelled(id) {
                self.fail_waiting(id, now);
            }
            if !self.is_cancelled(id) {
                self.cancelled.remove(&id);
            }
        }
        let running = self.cancelled.iter().filter_map(|id| self.row(*id));
        running.filter(|row| row.locked_by == Some(worker)).map(|row| (row.id, row.lease)).collect()
    }

    /// Whether this task is alive and is to be cancelled.
    pub(super) fn is_cancelled(&self, id: Uuid) -> bool {
        self.cancelled.contains(&id) && self.row(id).is_some_and(|row| row.state.is_alive())
    }

    fn fail_waiting(&mut self, id: Uuid, now: DateTime<Utc>) -> bool {
        self.change_waiting(id, now, |row| {
            row.state = FangTaskState::Failed;
            row.error_message = Some("cancelled".to_owned());
        })
    }

    fn change_waiting(&mut self, id: Uuid, now: DateTime<Utc>, act: impl FnOnce(&mut Row)) -> bool {
        let Some(mut row) = self.row(id).filter(|row| row.state.is_waiting()).cloned() else { return false };
        act(&mut row);
        row.updated_at = now;
        self.put(row);
        true
    }
}
