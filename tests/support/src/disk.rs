//! A small disk that a test can fill.

use crate::{SupportError, home::random};
use std::{
    env,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Unmounts the disk when the pipe closes: when the value is dropped, and also when this process ends in any way. A
/// process that still has files open on it keeps it until it closes them.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM PIPE
read -r _
umount -l "$1" && rmdir "$1"
"#;

const BALLAST: &str = "ballast";

/// A file system in memory. Only root can mount it. It is unmounted when the value is dropped.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Disk {
    /// Mounts a disk of this many megabytes.
    ///
    /// # Errors
    /// [`SupportError::NoDisk`] when it cannot be mounted.
    pub fn mount(megabytes: u32) -> Result<Self, SupportError> {
        let path = env::temp_dir().join(format!("fang-disk-{}-{}", std::process::id(), random()));
        fs::create_dir(&path).map_err(SupportError::io(format!("making {}", path.display())))?;
        let size = format!("size={megabytes}m,mode=1777");
        let tried = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "fang-disk"]).arg(&path).output();
        let output = tried.map_err(SupportError::io("mounting a tmpfs"))?;
        if !output.status.success() {
            // The mount failed, so the folder is empty.
            let _ = fs::remove_dir(&path);
            return Err(SupportError::NoDisk(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let mut child = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "disk"])
            .arg(&path)
            .current_dir("/")
            .stdin(Stdio::piped())
            .spawn()
            .map_err(SupportError::io("starting the keeper of the disk"))?;
        let pipe = child.stdin.take();
        Ok(Self { path, child, pipe })
    }

    /// The folder where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Fills all free space, until it is [freed](Self::free).
    ///
    /// # Errors
    /// When writing fails for any reason but a full disk.
    pub fn fill(&self) -> Result<(), SupportError> {
        let file = OpenOptions::new().create(true).append(true).open(self.path.join(BALLAST));
        let mut file = match file {
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            file => file.map_err(SupportError::io("opening the ballast"))?,
        };
        // Fills the rest of the last megabyte page by page.
        for chunk in [1 << 20, 1 << 12] {
            let bytes = vec![0; chunk];
            loop {
                match file.write(&bytes) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(SupportError::io("writing ballast")(error)),
                }
            }
        }
        Ok(())
    }

    /// Frees the space again.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn free(&self) -> Result<(), SupportError> {
        fs::remove_file(self.path.join(BALLAST)).map_err(SupportError::io("removing the ballast"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.pipe.take());
        // Waits, so that the disk is unmounted when `drop` returns. A failure cannot be reported here.
        let _ = self.child.wait();
    }
}
