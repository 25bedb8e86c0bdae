//! Reads the ledger.

use super::{INSERTS, RUNS};
use crate::Failure;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use uuid::Uuid;

/// All records of a campaign.
#[derive(Debug, Default)]
pub struct Book {
    /// The tasks, by id.
    pub tasks: HashMap<Uuid, Entry>,
    /// The reports of pools that were shut down, by pid.
    pub down: HashMap<u32, fang::Shutdown>,
}

/// The records of one task.
#[derive(Debug, Default)]
pub struct Entry {
    /// The outcome of its insert.
    pub fate: Fate,
    /// When its insert was acknowledged, if it was.
    pub acked_at: Option<u64>,
    /// Its runs, in the order of their start.
    pub runs: Vec<Run>,
}

/// The outcome of an insert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// No answer came: the task may exist or not.
    #[default]
    Unknown,
    /// It was acknowledged.
    Acked,
    /// Its transaction was rolled back.
    RolledBack,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The lease number of its claim.
    pub lease: i32,
    /// The process.
    pub pid: u32,
    /// When it began.
    pub start: u64,
    /// When it ended, if it did.
    pub end: Option<u64>,
}

impl Book {
    /// Reads the files in the folder of a campaign.
    ///
    /// # Errors
    /// When they cannot be read, or a line has an unknown form.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut book = Self::default();
        for name in [INSERTS, RUNS] {
            let file = folder.join(name);
            if !file.exists() {
                continue;
            }
            for line in BufReader::new(File::open(file)?).lines() {
                let line = line?;
                book.add(&line)
                    .ok_or_else(|| format!("the ledger has a line of an unknown form: {line:?}"))?;
            }
        }
        for entry in book.tasks.values_mut() {
            entry.runs.sort_by_key(|run| run.start);
        }
        Ok(book)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["want", id, _] => {
                self.entry(id)?;
            }
            ["acked", id, at] => {
                let entry = self.entry(id)?;
                (entry.fate, entry.acked_at) = (Fate::Acked, Some(at.parse().ok()?));
            }
            ["rolled-back", id, _] => self.entry(id)?.fate = Fate::RolledBack,
            ["start", id, lease, pid, at] => {
                let run = Run {
                    lease: lease.parse().ok()?,
                    pid: pid.parse().ok()?,
                    start: at.parse().ok()?,
                    end: None,
                };
                self.entry(id)?.runs.push(run);
            }
            ["end", id, lease, pid, at] => {
                self.entry(id)?.end(lease.parse().ok()?, pid.parse().ok()?, at.parse().ok()?)?
            }
            ["down", pid, handed_back, still_running, late] => {
                let shutdown = fang::Shutdown {
                    handed_back: handed_back.parse().ok()?,
                    still_running: still_running.parse().ok()?,
                    late_results: late.parse().ok()?,
                };
                self.down.insert(pid.parse().ok()?, shutdown);
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

    /// When runs ended, in order.
    pub fn ends(&self) -> Vec<u64> {
        let mut ends: Vec<u64> = self.runs().filter_map(|(_, run)| run.end).collect();
        ends.sort_unstable();
        ends
    }
}

impl Entry {
    /// When the insert was acknowledged, and how long after that the first run began (0 if it began before).
    pub fn wait(&self) -> Option<(u64, u64)> {
        let acked_at = self.acked_at?;
        Some((acked_at, self.runs.first()?.start.saturating_sub(acked_at)))
    }

    fn end(&mut self, lease: i32, pid: u32, at: u64) -> Option<()> {
        let mut runs = self.runs.iter_mut().rev();
        let run = runs.find(|run| run.lease == lease && run.pid == pid && run.end.is_none())?;
        run.end = Some(at);
        Some(())
    }
}
