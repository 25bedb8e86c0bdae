use crate::new_task::NewTask;

/// How often an insert is sent again because its duplicate ended before it could be read.
pub const MAX_INSERT_TRIES: usize = 10;

/// Whether a batch must be saved in a transaction: it may need several statements, and none may be saved
/// when a task that asks for an error has a duplicate. A single such task changes nothing anyway.
pub fn is_all_or_none(tasks: &[NewTask]) -> bool {
    tasks.len() > 1 && tasks.iter().any(NewTask::is_strict)
}

/// Whether none of these tasks is unique, so that only an earlier try of the same insert can keep them out.
pub fn are_new(tasks: &[NewTask]) -> bool {
    tasks.iter().all(|task| task.uniq_hash.is_none())
}
