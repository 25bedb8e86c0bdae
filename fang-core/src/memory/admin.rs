//! Find, list, count and remove.

use super::tables::{Row, Tables};
use crate::store::{Capped, Count, Depth, PageRequest, Removal, TaskPage};
use crate::task::Task;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

impl Tables {
    pub(super) fn find(&self, id: Uuid) -> Option<Task> {
        self.row(id).map(Row::to_task)
    }

    pub(super) fn page(&self, request: &PageRequest<'_>, now: DateTime<Utc>) -> TaskPage {
        let is_of_type = |row: &&Row| request.filter.task_type.as_ref().is_none_or(|of| row.task_type == *of);
        let rows = self.rows().filter(|row| request.filter.matches_state(row.state)).filter(is_of_type);
        request.pick(rows.map(Row::head), |id| self.find(id), now)
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
