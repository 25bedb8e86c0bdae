//! Waits until the acknowledged tasks are over.

use super::table::Table;
use crate::{Book, FaultsError};
use fang_core::Task;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The tasks that may still wait or run, and the rows that were seen last.
pub(super) struct Waiting {
    ledger: PathBuf,
    limit: Duration,
    /// When the wait is over in any case. It begins with the first look.
    until: Option<Instant>,
    left: VecDeque<Uuid>,
    /// All tasks that are waited for, or were.
    known: HashSet<Uuid>,
    rows: HashMap<Uuid, Task>,
}

impl Waiting {
    pub(super) fn new(ledger: PathBuf, limit: Duration) -> Self {
        let (left, known, rows) = (VecDeque::new(), HashSet::new(), HashMap::new());
        Self { ledger, limit, until: None, left, known, rows }
    }

    /// Looks at the tasks, up to the first one that still waits or runs. Each task that is over is asked for once.
    /// Returns whether all are over, or the time is.
    pub(super) async fn look(&mut self, table: &impl Table) -> Result<bool, FaultsError> {
        let now = Instant::now();
        let until = *self.until.get_or_insert(now.checked_add(self.limit).unwrap_or(now));
        loop {
            while let Some(id) = self.left.front().copied() {
                if self.ask(table, id).await? && Instant::now() < until {
                    return Ok(false);
                }
                self.left.pop_front();
            }
            // A task that is over may have inserted others.
            if Instant::now() >= until || !self.find_new(&Book::read(&self.ledger)?) {
                return Ok(true);
            }
        }
    }

    /// Asks again for the tasks without a success that is known to be saved, once no worker runs: what was acknowledged
    /// or went on in the meantime must not look lost.
    pub(super) async fn look_again(&mut self, book: &Book, table: &impl Table) -> Result<(), FaultsError> {
        for id in book.acknowledged() {
            let is_done = book.tasks.get(&id).is_some_and(|entry| entry.is_done());
            let is_over = self.rows.get(&id).is_none_or(|row| !row.state.is_alive());
            if !(self.known.contains(&id) && is_done && is_over) {
                self.ask(table, id).await?;
            }
        }
        Ok(())
    }

    /// Keeps the row of a task. Returns whether the task still waits or runs.
    async fn ask(&mut self, table: &impl Table, id: Uuid) -> Result<bool, FaultsError> {
        let row = table.find(id).await?;
        let is_alive = row.as_ref().is_some_and(|row| row.state.is_alive());
        match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
        Ok(is_alive)
    }

    /// Whether the ledger has tasks that were not known.
    fn find_new(&mut self, book: &Book) -> bool {
        let mut new: Vec<Uuid> = book.acknowledged().filter(|id| self.known.insert(*id)).collect();
        // Ids of version 7 are in the order of their inserts.
        new.sort_unstable();
        self.left.extend(new);
        !self.left.is_empty()
    }

    /// The last rows of the tasks that have one.
    pub(super) fn rows(self) -> HashMap<Uuid, Task> {
        self.rows
    }
}
