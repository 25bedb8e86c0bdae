//! Find, list, count, remove, retry, cancel.

use super::tables::{Row, Tables};
use crate::store::{Count, Filter, Removal};
use crate::task::{FangTaskState, Task};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

impl Tables {
    pub(super) fn find(&self, id: Uuid) -> Option<Task> {
        self.row(id).map(Row::to_task)
    }

    pub(super) fn list(&self, filter: &Filter) -> Vec<Task> {
        let matches = |row: &&Row| {
            filter.state.is_none_or(|state| row.state == state)
                && filter.task_type.as_ref().is_none_or(|task_type| row.task_type == *task_type)
                && filter.tag.as_ref().is_none_or(|tag| row.options.tags.contains(tag))
                && filter.before.is_none_or(|before| row.id < before)
        };
        self.rows().rev().filter(matches).take(filter.limit as usize).map(Row::to_task).collect()
    }

    pub(super) fn count(&self) -> Vec<Count> {
        let mut counts: BTreeMap<(&str, &'static str), Count> = BTreeMap::new();
        for row in self.rows() {
            let none = Count { task_type: row.task_type.clone(), state: row.state, tasks: 0 };
            counts.entry((&row.task_type, row.state.as_str())).or_insert(none).tasks += 1;
        }
        counts.into_values().collect()
    }

    pub(super) fn remove(&mut self, removal: &Removal, now: DateTime<Utc>) -> u64 {
        match removal {
            Removal::All => {
                self.crons.clear();
                self.periods.clear();
                self.delete(usize::MAX, |_| true)
            }
            Removal::Scheduled => {
                self.crons.clear();
                self.delete(usize::MAX, |row| row.state.is_waiting() && row.scheduled_at > now)
            }
            Removal::TaskType(task_type) => {
                self.crons.retain(|_, cron| cron.cron.task.task_type != *task_type);
                self.delete(usize::MAX, |row| row.task_type == *task_type)
            }
            Removal::Unique(hash) => self.release(hash),
            Removal::Id(id) => self.take(*id).map_or(0, |_| 1),
        }
    }

    pub(super) fn retry(&mut self, id: Uuid, now: DateTime<Utc>) -> bool {
        let Some(mut row) = self.row(id).filter(|row| self.may_retry(row)).cloned() else { return false };
        if row.state == FangTaskState::Failed {
            row.retries = 0;
        }
        row.state = FangTaskState::Retried;
        row.crashes = 0;
        row.unknown_since = None;
        row.scheduled_at = now;
        row.updated_at = now;
        self.put(row);
        true
    }

    /// Another that is alive with the same unique hash keeps a failed one where it is.
    fn may_retry(&self, row: &Row) -> bool {
        let is_held = row.uniq_hash.as_ref().is_some_and(|hash| self.unique.contains_key(hash));
        row.state.is_waiting() || (row.state == FangTaskState::Failed && !is_held)
    }

    pub(super) fn cancel(&mut self, id: Uuid, now: DateTime<Utc>) -> bool {
        let changed = self.change(
            |row| row.id == id && row.state.is_waiting(),
            |row| {
                row.state = FangTaskState::Failed;
                row.error_message = Some("cancelled".to_owned());
                row.updated_at = now;
            },
        );
        changed > 0
    }
}
