//! The report of a crash test.

mod fates;
mod table;
#[cfg(test)]
mod tests;

use crate::campaign::Broken;
use crate::check::{Cause, Overlap, Repeat, Strikes, check};
use crate::{Book, Entry, Outcome};
use fang_core::{FangTaskState, Task};
use fates::{Fates, kinds_without_runs};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// What a crash test found. `Display` is a table for people; with serde it becomes JSON, with times in seconds.
///
/// The lists are ordered by id, and so by the time of the insert.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The seed of the random numbers.
    pub seed: u64,
    /// The number of worker processes.
    pub workers: usize,
    /// How often each fault was caused, by name: `kill`, `terminate`, `pause`, `blackhole`, `reset`.
    pub faults: BTreeMap<&'static str, usize>,
    /// How long the test took.
    #[serde(serialize_with = "seconds")]
    pub took: Duration,
    /// How many inserts were acknowledged.
    pub acknowledged: usize,
    /// How many inserts were sent and not answered. Their tasks may run or not.
    pub unanswered: usize,
    /// How many of the acknowledged tasks ended with a success, and have no row that denies it.
    pub succeeded: usize,
    /// How many of the acknowledged tasks ended without a success and may do so: they gave themselves up, or the ledger
    /// says that they [may fail](crate::Ledger::may_fail) or [may be removed](crate::Ledger::may_be_removed).
    pub excused: usize,
    /// Acknowledged tasks without a success that are not excused.
    pub lost: Vec<Lost>,
    /// Acknowledged tasks with a run that succeeded, whose row says that they failed for good, or still wait or run:
    /// the result was not saved. A failed one is excused instead if it may fail or may be removed.
    pub unconfirmed: Vec<Lost>,
    /// The kinds of acknowledged tasks of which no run is in the ledger, and how many such tasks there are. Perhaps no
    /// pool runs them, or a pool lacks the [`Ledger`](crate::Ledger).
    pub kinds_without_runs: BTreeMap<String, usize>,
    /// Tasks that ran more than once, with the causes.
    pub repeated: Vec<Repeat>,
    /// Pairs of runs of one task that overlap in time, with the cause.
    pub overlapping: Vec<Overlap>,
    /// Tasks that ran though their insert was rolled back.
    pub phantom: Vec<Seen>,
    /// Tasks that ran though the ledger says nothing of their insert: inserted by a task, a cron, or another program,
    /// or by one that was killed before it could record the insert.
    pub without_insert: Vec<Seen>,
    /// The longest time from a kill until a task that it interrupted ran again. Zero if none did.
    #[serde(serialize_with = "seconds")]
    pub longest_recovery: Duration,
    /// How many workers ended though nothing had hit them.
    pub ended_by_themselves: usize,
    /// How many workers did not end in time after a SIGTERM, and were killed.
    pub overdue: usize,
    /// Where the ledger and the output of the workers are. `None` if they were removed.
    pub folder: Option<PathBuf>,
}

/// An acknowledged task that has not succeeded, or whose row says so.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Lost {
    /// The task.
    pub id: Uuid,
    /// Its kind. Empty if it never ran, has no row, and its insert was recorded by its id alone.
    pub kind: String,
    /// The state that its row had last. `None` if it has no row.
    pub state: Option<FangTaskState>,
    /// The last error in its row.
    pub error: Option<String>,
    /// How often it ran.
    pub runs: usize,
    /// How its last run ended, if it ended.
    pub last_outcome: Option<Outcome>,
}

/// A task in a list of the report.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Seen {
    /// The task.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
}

/// What the test itself knows.
pub(crate) struct Facts {
    pub(crate) seed: u64,
    pub(crate) workers: usize,
    pub(crate) took: Duration,
    pub(crate) broken: Broken,
}

