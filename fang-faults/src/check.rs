//! Checks the ledger against the promises.

mod causes;
#[cfg(test)]
mod tests;

pub use causes::{Cause, Overlap, Repeat};

use crate::book::{Book, Entry, Fate, Run};
use crate::clock::micros;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// A run that ended up to this long before a strike may have an unsaved result. A run that starts up to this long after
/// a pause may have been claimed before it.
const GRACE: Duration = Duration::from_secs(5);

/// A fault of one process.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    /// The process.
    pub pid: u32,
    /// When the fault began, in microseconds of the [`clock`](crate::clock).
    pub from: u64,
    /// When it was over; the same as `from` for a kill.
    pub to: u64,
    /// The kind of fault.
    pub blow: Blow,
}

/// What a fault does to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blow {
    /// The process dies at once.
    Kill,
    /// The process is paused or cut off, and goes on later. What it does meanwhile may not count.
    Silence,
    /// The process is asked to end, and gives back what it cannot finish. What it has finished counts.
    Terminate,
}

impl Strike {
    /// A kill.
    pub fn death(pid: u32, at: u64) -> Self {
        Self { pid, from: at, to: at, blow: Blow::Kill }
    }

    /// A pause, or a time without a network.
    pub fn silence(pid: u32, from: u64, to: u64) -> Self {
        Self { pid, from, to, blow: Blow::Silence }
    }

    /// Whether it explains that the result of a run did not count.
    pub fn hits(&self, run: &Run) -> bool {
        let grace = micros(GRACE);
        let last_start = if self.blow == Blow::Silence { self.to + grace } else { self.to };
        let counts = self.blow == Blow::Terminate && run.is_done();
        !counts && run.start <= last_start && self.from <= run.end.unwrap_or(u64::MAX).saturating_add(grace)
    }
}

/// The strikes, by process.
pub(crate) struct Strikes(HashMap<u32, Vec<Strike>>);

impl Strikes {
    pub(crate) fn new(strikes: &[Strike]) -> Self {
        let mut by_pid: HashMap<u32, Vec<Strike>> = HashMap::new();
        for strike in strikes {
            by_pid.entry(strike.pid).or_default().push(*strike);
        }
        Self(by_pid)
    }

    /// The strike that explains that the result of this run did not count.
    pub(crate) fn on(&self, run: &Run) -> Option<Strike> {
        self.0.get(&run.pid)?.iter().find(|strike| strike.hits(run)).copied()
    }
}

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
        let done: Vec<&Run> = entry.runs.iter().filter(|run| run.is_done()).collect();
        let unexplained = done.iter().filter(|run| strikes.on(run).is_none()).count();
        if unexplained > 1 {
            self.repeated.push(id);
        } else if let [earlier @ .., _] = done.as_slice()
            && !earlier.is_empty()
        {
            self.repeated_after_strike += 1;
            let struck = earlier.iter().filter_map(|run| Some((run.end?, strikes.on(run)?.from)));
            let longest = struck.map(|(end, strike)| strike.saturating_sub(end)).max();
            self.longest_unsaved =
                self.longest_unsaved.max(Duration::from_micros(longest.unwrap_or_default()));
        }
        let given_up = |run: &&Run| run.end.is_none() && strikes.on(run).is_none();
        self.given_up += entry.runs.iter().filter(given_up).count();
    }

    fn overlaps(&mut self, id: Uuid, entry: &Entry, strikes: &Strikes) {
        for (first, second) in overlapping(entry, strikes) {
            match strikes.on(first).or_else(|| strikes.on(second)) {
                Some(strike) => self.overlapping_after_strike.push((id, strike, *second)),
                None => self.overlapping.push(id),
            }
        }
    }

    fn recoveries(&mut self, entry: &Entry, strikes: &Strikes) {
        for pair in entry.runs.windows(2) {
            let [killed, next] = pair else { continue };
            let strike =
                strikes.on(killed).filter(|strike| killed.end.is_none() && strike.blow == Blow::Kill);
            if let Some(strike) = strike {
                let wait = Duration::from_micros(next.start.saturating_sub(strike.from));
                self.longest_recovery = self.longest_recovery.max(wait);
            }
        }
    }
}

/// The pairs of runs of a task that overlap in time. A run that was killed ended with its process.
fn overlapping<'e>(entry: &'e Entry, strikes: &Strikes) -> Vec<(&'e Run, &'e Run)> {
    let mut pairs = Vec::new();
    for (index, first) in entry.runs.iter().enumerate() {
        let killed = strikes.on(first).filter(|strike| strike.blow != Blow::Silence).map(|strike| strike.to);
        let Some(end) = first.end.or(killed) else { continue };
        let later = entry.runs.get(index + 1..).unwrap_or_default();
        pairs.extend(later.iter().filter(|second| second.start < end).map(|second| (first, second)));
    }
    pairs
}
