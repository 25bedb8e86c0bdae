//! Checks the ledger against the promises.

use super::{Book, Entry, Fate, Run};
use crate::clock::micros;
use crate::report::Report;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// A run that ended up to this long before a strike may have an unsaved result. A run that starts up to this long after
/// a pause may have been claimed before it.
const GRACE: Duration = Duration::from_secs(5);

/// The default of `Lease::max_crashes`.
pub const MAX_CRASHES: usize = 3;

/// A fault of one process: a pause, or a kill.
#[derive(Clone, Copy, Debug)]
pub struct Strike {
    /// The process.
    pub pid: u32,
    /// When it was killed or paused.
    pub from: u64,
    /// When it was resumed; the same as `from` for a kill.
    pub to: u64,
    /// Whether it was killed.
    pub fatal: bool,
}

impl Strike {
    /// A kill.
    pub fn death(pid: u32, at: u64) -> Self {
        Self { pid, from: at, to: at, fatal: true }
    }

    /// Whether it explains that the result of a run did not count.
    pub fn hits(&self, run: &Run) -> bool {
        let grace = micros(GRACE);
        let last_start = if self.fatal { self.to } else { self.to + grace };
        run.start <= last_start && self.from <= run.end.unwrap_or(u64::MAX).saturating_add(grace)
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
    /// Acknowledged tasks without a run that ended.
    pub lost: Vec<Uuid>,
    /// Tasks that ran though their insert was rolled back.
    pub phantom: Vec<Uuid>,
    /// How many tasks ran to the end again after a strike that explains it.
    pub repeated_after_strike: usize,
    /// Tasks that ran to the end again without a strike that explains it.
    pub repeated: Vec<Uuid>,
    /// Tasks with two runs at the same time, without a strike that explains it.
    pub overlapping: Vec<Uuid>,
    /// Tasks with two runs at the same time and a strike that explains it: task, strike, second run.
    pub overlapping_after_strike: Vec<(Uuid, Strike, Run)>,
    /// The longest time between the end of a run and the strike that kept it from being saved.
    pub longest_unsaved: Duration,
    /// How many tasks failed because the process of their last run was killed, on their [`MAX_CRASHES`]th claim or
    /// later.
    pub failed_by_kills: usize,
    /// How many runs began and never ended, without a strike that explains it.
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

    /// Removes tasks from the lost ones that may have failed: their process was killed while they ran, and they
    /// had [`MAX_CRASHES`] claims or more without a run that ended, or whose process lived. Claims are counted, not runs,
    /// because an earlier kill may have hit a claim whose run had not begun, which the ledger does not record. Returns the ids of all other failed tasks.
    pub fn fail(&mut self, failed: Vec<Uuid>, book: &Book, strikes: &[Strike]) -> Vec<Uuid> {
        let deaths: HashSet<u32> =
            strikes.iter().filter(|strike| strike.fatal).map(|strike| strike.pid).collect();
        let (killed, other): (HashSet<Uuid>, HashSet<Uuid>) = failed.into_iter().partition(|id| {
            let runs = book.tasks.get(id).map_or(&[][..], |entry| &entry.runs);
            let was_killed = |run: &Run| run.end.is_none() && deaths.contains(&run.pid);
            let others = runs.iter().filter(|run| !was_killed(run)).count();
            runs.last().is_some_and(|last| {
                let claims = usize::try_from(last.lease).unwrap_or_default();
                was_killed(last) && claims.saturating_sub(others) >= MAX_CRASHES
            })
        });
        self.lost.retain(|id| !killed.contains(id));
        self.failed_by_kills = killed.len();
        other.into_iter().collect()
    }

    /// Adds the rows that every campaign has.
    pub fn judge(&self, report: &mut Report) {
        report.tell(
            "inserts acknowledged, rolled back, unanswered",
            format!("{}, {}, {}", self.acked, self.rolled_back, self.unknown),
        );
        report.judge_none("acknowledged tasks that never ran to the end", &self.lost);
        report.judge_none("tasks that ran though their insert was rolled back", &self.phantom);
        report.judge_none("tasks that ran again without a fault of their process", &self.repeated);
        report.judge_none("tasks that ran twice at once without a fault of their process", &self.overlapping);
        report.tell("runs that never ended without a fault of their process", self.given_up);
    }
}

fn strike_on(run: &Run, strikes: &HashMap<u32, Vec<Strike>>) -> Option<Strike> {
    strikes.get(&run.pid)?.iter().find(|strike| strike.hits(run)).copied()
}