impl Report {
    /// Compares the ledger with the rows that were seen last.
    pub(crate) fn new(book: &Book, rows: &HashMap<Uuid, Task>, facts: Facts) -> Self {
        let Facts { seed, workers, took, broken } = facts;
        let (found, strikes) = (check(book, &broken.strikes), Strikes::new(&broken.strikes));
        let kinds_without_runs = kinds_without_runs(book, rows);
        let Fates { excused, lost, unconfirmed } = Fates::new(book, rows);
        Self {
            seed,
            workers,
            took,
            faults: broken.faults,
            acknowledged: found.acked,
            unanswered: found.unknown,
            succeeded: found.acked - excused - lost.len() - unconfirmed.len(),
            excused,
            lost,
            unconfirmed,
            kinds_without_runs,
            repeated: Repeat::all(book, &strikes),
            overlapping: Overlap::all(book, &strikes),
            phantom: Seen::all(book, found.phantom),
            without_insert: Seen::all(book, found.without_insert),
            longest_recovery: found.longest_recovery,
            ended_by_themselves: broken.ended_by_themselves,
            overdue: broken.overdue,
            folder: None,
        }
    }

    /// The tasks that succeeded more than once, or ran more than once, without a cause.
    pub fn repeated_without_cause(&self) -> impl Iterator<Item = &Repeat> {
        self.repeated.iter().filter(|repeat| repeat.causes.contains(&Cause::Unexplained))
    }

    /// Whether nothing is lost, no row denies a success, nothing ran after a rollback, and each run that is not the
    /// only one of its task has a cause.
    pub fn is_clean(&self) -> bool {
        let at_once = self.overlapping.iter().any(|overlap| overlap.cause == Cause::Unexplained);
        let again = self.repeated_without_cause().next().is_some();
        let is_saved = self.lost.is_empty() && self.unconfirmed.is_empty();
        is_saved && self.phantom.is_empty() && !at_once && !again
    }

    /// Fails the test if an acknowledged task is lost. A task that succeeded and whose row [denies
    /// it](Self::unconfirmed) is not lost: its work is done. [`assert_clean`](Self::assert_clean) refuses it.
    ///
    /// # Panics
    /// With the report as the message, if [`lost`](Self::lost) is not empty, or if no insert was acknowledged: then
    /// nothing was tested.
    #[track_caller]
    pub fn assert_nothing_lost(&self) {
        assert!(self.acknowledged > 0, "no insert was acknowledged, so nothing was tested\n{self}");
        let (lost, acknowledged) = (self.lost.len(), self.acknowledged);
        assert!(lost == 0, "{lost} of {acknowledged} acknowledged tasks are lost\n{self}");
    }

    /// Fails the test if [the report is not clean](Self::is_clean). Stricter than
    /// [`assert_nothing_lost`](Self::assert_nothing_lost).
    ///
    /// # Panics
    /// With the report as the message.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.assert_nothing_lost();
        assert!(self.is_clean(), "the report is not clean: see the lists in it\n{self}");
    }
}

fn kind_of<'t>(entry: &'t Entry, row: Option<&'t Task>) -> &'t str {
    row.and_then(Task::kind).unwrap_or(&entry.kind)
}

impl Lost {
    fn new(id: Uuid, entry: &Entry, row: Option<&Task>) -> Self {
        let runs = &entry.runs;
        Self {
            id,
            kind: kind_of(entry, row).to_owned(),
            state: row.map(|row| row.state),
            error: row.and_then(|row| row.error_message.clone()),
            runs: runs.len(),
            last_outcome: runs.last().and_then(|run| run.outcome),
        }
    }
}

impl Seen {
    fn new(id: Uuid, kind: &str) -> Self {
        Self { id, kind: kind.to_owned() }
    }

    fn all(book: &Book, mut ids: Vec<Uuid>) -> Vec<Self> {
        ids.sort_unstable();
        let kind = |id| book.tasks.get(id).map(|entry| entry.kind.as_str()).unwrap_or_default();
        ids.iter().map(|id| Self::new(*id, kind(id))).collect()
    }
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}
