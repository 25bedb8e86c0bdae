//! A task from a row: the same work again.

use super::NewTask;
use crate::options::Options;
use crate::task::Task;

/// A new task with the payload, task type, mode, priority, retries, tags, headers and `keep` of a row, and due at once. It
/// has another id, is not unique, and does not expire.
impl From<Task> for NewTask {
    fn from(task: Task) -> Self {
        let mut options = Options { max_retries: task.max_retries, ..Options::default() };
        options.set_keep(task.keep);
        let payload = task.payload().into_owned();
        let new = Self::new(payload, task.task_type, task.mode).priority(task.priority);
        Self { options: Options { tags: task.tags, headers: task.headers, ..options }, ..new }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{InsertOutcome, Inserted};
    use crate::task::{Mode, Priority};
    use chrono::DateTime;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_row_becomes_a_task_with_its_payload_and_options() {
        let payload = r#"{"type":"a","n":123456789012345678901234567890}"#.to_owned();
        let task = NewTask::new(payload.clone(), "mail".to_owned(), Mode::Blocking)
            .priority(Priority::High)
            .max_retries(3)
            .tag("new")
            .header("tenant", "7")
            .keep(Duration::from_secs(60));
        let at = DateTime::UNIX_EPOCH;
        let inserted = Inserted {
            id: Uuid::from_u128(7),
            is_new: true,
            outcome: InsertOutcome::New,
            created_at: at,
            scheduled_at: at,
        };
        let row = Task { exact: Some(payload.into()), ..Task::saved(task.clone(), inserted) };
        let again = NewTask::from(row);
        assert_eq!((again.payload(), again.id), (task.payload(), Uuid::nil()));
        assert_eq!(again.options, task.options);
        assert_eq!((again.task_type, again.mode, again.priority), (task.task_type, task.mode, task.priority));
    }
}
