//! Processes with wrong clocks.

use crate::SupportError;
use std::{ffi::OsStr, ffi::OsString, fs, path::Path, path::PathBuf, process::Command};

/// Where shared memory has names.
const MEMORY: &str = "/dev/shm";

/// How those of libfaketime begin, before the id of the process.
const OWN: [&str; 2] = ["sem.faketime_sem_", "faketime_shm_"];

/// The version of the library for programs with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// Makes the clock of a command wrong by this much, in the notation of libfaketime: `+1h`, `-2m`. Monotonic clocks
/// stay right, as they do when the clock of a machine is set wrongly.
///
/// # Errors
/// [`SupportError::NoFaketime`] when libfaketime is not installed.
pub fn skew(command: &mut Command, by: &str) -> Result<(), SupportError> {
    let library = find().ok_or(SupportError::NoFaketime)?;
    command.env("LD_PRELOAD", library).env("FAKETIME", by).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Ok(())
}

/// The variables with which the clock of a process is wrong by what this file says, from moment to moment. Without the
/// file it is right.
pub(crate) fn follows(file: &Path) -> Result<Vec<(&'static str, OsString)>, SupportError> {
    let library = find().ok_or(SupportError::NoFaketime)?;
    Ok(vec![
        ("LD_PRELOAD", library.into()),
        ("FAKETIME_TIMESTAMP_FILE", file.into()),
        ("FAKETIME_NO_CACHE", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ])
}

/// Removes what processes with wrong clocks have left behind that were killed. libfaketime names it by the process id, so a
/// later process of another user could not begin.
pub fn clean() {
    let entries = fs::read_dir(MEMORY).into_iter().flatten().flatten();
    entries.filter(|entry| is_left_over(&entry.file_name())).for_each(|entry| {
        // That of another user stays, for one who may remove it.
        let _ = fs::remove_file(entry.path());
    });
}

/// Whether a file of shared memory belongs to a process that has ended.
fn is_left_over(name: &OsStr) -> bool {
    let process = name.to_str().and_then(|name| OWN.iter().find_map(|own| name.strip_prefix(own)));
    process.is_some_and(|id| id.parse::<u32>().is_ok() && !Path::new("/proc").join(id).exists())
}

/// Finds the library. Debian installs it in a folder named after the architecture.
fn find() -> Option<PathBuf> {
    let roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let below = roots.iter().flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let folders = roots.iter().map(|root| root.to_path_buf()).chain(below.map(|entry| entry.path()));
    folders.map(|folder| folder.join(LIBRARY)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ended_processes_left_is_removed() -> Result<(), Box<dyn std::error::Error>> {
        let mut ended = Command::new("true").spawn()?;
        ended.wait()?;
        let is_left_over = |name: String| is_left_over(name.as_ref());
        for own in OWN {
            assert!(is_left_over(format!("{own}{}", ended.id())));
            assert!(!is_left_over(format!("{own}{}", std::process::id())));
            assert!(!is_left_over(format!("{own}x")));
        }
        assert!(!is_left_over(format!("PostgreSQL.{}", ended.id())));
        Ok(())
    }
}
