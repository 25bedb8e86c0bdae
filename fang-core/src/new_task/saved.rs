//! The rows of inserted tasks, without reading them back.

use super::NewTask;
use crate::store::{InsertOutcome, Inserted, NewCron, SavedCron, micros};
use crate::task::{FangTaskState, Task, read_metadata};
use chrono::TimeDelta;

impl Task {
    /// The row of a task that was just inserted, without reading it back.
    pub fn saved(task: NewTask, inserted: Inserted) -> Self {
        Self {
            uniq_hash: task.row_hash().map(str::to_owned),
            task_type: task.task_type,
            scheduled_at: inserted.scheduled_at,
            expires_at: task.expires.and_then(|span| {
                inserted.scheduled_at.checked_add_signed(TimeDelta::microseconds(micros(span)))
            }),
            created_at: inserted.created_at,
            updated_at: inserted.created_at,
            mode: task.mode,
            priority: task.priority,
            max_retries: task.options.max_retries,
            keep: task.options.keep(),
            tags: task.options.tags,
            headers: task.options.headers,
            ..Self::new(inserted.id, read_metadata(&task.metadata))
        }
    }

    /// The row of a duplicate that is gone, because it ended within its period. The payload is that of the
    /// new task, since that of the duplicate is no longer known.
    pub fn ended(task: NewTask, inserted: Inserted) -> Self {
        Self { state: FangTaskState::Finished, ..Self::saved(task, inserted) }
    }

    /// The row of a cron's last tick, if it is gone because the task has run or the cron is paused.
    pub fn ticked(cron: NewCron, saved: SavedCron) -> Self {
        let SavedCron { last_tick, task_id } = saved;
        let inserted = Inserted {
            id: task_id,
            is_new: true,
            outcome: InsertOutcome::New,
            created_at: last_tick,
            scheduled_at: last_tick,
        };
        Self::saved(cron.task, inserted)
    }
}
