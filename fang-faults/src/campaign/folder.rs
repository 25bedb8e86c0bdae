//! The files of a crash test.

use super::Campaign;
use crate::{FaultsError, clock};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder for the ledger and the output of the workers.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    pub(super) fn create(campaign: &Campaign) -> Result<Self, FaultsError> {
        let temporary =
            || std::env::temp_dir().join(format!("fang-faults-{}-{}", std::process::id(), clock::now()));
        let path = campaign.folder.clone().unwrap_or_else(temporary);
        fs::create_dir_all(&path).map_err(FaultsError::file(&path))?;
        // The workers may have another working directory.
        let path = path.canonicalize().map_err(FaultsError::file(&path))?;
        let folder = Self { path, is_temporary: campaign.folder.is_none() };
        for file in [folder.ledger(), folder.log()].iter().filter(|file| file.exists()) {
            fs::remove_file(file).map_err(FaultsError::file(file))?;
        }
        Ok(folder)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.path.join("ledger")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("workers.log")
    }

    /// Removes it if nobody wants to look into it. Returns it if it is still there.
    pub(super) fn leave(&self, is_clean: bool) -> Option<&Path> {
        if self.is_temporary && is_clean {
            // A leftover is no reason to fail.
            let _ = fs::remove_dir_all(&self.path);
            return None;
        }
        Some(&self.path)
    }
}
