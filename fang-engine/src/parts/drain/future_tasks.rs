//! Looks at the tasks that wait: makes those due that wait for a later time, and counts those of the other mode.

use super::Draining;
use crate::events::Event;
use fang_core::new_task::Due;
use fang_core::store::Change;
use fang_core::{FangTaskState, Mode, StoreError, Task};
use std::time::Duration;

impl Draining {
    /// Makes those tasks due that the rules ask for. Returns whether there were any.
    pub(super) async fn bring_forward(&self) -> Result<bool, StoreError> {
        let rules = &self.rules;
        if self.is_over() || !(rules.with_retries || rules.with_scheduled) {
            return Ok(false);
        }
        let (now, ends) = (self.pool.store.now().await?, self.last_ends());
        let mut has_moved = false;
        for task in self.waiting().await? {
            let is_later = task.scheduled_at > now && self.is_for_this_mode(&task);
            let is_wanted = match ends.get(&task.id) {
                // A task that asks to wait again and again would never end.
                Some(end) => rules.with_retries && matches!(end, Some(Event::Retried { .. })),
                None if task.state == FangTaskState::Retried => rules.with_retries,
                None => rules.with_scheduled,
            };
            if is_later && is_wanted {
                let now = Change::Reschedule(Due::After(Duration::ZERO));
                has_moved |= self.pool.store.change(task.id, now).await?.is_hit();
            }
        }
        Ok(has_moved)
    }

    /// How many due tasks wait for workers of the other mode.
    pub(super) async fn due_in_other_mode(&self) -> Result<usize, StoreError> {
        if self.rules.is_for_one_task() {
            return Ok(0);
        }
        let now = self.pool.store.now().await?;
        let waiting = self.waiting().await?;
        Ok(waiting.iter().filter(|task| task.scheduled_at <= now && !self.is_for_this_mode(task)).count())
    }

    fn is_for_this_mode(&self, task: &Task) -> bool {
        [Mode::Any, self.pool.mode()].contains(&task.mode)
    }
}
