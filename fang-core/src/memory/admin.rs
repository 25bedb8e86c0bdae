//! Find, list, count and remove.

use super::tables::{Row, Tables};
use crate::store::{Capped, Count, Depth, Filter, Removal};
use crate::task::Task;
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

    pub(super) fn depths(&self, task_type: Option<&str>, now: DateTime<Utc>) -> Vec<Depth> {
        let mut numbers: BTreeMap<&str, (u64, u64, Option<DateTime<Utc>>)> = BTreeMap::new();
        for (of, _, _, at, _) in &self.ready {
            if task_type.is_none_or(|task_type| task_type == of) {
                let (waiting, due, first) = numbers.entry(of).or_default();
                *waiting += 1;
                if *at <= now {
                    *due += 1;
                    *first = Some(first.map_or(*at, |first| first.min(*at)));
                }
            }
        }
        let depths = numbers.into_iter().map(|(task_type, (waiting, due, first))| Depth {
            task_type: task_type.to_owned(),
            waiting: Capped::of(waiting),
            due: Capped::of(due),
            oldest_due: first.and_then(|first| (now - first).to_std().ok()),
        });
        depths.take(usize::from(Depth::TASK_TYPES)).collect()
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
}
