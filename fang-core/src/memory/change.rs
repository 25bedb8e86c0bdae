//! Changes of a task, and of all tasks that match a filter.

use super::tables::Tables;
use super::tasks::notice;
use crate::notify::Notice;
use crate::store::{Change, ChangeMany, ChangeOutcome, Changed, MAX_LOOK, WorkerId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use uuid::Uuid;

/// Whom to notify of a change.
#[derive(Default)]
pub(super) struct Told {
    /// The types of tasks that have become due, or become due later.
    pub(super) due: BTreeMap<String, Notice>,
    /// The workers of tasks that are to be cancelled.
    pub(super) workers: BTreeSet<WorkerId>,
    /// Whether tasks may be before the scan floors.
    pub(super) came_back: bool,
}

impl Tables {
    pub(super) fn change_many(&mut self, batch: &ChangeMany<'_>, now: DateTime<Utc>) -> (Changed, Told) {
        let (mut found, mut ids) = (Changed::default(), Vec::new());
        let mut rows = self.rows_from(batch.after.map_or(Bound::Unbounded, Bound::Excluded));
        for row in rows.by_ref().take(MAX_LOOK as usize) {
            found.looked += 1;
            let may_change = batch.change.fits(row.state) && row.updated_at <= batch.unchanged_since;
            if may_change && batch.filter.matches(&row.to_task(), batch.unchanged_since) {
                ids.push(row.id);
            }
            found.next = Some(row.id);
            if ids.len() >= batch.limit.max(1) as usize {
                break;
            }
        }
        let has_more = rows.next().is_some();
        drop(rows);
        found.next = found.next.filter(|_| has_more);
        found.matched = ids.len() as u64;
        let mut told = Told::default();
        let changed =
            ids.into_iter().filter(|id| self.change_row(*id, batch.change, &mut told, now).is_hit());
        found.changed = changed.count() as u64;
        (found, told)
    }

    pub(super) fn change_one(
        &mut self,
        id: Uuid,
        change: Change,
        now: DateTime<Utc>,
    ) -> (ChangeOutcome, Told) {
        let mut told = Told::default();
        (self.change_row(id, change, &mut told, now), told)
    }

    fn change_row(&mut self, id: Uuid, change: Change, told: &mut Told, now: DateTime<Utc>) -> ChangeOutcome {
        match change {
            Change::Retry => {
                let retried = self.retry(id, now);
                let is_retried = retried.is_some();
                told.due.extend(retried.map(|task_type| (task_type, Notice::Single)));
                is_retried.into()
            }
            Change::Cancel => {
                let (outcome, worker) = self.cancel(id, now);
                told.workers.extend(worker);
                outcome
            }
            Change::Remove => self.take(id).is_some().into(),
            Change::Reschedule(due) => {
                let moved = self.reschedule(id, due, now);
                let is_moved = moved.is_some();
                told.came_back |= is_moved && due.may_be_now();
                told.due.extend(moved.map(|task_type| (task_type, notice(due, now))));
                is_moved.into()
            }
            Change::Priority(priority) => {
                let is_set = self.set_priority(id, priority, now);
                told.came_back |= is_set;
                is_set.into()
            }
        }
    }
}
