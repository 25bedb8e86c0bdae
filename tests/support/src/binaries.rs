//! Finds the programs of the server.

use crate::SupportError;
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Finds the folder with `initdb`, `pg_ctl` and `postgres`.
///
/// Looks in the folders of `path` (the value of a `PATH` variable), then in
/// `versions/*/bin`, the highest version first. Debian installs servers in
/// `/usr/lib/postgresql/*/bin`, which is not in `PATH`.
///
/// # Errors
///
/// [`SupportError::NotInstalled`] when no folder contains all three.
pub fn find_binaries(path: Option<&OsStr>, versions: &Path) -> Result<PathBuf, SupportError> {
    let in_path = path.into_iter().flat_map(env::split_paths);
    let found = in_path
        .chain(by_version(versions))
        .find(|folder| NEEDED.iter().all(|name| folder.join(name).is_file()))
        .ok_or(SupportError::NotInstalled)?;
    // Resolves links, since the server looks for its files beside the real program.
    let real = fs::canonicalize(found.join("initdb")).ok();
    Ok(real.and_then(|file| file.parent().map(Path::to_path_buf)).unwrap_or(found))
}

fn by_version(versions: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(versions)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// Whether the server can preload this library of the contrib package.
pub(crate) fn has_library(bin: &Path, library: &str) -> bool {
    let Ok(output) = Command::new(bin.join("pg_config")).arg("--pkglibdir").output() else {
        return false;
    };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Path::new(&folder).join(library).is_file()
}
