//! Processes with wrong clocks.

use crate::SupportError;
use std::{ffi::OsString, fs, path::Path, path::PathBuf, process::Command};

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

/// Finds the library. Debian installs it in a folder named after the architecture.
fn find() -> Option<PathBuf> {
    let roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let below = roots.iter().flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let folders = roots.iter().map(|root| root.to_path_buf()).chain(below.map(|entry| entry.path()));
    folders.map(|folder| folder.join(LIBRARY)).find(|file| file.is_file())
}
