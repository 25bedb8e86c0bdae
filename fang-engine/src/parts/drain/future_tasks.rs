//! Looks at the tasks that wait: makes those due that wait for a later time, and counts those that this drain does not run.

use super::{Draining, Left};
use crate::events::Event;
use fang_core::new_task::Due;
use fang_core::store::{Change, Feature};
use fang_core::{FangTaskState, Mode, StoreError, Task};
use std::collections::HashSet;
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
            let is_later =
                task.scheduled_at > now && self.is_for_this_mode(&task) && self.serves(&task.task_type);
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

    /// The due tasks that this drain does not run, of the types that it serves and of others.
    pub(super) async fn left(&self) -> Result<Left, StoreError> {
        let mut left = Left::default();
        if self.rules.is_for_one_task() {
            return Ok(left);
        }
        let (now, paused) = (self.pool.store.now().await?, self.paused().await?);
        for task in self.waiting().await?.into_iter().filter(|task| task.scheduled_at <= now) {
            let serves = self.serves(&task.task_type);
            if !self.is_for_this_mode(&task) {
                left.of_other_mode += usize::from(serves);
            } else if !serves {
                *left.of_other_types.entry(task.task_type).or_default() += 1;
            } else if paused.contains(&task.task_type) {
                *left.of_paused_types.entry(task.task_type).or_default() += 1;
            }
        }
        Ok(left)
    }

    /// The paused task types, as far as the store tells them.
    async fn paused(&self) -> Result<HashSet<String>, StoreError> {
        if !self.pool.store.offers().has(Feature::Reports) {
            return Ok(HashSet::new());
        }
        Ok(self.pool.store.paused_types().await?.into_iter().map(|paused| paused.task_type).collect())
    }

    fn is_for_this_mode(&self, task: &Task) -> bool {
        [Mode::Any, self.pool.mode()].contains(&task.mode)
    }
}
