//! What became of the acknowledged tasks, by the ledger and by their rows.

use super::{Lost, kind_of};
use crate::{Book, Entry, Fate, Outcome};
use fang_core::{FangTaskState, Task};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// What became of the acknowledged tasks that have not simply succeeded.
#[derive(Default)]
pub(super) struct Fates {
    pub(super) excused: usize,
    pub(super) lost: Vec<Lost>,
    pub(super) unconfirmed: Vec<Lost>,
}

impl Fates {
    pub(super) fn new(book: &Book, rows: &HashMap<Uuid, Task>) -> Self {
        let mut fates = Self::default();
        let mut ids: Vec<Uuid> = book.acknowledged().collect();
        ids.sort_unstable();
        for id in ids {
            let (Some(entry), row) = (book.tasks.get(&id), rows.get(&id)) else { continue };
            match row.map(|row| row.state) {
                // It may have been saved as a success within its run, which then was killed.
                Some(FangTaskState::Finished) => {}
                None if entry.is_done() => {}
                Some(state) if entry.is_done() && state.is_alive() => {
                    fates.unconfirmed.push(Lost::new(id, entry, row));
                }
                _ if is_excused(entry, row) => fates.excused += 1,
                _ if entry.is_done() => fates.unconfirmed.push(Lost::new(id, entry, row)),
                _ => fates.lost.push(Lost::new(id, entry, row)),
            }
        }
        fates
    }
}

/// Whether a task without a success may have none. One that may fail must have run, or have failed before it could.
fn is_excused(entry: &Entry, row: Option<&Task>) -> bool {
    let has_failed = row.is_some_and(|row| row.state == FangTaskState::Failed);
    let is_cancelled = || entry.runs.last().is_some_and(|run| run.outcome == Some(Outcome::Cancelled));
    let may_fail = entry.may_fail && (has_failed || !entry.runs.is_empty());
    entry.may_be_removed || may_fail || is_cancelled()
}

/// The kinds of acknowledged tasks without any run, with the number of tasks.
pub(super) fn kinds_without_runs(book: &Book, rows: &HashMap<Uuid, Task>) -> BTreeMap<String, usize> {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (id, entry) in &book.tasks {
        let (tasks, runs) = kinds.entry(kind_of(entry, rows.get(id)).to_owned()).or_default();
        *tasks += usize::from(entry.fate == Some(Fate::Acked));
        *runs += entry.runs.len();
    }
    let without = |(kind, (tasks, runs)): (String, (usize, usize))| {
        (!kind.is_empty() && tasks > 0 && runs == 0).then_some((kind, tasks))
    };
    kinds.into_iter().filter_map(without).collect()
}
