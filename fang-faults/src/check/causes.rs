//! Why tasks ran more than once.

use super::{Blow, Strikes, overlapping};
use crate::book::{Book, Entry, Run};
use crate::ledger::Outcome;
use serde::Serialize;
use std::fmt;
use uuid::Uuid;

/// Why a run was not the last one of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Its process was killed while it ran, or before its result was saved.
    Killed,
    /// Its process ended by itself while it ran, or before its result was saved. The run itself may be the reason.
    Exited,
    /// Its process was paused or cut off, so its result may have come too late.
    Fenced,
    /// Its process was asked to end, and gave the task back.
    GivenBack,
    /// It returned an error or panicked, so the task was retried.
    Failed,
    /// Its future was dropped, without a fault of its process: its timeout was over, or its pool shut down by itself.
    Dropped,
    /// It asked to run again later.
    Snoozed,
    /// None of these. A success that runs again without a cause is a broken promise, unless the program retried the
    /// task by itself.
    Unexplained,
}

impl Cause {
    fn of(run: &Run, next: &Run, strikes: &Strikes) -> Self {
        match (run.outcome, strikes.between(run, next).map(|strike| strike.blow)) {
            (Some(Outcome::Failed | Outcome::Panicked), _) => Self::Failed,
            (Some(Outcome::Snoozed), _) => Self::Snoozed,
            (_, Some(blow)) => blow.into(),
            (Some(Outcome::Dropped), None) => Self::Dropped,
            _ => Self::Unexplained,
        }
    }
}

impl From<Blow> for Cause {
    fn from(blow: Blow) -> Self {
        match blow {
            Blow::Kill => Self::Killed,
            Blow::Exit => Self::Exited,
            Blow::Silence => Self::Fenced,
            Blow::Terminate => Self::GivenBack,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Killed => "the process was killed",
            Self::Exited => "the process ended by itself",
            Self::Fenced => "the process was paused or cut off",
            Self::GivenBack => "the process was terminated and gave the task back",
            Self::Failed => "retried after an error",
            Self::Dropped => "a timeout, or a shutdown",
            Self::Snoozed => "snoozed",
            Self::Unexplained => "without a cause",
        })
    }
}

/// A task that ran more than once.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Repeat {
    /// The task.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// How many of its runs succeeded.
    pub successes: usize,
    /// Why it ran again: a cause for each run but the last.
    pub causes: Vec<Cause>,
}

/// Two runs of one task at the same time.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Overlap {
    /// The task.
    pub id: Uuid,
    /// Its kind.
    pub kind: String,
    /// The processes of the two runs, the earlier one first.
    pub pids: [u32; 2],
    /// Why: [`Cause::Fenced`], [`Cause::GivenBack`], or else [`Cause::Unexplained`]. A kill is never the cause, since a
    /// run ends with its process.
    pub cause: Cause,
}

impl Repeat {
    /// All tasks that ran more than once, ordered by id.
    pub(crate) fn all(book: &Book, strikes: &Strikes) -> Vec<Self> {
        let mut all: Vec<Self> =
            book.tasks.iter().filter_map(|(id, entry)| Self::of(*id, entry, strikes)).collect();
        all.sort_by_key(|repeat| repeat.id);
        all
    }

    fn of(id: Uuid, entry: &Entry, strikes: &Strikes) -> Option<Self> {
        if entry.runs.len() < 2 {
            return None;
        }
        let pairs = entry.runs.iter().zip(entry.runs.iter().skip(1));
        // A claim of a process that was silent for a time may begin after the next one.
        let cause = |(run, next)| match Cause::of(run, next, strikes) {
            Cause::Unexplained if next.lease < run.lease => Cause::of(next, run, strikes),
            cause => cause,
        };
        let causes = pairs.map(cause).collect();
        let successes = entry.runs.iter().filter(|run| run.is_done()).count();
        Some(Self { id, kind: entry.kind.clone(), successes, causes })
    }
}

impl Overlap {
    /// All pairs of runs that overlap, ordered by id.
    pub(crate) fn all(book: &Book, strikes: &Strikes) -> Vec<Self> {
        let mut all = Vec::new();
        for (id, entry) in &book.tasks {
            all.extend(overlapping(entry, strikes).into_iter().map(|(first, second)| Self {
                id: *id,
                kind: entry.kind.clone(),
                pids: [first.pid, second.pid],
                cause:
                    strikes.on_overlap(first, second).map_or(Cause::Unexplained, |strike| strike.blow.into()),
            }));
        }
        all.sort_by_key(|overlap| overlap.id);
        all
    }
}
