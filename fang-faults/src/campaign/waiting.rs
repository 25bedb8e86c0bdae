//! Waits until the acknowledged tasks are over.

use super::table::Table;
use crate::{Book, FaultsError};
use fang_core::Task;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The tasks that may still wait or run, and the rows that were seen last.
pub(super) struct Waiting {
    left: VecDeque<Uuid>,
    until: Instant,
    rows: HashMap<Uuid, Task>,
}

impl Waiting {
    pub(super) fn new(book: &Book, limit: Duration) -> Self {
        let now = Instant::now();
        let until = now.checked_add(limit).unwrap_or(now);
        let mut left: Vec<Uuid> = book.acknowledged().collect();
        // Ids of version 7 are in the order of their inserts.
        left.sort_unstable();
        Self { left: left.into(), until, rows: HashMap::new() }
    }

    /// Looks at the tasks, up to the first one that still waits or runs. Each task that is over is asked for once. Returns
    /// whether all are over, or the time is.
    pub(super) async fn look(&mut self, table: &impl Table) -> Result<bool, FaultsError> {
        while let Some(id) = self.left.front().copied() {
            let task = table.find(id).await?;
            let is_alive = task.as_ref().is_some_and(|task| task.state.is_alive());
            if is_alive && Instant::now() < self.until {
                return Ok(false);
            }
            self.left.pop_front();
            self.rows.extend(task.map(|task| (id, task)));
        }
        Ok(true)
    }

    /// The last rows of the tasks that have one.
    pub(super) fn rows(self) -> HashMap<Uuid, Task> {
        self.rows
    }
}
