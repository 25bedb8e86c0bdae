//! Running tasks and errors.

use super::tables::{Row, Tables};
use crate::store::{ErrorGroup, ErrorGroups, MAX_PAGE, Running, RunningPage};
use crate::task::FangTaskState;
use uuid::Uuid;

impl Tables {
    pub(super) fn running(&self, after: Option<Uuid>, limit: u32) -> RunningPage {
        let is_behind = |row: &&Row| after.is_none_or(|after| row.id < after);
        let rows = self.rows().rev().filter(|row| row.state == FangTaskState::InProgress).filter(is_behind);
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        let tasks: Vec<Running> = rows.take(limit).map(running).collect();
        let next = tasks.last().map(|last| last.task.id).filter(|_| tasks.len() == limit);
        RunningPage { tasks, next }
    }

    pub(super) fn errors(&self) -> ErrorGroups {
        let mut failed: Vec<&Row> = self.rows().filter(|row| row.state == FangTaskState::Failed).collect();
        failed.sort_by_key(|row| std::cmp::Reverse(row.updated_at));
        let all = failed.len() as u64;
        let looked = all.min(ErrorGroups::MAX_LOOK);
        let groups =
            ErrorGroups::of(failed.into_iter().take(looked as usize).map(error), looked, looked == all);
        let seen = self.rows().filter(|row| !row.state.is_alive()).count() as u64;
        ErrorGroups { seen, ..groups }
    }
}

fn running(row: &Row) -> Running {
    let task = row.to_task().without_payload();
    Running { task, worker: row.locked_by, since: row.updated_at }
}

fn error(row: &Row) -> ErrorGroup {
    ErrorGroup {
        kind: row.to_task().kind().unwrap_or_default().to_owned(),
        error: row.error_message.clone().unwrap_or_default(),
        tasks: 1,
        first_at: row.updated_at,
        last_at: row.updated_at,
        example: row.id,
        task_types: [row.task_type.clone()].into(),
    }
}
