//! The report as a table.

use super::{Lost, Report, Seen};
use crate::check::Cause;
use std::collections::BTreeMap;
use std::fmt::{self, Formatter, Result};
use std::time::Duration;

/// How many elements of a list are shown.
const SHOWN: usize = 10;
/// The width of the first column.
const WIDTH: usize = 52;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.title(f)?;
        row(f, "acknowledged inserts", self.acknowledged)?;
        row(f, "  of those, succeeded", self.succeeded)?;
        if self.excused > 0 {
            row(f, "  of those, ended without a success, as they may", self.excused)?;
        }
        row(f, "  of those, LOST", self.lost.len())?;
        list(f, &self.lost)?;
        if !self.unconfirmed.is_empty() {
            row(f, "  of those, ran, BUT THEIR ROW DENIES THE SUCCESS", self.unconfirmed.len())?;
            list(f, &self.unconfirmed)?;
        }
        if !self.kinds_without_runs.is_empty() {
            row(f, "kinds of which no task has run (Ledger in the pool?)", self.kinds_without_runs.len())?;
            let kinds: Vec<String> =
                self.kinds_without_runs.iter().map(|(kind, tasks)| format!("{kind}: {tasks}")).collect();
            list(f, &kinds)?;
        }
        if self.unanswered > 0 {
            row(f, "inserts without an answer", self.unanswered)?;
        }
        self.runs(f)?;
        let recovery = match self.longest_recovery {
            Duration::ZERO => "-".to_owned(),
            longest => format!("{:.1} s", longest.as_secs_f64()),
        };
        row(f, "longest time from a kill until its tasks ran again", recovery)?;
        row(f, "workers that ended by themselves", self.ended_by_themselves)?;
        row(f, "workers that were killed after a SIGTERM", self.overdue)?;
        match &self.folder {
            Some(folder) => writeln!(f, "the ledger and the output of the workers: {}", folder.display()),
            None => Ok(()),
        }
    }
}

impl Report {
    fn title(&self, f: &mut Formatter<'_>) -> Result {
        let faults: Vec<String> = self.faults.iter().map(|(name, times)| format!("{name} {times}")).collect();
        let faults = if faults.is_empty() { "no faults".to_owned() } else { faults.join(", ") };
        let Self { seed, workers, took, .. } = self;
        writeln!(f, "crash test: {faults}; {workers} workers, {:.0} s, seed {seed}", took.as_secs_f64())
    }

    fn runs(&self, f: &mut Formatter<'_>) -> Result {
        row(f, "tasks that ran more than once", self.repeated.len())?;
        let twice = self.repeated.iter().filter(|repeat| repeat.successes > 1).count();
        row(f, "  of those, succeeded more than once", twice)?;
        for (cause, runs) in counted(self.repeated.iter().flat_map(|repeat| &repeat.causes)) {
            row(f, &format!("  runs: {cause}"), runs)?;
        }
        let again = self.repeated_without_cause().map(|repeat| Seen::new(repeat.id, &repeat.kind));
        list(f, &again.collect::<Vec<_>>())?;
        row(f, "runs of one task at the same time", self.overlapping.len())?;
        for (cause, pairs) in counted(self.overlapping.iter().map(|overlap| &overlap.cause)) {
            row(f, &format!("  pairs: {cause}"), pairs)?;
        }
        let at_once = self.overlapping.iter().filter(|overlap| overlap.cause == Cause::Unexplained);
        let at_once = at_once.map(|overlap| Seen::new(overlap.id, &overlap.kind));
        list(f, &at_once.collect::<Vec<_>>())?;
        row(f, "tasks that ran after a rollback", self.phantom.len())?;
        list(f, &self.phantom)?;
        row(f, "tasks that ran without an insert in the ledger", self.without_insert.len())?;
        list(f, &self.without_insert)
    }
}

fn row(f: &mut Formatter<'_>, what: &str, measured: impl fmt::Display) -> Result {
    writeln!(f, "{what:WIDTH$} {measured:>8}")
}

fn list<T: fmt::Display>(f: &mut Formatter<'_>, found: &[T]) -> Result {
    for shown in found.iter().take(SHOWN) {
        writeln!(f, "    {shown}")?;
    }
    match found.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more"),
    }
}

fn counted<'c>(causes: impl Iterator<Item = &'c Cause>) -> BTreeMap<Cause, usize> {
    let mut counted = BTreeMap::new();
    causes.for_each(|cause| *counted.entry(*cause).or_default() += 1);
    counted
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.id, self.kind)
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let state = self.state.map_or("no row", |state| state.as_str());
        let plural = if self.runs == 1 { "" } else { "s" };
        let kind = if self.kind.is_empty() { "of unknown kind" } else { &self.kind };
        write!(f, "{} {kind}: {state}, {} run{plural}", self.id, self.runs)?;
        if let Some(outcome) = self.last_outcome {
            write!(f, ", the last one {}", outcome.name())?;
        }
        match &self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}
