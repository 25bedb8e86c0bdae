//! The kinds of the tasks that there are, as far as a bounded look tells.

use chrono::{DateTime, Utc};
use fang_core::store::{CronInfo, ErrorGroups, Filter, PageRequest};
use fang_core::{FangTaskState, QueueError, Task};
use fang_engine::handle::Admin;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many of the newest tasks are looked at, by so many in a statement.
const NEWEST: u64 = 4_000;
const AT_ONCE: u32 = 1_000;

/// What was seen of a kind.
#[derive(Debug, Default)]
pub(crate) struct Kind {
    pub(crate) task_types: BTreeSet<String>,
    pub(crate) waiting: u64,
    pub(crate) running: u64,
    pub(crate) finished: u64,
    /// Among the tasks that failed last.
    pub(crate) failed: u64,
    pub(crate) crons: u64,
    /// When the newest one was inserted.
    pub(crate) inserted_at: Option<DateTime<Utc>>,
}

/// The kinds, by name.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    pub(crate) all: BTreeMap<String, Kind>,
    /// How many of the newest tasks were looked at.
    pub(crate) looked: u64,
    /// Whether there are older ones.
    pub(crate) has_older: bool,
    /// How many failed tasks were looked at.
    pub(crate) failed: u64,
    /// Whether there are failed tasks that ended before.
    pub(crate) has_failed_before: bool,
}

impl Kinds {
    /// From the newest tasks, the errors and the crons.
    pub(crate) async fn read(
        admin: Admin,
        errors: Option<Arc<ErrorGroups>>,
        crons: Option<Arc<Vec<CronInfo>>>,
    ) -> Result<Self, QueueError> {
        let mut kinds = Self::default();
        let filter = Filter { without_payload: true, ..Filter::default() };
        let mut request = PageRequest { limit: AT_ONCE, newest_first: true, ..PageRequest::new(&filter) };
        while kinds.looked < NEWEST {
            let page = admin.page(&request).await?;
            page.tasks.iter().for_each(|task| kinds.add(task));
            kinds.looked += page.looked;
            kinds.has_older = page.next.is_some();
            request.after = page.next;
            if page.next.is_none() {
                break;
            }
        }
        // A store that cannot group errors shows no failed task.
        kinds.has_failed_before = errors.is_none();
        errors.iter().for_each(|errors| kinds.add_failed(errors));
        crons
            .iter()
            .flat_map(|crons| crons.iter())
            .for_each(|cron| kinds.of(cron.kind(), &cron.task_type).crons += 1);
        Ok(kinds)
    }

    fn of(&mut self, kind: &str, task_type: &str) -> &mut Kind {
        let kind = self.all.entry(kind.to_owned()).or_default();
        if !kind.task_types.contains(task_type) {
            kind.task_types.insert(task_type.to_owned());
        }
        kind
    }

    fn add(&mut self, task: &Task) {
        let Some(name) = task.kind() else { return };
        let kind = self.of(name, &task.task_type);
        kind.inserted_at = kind.inserted_at.max(Some(task.created_at));
        match task.state {
            FangTaskState::New | FangTaskState::Retried => kind.waiting += 1,
            FangTaskState::InProgress => kind.running += 1,
            FangTaskState::Finished => kind.finished += 1,
            // Those are counted among the ones that failed last.
            FangTaskState::Failed => {}
        }
    }

    fn add_failed(&mut self, errors: &ErrorGroups) {
        (self.failed, self.has_failed_before) = (errors.looked, !errors.is_all);
        for group in errors.groups.iter().filter(|group| !group.kind.is_empty()) {
            for task_type in &group.task_types {
                self.of(&group.kind, task_type);
            }
            self.all.entry(group.kind.clone()).or_default().failed += group.tasks;
        }
    }
}
