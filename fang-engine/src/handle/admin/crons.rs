//! Crons that are made by hand.

use super::Admin;
use crate::insert_rules::InsertRules;
use fang_core::store::NewCron;
use fang_core::{Cron, NewTask, QueueError, StoreError};
use uuid::Uuid;

impl Admin {
    /// Makes a cron by hand, or changes the one with this name and the kind of this task. `schedule_only` never removes
    /// such a cron. An unchanged cron stays as it is. A change replaces the task of the next tick, but not one that is due
    /// and waits for a worker. An interval is counted on from the last tick. The tasks of its ticks are never unique.
    /// Returns the whole name of the cron, which the other calls take: `Report/hand:nightly` for `nightly` and the kind
    /// `Report`.
    ///
    /// # Errors
    /// [`QueueError::Schedule`] when the name, the pattern or the time zone is not valid, [`QueueError::Payload`] when
    /// the task cannot be saved, and [`QueueError::Store`] when the store fails or has no crons.
    pub async fn set_cron(&self, name: &str, cron: Cron, task: NewTask) -> Result<String, QueueError> {
        let name = NewCron::name_by_hand(name, &task)?;
        let now = self.store.now().await?;
        let crons = match self.store.list_crons().await {
            Err(StoreError::NotOffered { .. }) => Vec::new(),
            crons => crons?,
        };
        let known = crons.into_iter().find(|known| known.name == name);
        let anchor = known.map_or(now, |known| known.last_tick(now).unwrap_or(known.created_at));
        let cron = InsertRules::default().prepare_cron(name, task, cron, (anchor, now), Uuid::now_v7())?;
        self.store.sync_cron(&cron).await?;
        Ok(cron.name)
    }

    /// Inserts a task of a cron, due now, without changing the cron. Returns its id, or `None` when there is no such
    /// cron.
    ///
    /// # Errors
    /// [`QueueError::Store`] when the store fails or has no crons.
    pub async fn run_cron(&self, name: &str) -> Result<Option<Uuid>, QueueError> {
        let id = Uuid::now_v7();
        Ok(self.store.run_cron(name, id).await?.then_some(id))
    }
}
