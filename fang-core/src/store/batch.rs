use crate::new_task::NewTask;

/// How often an insert is repeated because the duplicate ended before it was read.
pub const MAX_INSERT_TRIES: usize = 10;

/// Whether a batch must be saved in one transaction: it may take several statements, and none may be saved
/// when a task that asks for an error has a duplicate. A single task needs none, since a duplicate changes
/// nothing.
pub fn is_all_or_none(tasks: &[NewTask]) -> bool {
    tasks.len() > 1 && tasks.iter().any(NewTask::is_strict)
}

/// Whether all these tasks are not unique, so that only an earlier try of the same insert can keep them out.
pub fn are_new(tasks: &[NewTask]) -> bool {
    tasks.iter().all(|task| task.uniq_hash.is_none())
}
