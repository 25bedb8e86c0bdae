//! Processes whose clocks are wrong.

use crate::SupportError;
use std::{fs, path::Path, path::PathBuf, process::Command};

/// The one for programs with threads.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// Has a command believe that it is so much later or earlier, as libfaketime writes it: `+1h`, `-2m`.
/// The clocks that only measure spans stay as they are, as they do when a clock is set wrongly.
///
/// # Errors
/// [`SupportError::NoFaketime`] when libfaketime is not installed.
pub fn skew(command: &mut Command, by: &str) -> Result<(), SupportError> {
    let library = find().ok_or(SupportError::NoFaketime)?;
    command.env("LD_PRELOAD", library).env("FAKETIME", by).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Ok(())
}

/// Debian keeps it in a folder named after the machine.
fn find() -> Option<PathBuf> {
    let roots = ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(Path::new);
    let below = roots.iter().flat_map(|root| fs::read_dir(root).into_iter().flatten().flatten());
    let folders = roots.iter().map(|root| root.to_path_buf()).chain(below.map(|entry| entry.path()));
    folders.map(|folder| folder.join(LIBRARY)).find(|file| file.is_file())
}
