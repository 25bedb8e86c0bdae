//! Reads the ledger.

use crate::FaultsError;
use crate::ledger::Outcome;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use uuid::Uuid;

/// All that the ledger says.
#[derive(Debug, Default)]
pub struct Book {
    /// The tasks, by id.
    pub tasks: HashMap<Uuid, Entry>,
    /// How many lines were begun by a process that was killed in the middle of the write. They are left out.
    pub torn: usize,
}

/// What the ledger says about one task.
#[derive(Debug, Default)]
pub struct Entry {
    /// The outcome of its insert. `None` if the ledger says nothing of one.
    pub fate: Option<Fate>,
    /// When its insert was acknowledged, if it was.
    pub acked_at: Option<u64>,
    /// Whether it may fail for good.
    pub may_fail: bool,
    /// Whether the program may cancel or remove it.
    pub may_be_removed: bool,
    /// Its kind. Empty if it never ran, and its insert was recorded by its id alone.
    pub kind: String,
    /// Its runs, in the order of their start.
    pub runs: Vec<Run>,
}

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No answer came: the task may exist or not.
    Unknown,
    /// It was acknowledged.
    Acked,
    /// Its transaction was rolled back.
    RolledBack,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The number of its claim.
    pub lease: i32,
    /// The number of its attempt.
    pub attempt: u32,
    /// The process.
    pub pid: u32,
    /// When it began, in microseconds of the [`clock`](crate::clock).
    pub start: u64,
    /// When it ended, if it did.
    pub end: Option<u64>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
}

impl Run {
    /// Whether it succeeded.
    pub fn is_done(&self) -> bool {
        self.outcome == Some(Outcome::Done)
    }

    /// When it ended with a success, if it did.
    pub fn done_at(&self) -> Option<u64> {
        self.end.filter(|_| self.is_done())
    }
}

impl Book {
    /// Reads a ledger. A file that does not exist is an empty ledger.
    ///
    /// # Errors
    /// [`FaultsError::File`] when it cannot be read, and [`FaultsError::Line`] when a line has an unknown form.
    pub fn read(path: &Path) -> Result<Self, FaultsError> {
        let mut book = Self::default();
        if !path.exists() {
            return Ok(book);
        }
        let file = File::open(path).map_err(FaultsError::file(path))?;
        for line in BufReader::new(file).split(b'\n') {
            let line = line.map_err(FaultsError::file(path))?;
            // A torn line may end within a letter of a kind.
            let line = String::from_utf8_lossy(&line);
            match line.strip_suffix(" ;") {
                Some(whole) => book.add(whole).ok_or_else(|| FaultsError::Line {
                    path: path.to_owned(),
                    line: line.clone().into_owned(),
                })?,
                None => book.torn += usize::from(!line.is_empty()),
            }
        }
        for entry in book.tasks.values_mut() {
            entry.runs.sort_by_key(|run| run.start);
        }
        Ok(book)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.splitn(7, ' ').collect();
        // Each line of an insert has a kind at its end, which may be empty or of several words.
        match words.as_slice() {
            ["want", id, ..] => {
                self.entry(id)?.fate.get_or_insert(Fate::Unknown);
            }
            ["acked", id, at, kind @ ..] => {
                let entry = self.entry(id)?;
                (entry.fate, entry.acked_at) = (Some(Fate::Acked), Some(at.parse().ok()?));
                if entry.kind.is_empty() {
                    entry.kind = kind.join(" ");
                }
            }
            ["rolled-back", id, ..] => self.entry(id)?.fate = Some(Fate::RolledBack),
            ["may-fail", id, ..] => self.entry(id)?.may_fail = true,
            ["may-be-removed", id, ..] => self.entry(id)?.may_be_removed = true,
            ["start", id, lease, attempt, pid, at, kind] => {
                let run = Run {
                    lease: lease.parse().ok()?,
                    attempt: attempt.parse().ok()?,
                    pid: pid.parse().ok()?,
                    start: at.parse().ok()?,
                    end: None,
                    outcome: None,
                };
                let entry = self.entry(id)?;
                entry.runs.push(run);
                if entry.kind.is_empty() {
                    (*kind).clone_into(&mut entry.kind);
                }
            }
            ["end", id, lease, pid, at, outcome] => {
                let outcome = Outcome::from_name(outcome)?;
                self.entry(id)?.end(lease.parse().ok()?, pid.parse().ok()?, at.parse().ok()?, outcome);
            }
            _ => return None,
        }
        Some(())
    }

    fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        Some(self.tasks.entry(Uuid::try_parse(id).ok()?).or_default())
    }

    /// All runs, with their tasks.
    pub fn runs(&self) -> impl Iterator<Item = (Uuid, Run)> {
        self.tasks.iter().flat_map(|(id, entry)| entry.runs.iter().map(|run| (*id, *run)))
    }

    /// When runs succeeded, in order.
    pub fn ends(&self) -> Vec<u64> {
        let mut ends: Vec<u64> = self.runs().filter_map(|(_, run)| run.done_at()).collect();
        ends.sort_unstable();
        ends
    }

    /// The tasks that were acknowledged.
    pub fn acknowledged(&self) -> impl Iterator<Item = Uuid> {
        self.tasks.iter().filter(|(_, entry)| entry.fate == Some(Fate::Acked)).map(|(id, _)| *id)
    }
}

impl Entry {
    /// When the insert was acknowledged, and how long after that the first run began (0 if it began before).
    pub fn wait(&self) -> Option<(u64, u64)> {
        let acked_at = self.acked_at?;
        Some((acked_at, self.runs.first()?.start.saturating_sub(acked_at)))
    }

    /// Whether a run succeeded.
    pub fn is_done(&self) -> bool {
        self.runs.iter().any(Run::is_done)
    }

    /// The line of the start is missing if it was torn.
    fn end(&mut self, lease: i32, pid: u32, at: u64, outcome: Outcome) {
        let mut runs = self.runs.iter_mut().rev();
        let run = runs.find(|run| run.lease == lease && run.pid == pid && run.end.is_none());
        if let Some(run) = run {
            (run.end, run.outcome) = (Some(at), Some(outcome));
        }
    }
}
