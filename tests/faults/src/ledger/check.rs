//! What the ledger says about the promises.

use super::{Book, Entry, Fate, Run};
use crate::clock::micros;
use crate::report::Report;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// How long before a strike a run may have ended whose result was not saved yet, and how long after
/// a pause one may start that was claimed before it.
const GRACE: Duration = Duration::from_secs(5);

/// What `Lease` says unless it is told otherwise.
pub const MAX_CRASHES: usize = 3;

/// What the campaign did to a process. A kill is a pause that never ends, but nothing runs in it.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    /// The process.
    pub pid: u32,
    /// When it was killed or stopped.
    pub from: u64,
    /// When it went on; as `from` where it did not.
    pub to: u64,
    /// Whether it was killed.
    pub fatal: bool,
}

impl Strike {
    /// The end of a process.
    pub fn death(pid: u32, at: u64) -> Self {
        Self { pid, from: at, to: at, fatal: true }
    }

    /// Whether it explains that a run did not count.
    pub fn hits(&self, run: &Run) -> bool {
        let grace = micros(GRACE);
        let last_start = if self.fatal { self.to } else { self.to + grace };
        run.start <= last_start && self.from <= run.end.unwrap_or(u64::MAX).saturating_add(grace)
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many inserts were acknowledged.
    pub acked: usize,
    /// How many inserts had no answer.
    pub unknown: usize,
    /// How many were rolled back.
    pub rolled_back: usize,
    /// Acknowledged, but never run to the end.
    pub lost: Vec<Uuid>,
    /// Run, though rolled back.
    pub phantom: Vec<Uuid>,
    /// Run to the end again, after a strike that explains it.
    pub repeated_after_strike: usize,
    /// Run to the end again, and nothing explains it.
    pub repeated: Vec<Uuid>,
    /// Two runs at the same time, and nothing explains it.
    pub overlapping: Vec<Uuid>,
    /// Two runs at the same time, after a strike that explains it: task, the strike, the second run.
    pub overlapping_after_strike: Vec<(Uuid, Strike, Run)>,
    /// The longest time between the end of a run and the strike that kept it from being saved.
    pub longest_unsaved: Duration,
    /// Failed, since the process of their last run was killed, on as late a claim as a lease allows crashes.
    pub failed_by_kills: usize,
    /// Begun, never ended, and nothing explains it.
    pub given_up: usize,
}

/// Checks all tasks against the strikes.
pub fn check(book: &Book, strikes: &[Strike]) -> Findings {
    let mut by_pid: HashMap<u32, Vec<Strike>> = HashMap::new();
    for strike in strikes {
        by_pid.entry(strike.pid).or_default().push(*strike);
    }
    let mut findings = Findings::default();
    for (id, entry) in &book.tasks {
        findings.insert(*id, entry);
        findings.repeats(*id, entry, &by_pid);
        findings.overlaps(*id, entry, &by_pid);
    }
    findings
}

impl Findings {
    fn insert(&mut self, id: Uuid, entry: &Entry) {
        match entry.fate {
            Fate::Unknown => self.unknown += 1,
            Fate::Acked => {
                self.acked += 1;
                if entry.runs.iter().all(|run| run.end.is_none()) {
                    self.lost.push(id);
                }
            }
            Fate::RolledBack => {
                self.rolled_back += 1;
                if !entry.runs.is_empty() {
                    self.phantom.push(id);
                }
            }
        }
    }

    fn repeats(&mut self, id: Uuid, entry: &Entry, strikes: &HashMap<u32, Vec<Strike>>) {
        let ended: Vec<&Run> = entry.runs.iter().filter(|run| run.end.is_some()).collect();
        let unexplained = ended.iter().filter(|run| strike_on(run, strikes).is_none()).count();
        if unexplained > 1 {
            self.repeated.push(id);
        } else if let [earlier @ .., _] = ended.as_slice()
            && !earlier.is_empty()
        {
            self.repeated_after_strike += 1;
            let struck = earlier.iter().filter_map(|run| Some((run.end?, strike_on(run, strikes)?.from)));
            let longest = struck.map(|(end, strike)| strike.saturating_sub(end)).max();
            self.longest_unsaved =
                self.longest_unsaved.max(Duration::from_micros(longest.unwrap_or_default()));
        }
        let given_up = |run: &&Run| run.end.is_none() && strike_on(run, strikes).is_none();
        self.given_up += entry.runs.iter().filter(given_up).count();
    }

    fn overlaps(&mut self, id: Uuid, entry: &Entry, strikes: &HashMap<u32, Vec<Strike>>) {
        for (index, first) in entry.runs.iter().enumerate() {
            let strike = strike_on(first, strikes);
            let end = first.end.or(strike.filter(|strike| strike.fatal).map(|strike| strike.from));
            let Some(end) = end else { continue };
            let later = entry.runs.get(index + 1..).unwrap_or_default();
            for second in later.iter().filter(|second| second.start < end) {
                match strike.or_else(|| strike_on(second, strikes)) {
                    Some(strike) => self.overlapping_after_strike.push((id, strike, *second)),
                    None => self.overlapping.push(id),
                }
            }
        }
    }

    /// Takes out of those lost what failed by right: a process was killed while it ran, on as late a claim
    /// as a lease allows crashes. The kills before may have met claims of which no run had begun yet, and
    /// those the ledger does not know; so it is the claim that counts. Of the other failed ones, returns the
    /// ids.
    pub fn fail(&mut self, failed: Vec<Uuid>, book: &Book, strikes: &[Strike]) -> Vec<Uuid> {
        let deaths: HashSet<u32> =
            strikes.iter().filter(|strike| strike.fatal).map(|strike| strike.pid).collect();
        let (killed, other): (HashSet<Uuid>, HashSet<Uuid>) = failed.into_iter().partition(|id| {
            let last = book.tasks.get(id).and_then(|entry| entry.runs.last());
            last.is_some_and(|run| {
                run.end.is_none()
                    && deaths.contains(&run.pid)
                    && usize::try_from(run.lease).is_ok_and(|claim| claim >= MAX_CRASHES)
            })
        });
        self.lost.retain(|id| !killed.contains(id));
        self.failed_by_kills = killed.len();
        other.into_iter().collect()
    }

    /// The rows that every campaign has.
    pub fn judge(&self, report: &mut Report) {
        report.tell(
            "inserts acknowledged, rolled back, unanswered",
            format!("{}, {}, {}", self.acked, self.rolled_back, self.unknown),
        );
        report.judge_none("acknowledged tasks that never came to their end", &self.lost);
        report.judge_none("tasks that ran though rolled back", &self.phantom);
        report.judge_none("tasks that ran again though nothing befell their process", &self.repeated);
        report.judge_none(
            "tasks that ran twice at once though nothing befell their process",
            &self.overlapping,
        );
        report.tell("runs given up though nothing befell their process", self.given_up);
    }
}

fn strike_on(run: &Run, strikes: &HashMap<u32, Vec<Strike>>) -> Option<Strike> {
    strikes.get(&run.pid)?.iter().find(|strike| strike.hits(run)).copied()
}
