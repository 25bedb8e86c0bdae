//! What pools report when they are shut down. Each is a line of a file beside the ledger.

use crate::Failure;
use fang::Shutdown;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

const FILE: &str = "shutdowns";

/// Adds the shutdown of a pool.
///
/// # Errors
/// When the file cannot be written.
pub fn add(folder: &Path, shutdown: Shutdown) -> Result<(), Failure> {
    let Shutdown { handed_back, still_running, late_results } = shutdown;
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join(FILE))?;
    Ok(file.write_all(format!("{handed_back} {still_running} {late_results}\n").as_bytes())?)
}

/// The sum of all shutdowns.
///
/// # Errors
/// When the file cannot be read, or a line has an unknown form.
pub fn sum(folder: &Path) -> Result<Shutdown, Failure> {
    let file = folder.join(FILE);
    let text = if file.exists() { fs::read_to_string(file)? } else { String::new() };
    let mut sum = Shutdown::default();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [handed_back, still_running, late_results] = words.as_slice() else {
            return Err(format!("a shutdown of an unknown form: {line:?}").into());
        };
        sum.handed_back += handed_back.parse::<u64>()?;
        sum.still_running += still_running.parse::<usize>()?;
        sum.late_results += late_results.parse::<u64>()?;
    }
    Ok(sum)
}
