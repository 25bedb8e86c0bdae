//! The ledger: records of what the processes of a campaign did, outside of Postgres.
//!
//! Every process appends to two files. It makes one write for each fact (or for the facts of one statement), so that
//! a process that is killed at any moment leaves no half line:
//!
//! - `runs`: `start|end ID LEASE PID MICROS`, and `down PID HANDED-BACK STILL-RUNNING LATE` by a pool that was shut
//!   down;
//! - `inserts`: `want|acked|rolled-back ID MICROS`.

mod book;
mod check;
#[cfg(test)]
// A panic is how a test reports.
#[allow(clippy::unwrap_used)]
mod tests;

pub use book::{Book, Entry, Fate, Run};
pub use check::{Findings, MAX_CRASHES, Strike, check};

use crate::{Failure, clock};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use uuid::Uuid;

/// The name of the file of runs.
pub const RUNS: &str = "runs";
/// The name of the file of inserts.
pub const INSERTS: &str = "inserts";

/// Appends to one file of the ledger.
#[derive(Debug)]
pub struct Pen(File);

impl Pen {
    /// Opens the file of this name in the folder of the campaign.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn open(folder: &Path, name: &str) -> Result<Self, Failure> {
        Ok(Self(OpenOptions::new().create(true).append(true).open(folder.join(name))?))
    }

    /// Records a moment of a run: `start` or `end`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn run(&self, moment: &str, id: Uuid, lease: i32) -> std::io::Result<()> {
        let (pid, now) = (std::process::id(), clock::now());
        self.line(&format!("{moment} {} {lease} {pid} {now}\n", id.simple()))
    }

    /// Records a moment of the inserts of these tasks: `want`, `acked` or `rolled-back`.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn inserts(&self, moment: &str, ids: &[Uuid]) -> std::io::Result<()> {
        let now = clock::now();
        let lines = ids.iter().fold(String::new(), |mut lines, id| {
            // Writing to a string never fails.
            let _ = writeln!(lines, "{moment} {} {now}", id.simple());
            lines
        });
        self.line(&lines)
    }

    /// Records the shutdown of a pool.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn down(&self, shutdown: fang::Shutdown) -> std::io::Result<()> {
        let fang::Shutdown { handed_back, still_running, late_results } = shutdown;
        self.line(&format!("down {} {handed_back} {still_running} {late_results}\n", std::process::id()))
    }

    fn line(&self, text: &str) -> std::io::Result<()> {
        (&self.0).write_all(text.as_bytes())
    }
}
