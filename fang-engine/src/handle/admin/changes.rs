//! Changes of all tasks that match a filter.

use super::Admin;
use fang_core::QueueError;
use fang_core::store::{Change, Changes, Filter, Progress};

impl Admin {
    /// Makes the next batch of a change: up to 1,000 tasks, or 100 if the change is [gentle](Changes::gently). It looks
    /// at 10,000 tasks at most. Returns how far the change has come. Repeat it until [`is_done`](Progress::is_done).
    /// You may stop after any batch. Between two gentle batches, pause for [`pause_after`](Changes::pause_after).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call. The same batch may be tried again.
    pub async fn change_batch(&self, changes: &mut Changes) -> Result<Progress, QueueError> {
        let now = self.store.now().await?;
        let Some(batch) = changes.next_batch(now) else { return Ok(changes.progress()) };
        let changed = self.store.change_many(&batch).await?;
        Ok(changes.add(changed))
    }

    /// Changes all tasks that match a filter, in batches of 1,000. If it fails, some of them are changed already; it
    /// may be called again. It works at full speed, so other tasks wait longer for the server meanwhile. Beside a busy
    /// fleet, use [`change_batch`](Self::change_batch) with a [gentle](Changes::gently) change instead. It leaves out
    /// tasks whose rows have changed since the call began, and those that [cannot be
    /// changed](fang_core::store::Changed::changed) now.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn change_all(&self, filter: &Filter, change: Change) -> Result<Progress, QueueError> {
        let mut changes = Changes::new(filter.clone(), change);
        loop {
            let progress = self.change_batch(&mut changes).await?;
            if progress.is_done {
                return Ok(progress);
            }
        }
    }
}
