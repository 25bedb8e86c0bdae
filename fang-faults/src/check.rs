//! Checks the ledger against the promises.

mod causes;
mod strike;
#[cfg(test)]
mod tests;

pub use causes::{Cause, Overlap, Repeat};
pub(crate) use strike::Strikes;
pub use strike::{Blow, Strike};

use crate::book::{Book, Entry, Fate, Run};
use std::time::Duration;
use uuid::Uuid;

/// The result of the check.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many inserts were acknowledged.
    pub acked: usize,
    /// How many inserts had no answer.
    pub unknown: usize,
    /// How many inserts were rolled back.
    pub rolled_back: usize,
    /// Acknowledged tasks without a run that succeeded.
    pub lost: Vec<Uuid>,
    /// Tasks that ran though their insert was rolled back.
    pub phantom: Vec<Uuid>,
    /// Tasks that ran though the ledger says nothing of their insert.
    pub without_insert: Vec<Uuid>,
    /// How many tasks succeeded again after a strike that explains it.
    pub repeated_after_strike: usize,
    /// Tasks that succeeded again without a strike that explains it.
    pub repeated: Vec<Uuid>,
    /// Tasks with two runs at the same time, without a strike that explains it.
    pub overlapping: Vec<Uuid>,
    /// Tasks with two runs at the same time and a strike that explains it: task, strike, second run.
    pub overlapping_after_strike: Vec<(Uuid, Strike, Run)>,
    /// The longest time between the end of a run and the strike that kept it from being saved.
    pub longest_unsaved: Duration,
    /// The longest time from a kill until a task that it interrupted ran again.
    pub longest_recovery: Duration,
    /// How many runs began and never ended, without a strike that explains it.
    pub given_up: usize,
}

/// Checks all tasks against the strikes.
///
/// ```no_run
/// use fang_faults::{Book, Process, Strike, check};
/// use std::process::Command;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut worker = Process::start(Command::new("target/debug/worker").env("FANG_LEDGER", "/tmp/ledger"))?;
/// // Insert tasks, and record them in the ledger. Then:
/// let killed_at = worker.kill()?;
/// // Start another worker, wait until the tasks are over, and:
/// let findings = check(&Book::read("/tmp/ledger".as_ref())?, &[Strike::death(worker.pid(), killed_at)]);
/// assert!(findings.lost.is_empty() && findings.repeated.is_empty());
/// # Ok(()) }
/// ```
pub fn check(book: &Book, strikes: &[Strike]) -> Findings {
    let strikes = Strikes::new(strikes);
    let mut findings = Findings::default();
    for (id, entry) in &book.tasks {
        findings.insert(*id, entry);
        findings.repeats(*id, entry, &strikes);
        findings.overlaps(*id, entry, &strikes);
        findings.recoveries(entry, &strikes);
    }
    findings
}

impl Findings {
    fn insert(&mut self, id: Uuid, entry: &Entry) {
        match entry.fate {
            None if entry.runs.is_empty() => {}
            None => self.without_insert.push(id),
            Some(Fate::Unknown) => self.unknown += 1,
            Some(Fate::Acked) => {
                self.acked += 1;
                if !entry.is_done() {
                    self.lost.push(id);
                }
            }
            Some(Fate::RolledBack) => {
                self.rolled_back += 1;
                if !entry.runs.is_empty() {
                    self.phantom.push(id);
                }
            }
        }
    }

    fn repeats(&mut self, id: Uuid, entry: &Entry, strikes: &Strikes) {
        let dones: Vec<(&Run, Option<Strike>)> =
            entry.explained(strikes).filter(|(run, _)| run.is_done()).collect();
        let unexplained = dones.iter().filter(|(_, strike)| strike.is_none()).count();
        if unexplained > 1 {
            self.repeated.push(id);
        } else if let [earlier @ .., _] = dones.as_slice()
            && !earlier.is_empty()
        {
            self.repeated_after_strike += 1;
            let struck = earlier.iter().filter_map(|(run, strike)| Some((run.end?, strike.as_ref()?.from)));
            let longest = struck.map(|(end, strike)| strike.saturating_sub(end)).max();
            self.longest_unsaved =
                self.longest_unsaved.max(Duration::from_micros(longest.unwrap_or_default()));
        }
        let given_up = |run: &&Run| run.end.is_none() && !strikes.of(run).any(|strike| strike.hits(run));
        self.given_up += entry.runs.iter().filter(given_up).count();
    }

    fn overlaps(&mut self, id: Uuid, entry: &Entry, strikes: &Strikes) {
        for (first, second) in overlapping(entry, strikes) {
            match strikes.on_overlap(first, second) {
                Some(strike) => self.overlapping_after_strike.push((id, strike, *second)),
                None => self.overlapping.push(id),
            }
        }
    }

    fn recoveries(&mut self, entry: &Entry, strikes: &Strikes) {
        for pair in entry.runs.windows(2) {
            let [killed, next] = pair else { continue };
            let kill = |strike: &&Strike| strike.blow == Blow::Kill && strike.explains(killed, next);
            if let Some(strike) = strikes.of(killed).filter(|_| killed.end.is_none()).find(kill) {
                let wait = Duration::from_micros(next.start.saturating_sub(strike.from));
                self.longest_recovery = self.longest_recovery.max(wait);
            }
        }
    }
}

impl Entry {
    /// The runs, with what explains that each was not the only one. Only a silence explains that of the last one: it
    /// was claimed before the silence, and the others after it.
    fn explained(&self, strikes: &Strikes) -> impl Iterator<Item = (&Run, Option<Strike>)> {
        self.runs.iter().enumerate().map(|(index, run)| {
            let strike = match (self.runs.get(index + 1), index.checked_sub(1)) {
                (Some(next), _) => strikes.between(run, next),
                (None, Some(before)) => self.runs.get(before).and_then(|before| {
                    strikes.between(run, before).filter(|strike| strike.blow == Blow::Silence)
                }),
                (None, None) => None,
            };
            (run, strike)
        })
    }
}

/// The pairs of runs of a task that overlap in time. A run that was killed ended with its process.
fn overlapping<'e>(entry: &'e Entry, strikes: &Strikes) -> Vec<(&'e Run, &'e Run)> {
    let mut pairs = Vec::new();
    for (index, first) in entry.runs.iter().enumerate() {
        let Some(end) = strikes.end(first) else { continue };
        let later = entry.runs.get(index + 1..).unwrap_or_default();
        pairs.extend(later.iter().filter(|second| second.start < end).map(|second| (first, second)));
    }
    pairs
}
