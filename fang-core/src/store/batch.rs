use crate::new_task::NewTask;

/// How often an insert is sent again because the task that kept it out had ended meanwhile.
pub const MAX_INSERT_TRIES: usize = 10;

/// Whether a batch has to be saved in a transaction: more statements than one may be needed, of which none
/// may be saved when a task is kept out that must not be. A single one that is kept out changes nothing.
pub fn is_all_or_none(tasks: &[NewTask]) -> bool {
    tasks.len() > 1 && tasks.iter().any(NewTask::is_strict)
}

/// Whether nothing but an earlier try can keep these tasks out: none of them is unique.
pub fn are_new(tasks: &[NewTask]) -> bool {
    tasks.iter().all(|task| task.uniq_hash.is_none())
}
