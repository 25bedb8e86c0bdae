//! Changes of all tasks that match a filter.

use super::Admin;
use fang_core::QueueError;
use fang_core::store::{Change, Changes, Filter, Progress, Removal};
use uuid::Uuid;

impl Admin {
    /// Changes the task with this id. Returns `false`, and changes nothing, if there is no such task, or if it is in a state that
    /// the change does not [fit](Change::fits).
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call.
    pub async fn change_one(&self, id: Uuid, change: Change) -> Result<bool, QueueError> {
        match change {
            Change::Retry => self.retry(id).await,
            Change::Cancel => self.cancel(id).await,
            Change::Remove => self.remove(&Removal::Id(id)).await.map(|removed| removed > 0),
            Change::Reschedule(due) => self.reschedule(id, due).await,
            Change::Priority(priority) => self.set_priority(id, priority).await,
        }
    }

    /// Changes the next 1,000 tasks at most, or 100 if the change is [gentle](Changes::gently), and looks at 10,000 at most for
    /// it. Returns how far the change has come. Repeat it until [`is_done`](Progress::is_done); it may be given up after any
    /// batch. It makes no pause: wait for [`pause_after`](Changes::pause_after) between two gentle batches.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or does not have this call. The same batch may be tried again.
    pub async fn change_batch(&self, changes: &mut Changes) -> Result<Progress, QueueError> {
        let now = self.store.now().await?;
        let Some(batch) = changes.next_batch(now) else { return Ok(changes.progress()) };
        let changed = self.store.change_many(&batch).await?;
        Ok(changes.add(changed))
    }

    /// Changes all tasks that match a filter, in batches of 1,000, so if it fails, some of them are changed already. It may be
    /// called again. It goes at full speed, and tasks that run meanwhile wait longer for the server. Beside a busy fleet prefer
    /// [`change_batch`](Self::change_batch) with a [gentle](Changes::gently) change. Tasks whose rows have changed after the call began are left alone, and so are those that
    /// [cannot be changed](fang_core::store::Changed::changed) now.
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
