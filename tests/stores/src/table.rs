//! The model: two tables, and how each verb changes them, written as simply as possible.

use fang_core::store::Verdict;
use fang_core::{FangTaskState, Priority};
use std::collections::BTreeMap;

pub const LEASE: u64 = 30;
pub const MAX_CRASHES: i16 = 3;

/// What became of workers and their tasks in a rescue.
#[derive(Debug, Default, PartialEq)]
pub struct Fates {
    pub buried: u64,
    pub retried: u64,
    pub failed: u64,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub state: FangTaskState,
    pub priority: Priority,
    pub uniq: Option<usize>,
    pub retries: i32,
    pub crashes: i16,
    pub is_suspect: bool,
    pub lease: i32,
    pub locked_by: Option<usize>,
    pub error: Option<String>,
    pub due: u64,
    pub is_cancelled: bool,
}

impl Row {
    fn is_waiting(&self) -> bool {
        matches!(self.state, FangTaskState::New | FangTaskState::Retried)
    }

    fn is_alive(&self) -> bool {
        self.is_waiting() || self.state == FangTaskState::InProgress
    }

    fn fail_cancelled(&mut self) {
        (self.state, self.error) = (FangTaskState::Failed, Some("cancelled".to_owned()));
    }

    fn give_back(&mut self) {
        self.state = if self.retries > 0 { FangTaskState::Retried } else { FangTaskState::New };
        self.locked_by = None;
        self.is_suspect = false;
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Worker {
    pub beat_at: u64,
    pub is_dead: bool,
}

#[derive(Debug, Default)]
pub struct Table {
    pub now: u64,
    pub rows: BTreeMap<usize, Row>,
    pub workers: Vec<Worker>,
}

impl Table {
    fn is_alive(&self, worker: usize) -> bool {
        self.workers.get(worker).is_some_and(|worker| !worker.is_dead)
    }

    /// The live task with this unique key.
    pub fn duplicate(&self, uniq: usize) -> Option<usize> {
        self.rows.iter().find(|(_, row)| row.uniq == Some(uniq) && row.is_alive()).map(|(task, _)| *task)
    }

    /// Returns the task that is in the table now, and whether it is this one.
    pub fn insert(
        &mut self,
        task: usize,
        uniq: Option<usize>,
        priority: Priority,
        delay: u64,
    ) -> (usize, bool) {
        if self.rows.contains_key(&task) {
            // A repeated insert gets the answer of the first.
            return (task, true);
        }
        if let Some(duplicate) = uniq.and_then(|uniq| self.duplicate(uniq)) {
            return (duplicate, false);
        }
        let row = Row {
            state: FangTaskState::New,
            priority,
            uniq,
            retries: 0,
            crashes: 0,
            is_suspect: false,
            lease: 0,
            locked_by: None,
            error: None,
            due: self.now + delay,
            is_cancelled: false,
        };
        self.rows.insert(task, row);
        (task, true)
    }

    /// The tasks that a worker may claim, each with its place in the order.
    pub fn claimable(&self, worker: usize) -> BTreeMap<usize, (Priority, u64)> {
        let is_due = |row: &Row| row.is_waiting() && row.due <= self.now && self.is_alive(worker);
        let due = self.rows.iter().filter(|(_, row)| is_due(row));
        due.map(|(task, row)| (*task, (row.priority, row.due))).collect()
    }

    /// Gives a task to a worker. Returns the lease.
    pub fn claim(&mut self, worker: usize, task: usize) -> i32 {
        let row = self.rows.get_mut(&task).unwrap();
        row.state = FangTaskState::InProgress;
        row.locked_by = Some(worker);
        row.lease += 1;
        row.lease
    }

    pub fn finish(&mut self, worker: usize, task: usize, lease: i32, verdict: &Verdict) -> bool {
        let now = self.now;
        let Some(row) = self.rows.get_mut(&task) else { return false };
        if row.state != FangTaskState::InProgress || row.lease != lease || row.locked_by != Some(worker) {
            return false;
        }
        row.give_back();
        match verdict {
            Verdict::Remove => drop(self.rows.remove(&task)),
            Verdict::Keep => (row.state, row.error) = (FangTaskState::Finished, None),
            Verdict::Fail { error } => {
                (row.state, row.error) = (FangTaskState::Failed, Some(error.clone()));
            }
            Verdict::Retry { delay, error } => {
                (row.state, row.error) = (FangTaskState::Retried, Some(error.clone()));
                row.retries += 1;
                row.due = now + delay.as_secs();
            }
            // A task that is given back keeps its place.
            Verdict::Release { delay, .. } if delay.is_zero() => {}
            Verdict::Release { delay, .. } => row.due = now + delay.as_secs(),
            Verdict::Unknown { delay, error } => {
                row.error = Some(error.clone());
                row.due = now + delay.as_secs();
            }
        }
        true
    }

    /// Returns whether the worker is alive, whether others are too silent, and how long it was silent itself.
    pub fn beat(&mut self, worker: usize) -> (bool, bool, u64) {
        let now = self.now;
        let suspects = self.silent();
        let has_suspects = suspects.iter().any(|suspect| *suspect != worker);
        let Some(row) = self.workers.get_mut(worker) else { return (false, has_suspects, 0) };
        let silent_for = now - row.beat_at;
        if !row.is_dead {
            row.beat_at = now;
        }
        (!row.is_dead, has_suspects, silent_for)
    }

    fn silent(&self) -> Vec<usize> {
        let is_silent = |worker: &Worker| !worker.is_dead && self.now - worker.beat_at > LEASE;
        (0..self.workers.len()).filter(|worker| is_silent(&self.workers[*worker])).collect()
    }

    /// It is the last sign of life.
    pub fn retire(&mut self, worker: usize) {
        if let Some(worker) = self.workers.get_mut(worker).filter(|worker| !worker.is_dead) {
            worker.beat_at = self.now;
            worker.is_dead = true;
        }
    }

    pub fn rescue(&mut self) -> Fates {
        let mut rescued = Fates::default();
        for worker in self.silent() {
            self.workers[worker].is_dead = true;
            rescued.buried += 1;
        }
        for row in self.rows.values_mut() {
            let Some(worker) = row.locked_by else { continue };
            if !self.workers[worker].is_dead {
                continue;
            }
            let last = if row.is_suspect { MAX_CRASHES } else { MAX_CRASHES - 1 };
            row.crashes = (row.crashes + 1).min(last);
            row.locked_by = None;
            row.is_suspect = false;
            if row.is_cancelled {
                row.fail_cancelled();
                rescued.failed += 1;
            } else if row.crashes >= MAX_CRASHES {
                row.state = FangTaskState::Failed;
                row.error = Some(format!("the process that ran it died {} times", row.crashes));
                rescued.failed += 1;
            } else {
                row.state = FangTaskState::Retried;
                rescued.retried += 1;
            }
        }
        rescued
    }

    /// Marks a claim as a suspect, if it still stands, as for a result.
    pub fn suspect(&mut self, worker: usize, task: usize, lease: i32) -> bool {
        let holds = |row: &&mut Row| row.locked_by == Some(worker) && row.lease == lease;
        let Some(row) = self.rows.get_mut(&task).filter(holds) else { return false };
        row.is_suspect = true;
        true
    }

    pub fn disown(&mut self, worker: usize, known: &[(usize, i32)]) -> u64 {
        let mut count = 0;
        for (task, row) in &mut self.rows {
            if row.locked_by == Some(worker) && !known.contains(&(*task, row.lease)) {
                row.give_back();
                count += 1;
            }
        }
        count
    }

    pub fn retry(&mut self, task: usize) -> bool {
        let Some(row) = self.rows.get(&task) else { return false };
        let has_failed = row.state == FangTaskState::Failed;
        let is_held = row.uniq.is_some_and(|uniq| self.duplicate(uniq).is_some());
        if !row.is_waiting() && (!has_failed || is_held) {
            return false;
        }
        let now = self.now;
        let row = self.rows.get_mut(&task).unwrap();
        if has_failed {
            row.retries = 0;
        }
        row.state = FangTaskState::Retried;
        row.crashes = 0;
        row.due = now;
        row.is_cancelled = false;
        true
    }

    pub fn cancel(&mut self, task: usize) -> bool {
        let Some(row) = self.rows.get_mut(&task).filter(|row| row.is_alive()) else { return false };
        if row.is_waiting() {
            row.fail_cancelled()
        } else {
            row.is_cancelled = true
        }
        true
    }

    /// The cancelled tasks of a worker, with their leases.
    pub fn cancellations(&mut self, worker: usize) -> Vec<(usize, i32)> {
        let mut told = Vec::new();
        for (task, row) in self.rows.iter_mut().filter(|(_, row)| row.is_cancelled) {
            if row.is_waiting() {
                row.fail_cancelled();
            }
            row.is_cancelled = row.is_alive();
            if row.is_cancelled && row.locked_by == Some(worker) {
                told.push((*task, row.lease));
            }
        }
        told
    }

    pub fn remove(&mut self, goes: impl Fn(usize, &Row) -> bool) -> u64 {
        let before = self.rows.len();
        self.rows.retain(|task, row| !goes(*task, row));
        (before - self.rows.len()) as u64
    }

    pub fn remove_scheduled(&mut self) -> u64 {
        let now = self.now;
        self.remove(|_, row| row.is_waiting() && row.due > now)
    }
}
