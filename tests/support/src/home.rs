//! The folders of one cluster.

use crate::{Durability, SupportError, user::ServerUser};
use rustix::fs::statvfs;
use std::{
    env, fs,
    fs::DirBuilder,
    hash::{BuildHasher, RandomState},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process,
};

/// The limit for the path of the folder. The kernel allows 107 bytes for the path
/// of a socket, and the server appends a file name.
const SOCKET_PATH_LIMIT: usize = 107 - "/.s.PGSQL.65535".len();

/// A file system in memory. Each database is 300 files, and an ext4 that many were deleted from is slow to make new ones.
const MEMORY: &str = "/dev/shm";
/// The files of all tests that run at once have room in this many bytes, many times over.
const ROOM: u64 = 4 << 30;

/// The folders of a cluster. They need not exist yet: the guardian is told their
/// names before they are created, so that it always removes them.
#[derive(Debug)]
pub(crate) struct Home {
    /// The folder with the data and the logs.
    pub(crate) root: PathBuf,
    pub(crate) socket: PathBuf,
}

impl Home {
    /// Chooses folders below `target/postgres`. Uses the temporary folder of the
    /// system if this process or the account of the server cannot use that.
    pub(crate) fn choose(user: &ServerUser, durability: Durability) -> Self {
        let memory = Path::new(MEMORY);
        if durability == Durability::Fast && has_room(memory) && usable(memory, user) {
            return Self::within(memory);
        }
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let ours = fs::canonicalize(workspace).map(|folder| folder.join("target/postgres"));
        Self::within(&ours.ok().filter(|base| usable(base, user)).unwrap_or_else(env::temp_dir))
    }

    /// Chooses folders below this folder, which the account of the server can enter.
    pub(crate) fn within(base: &Path) -> Self {
        let name = format!("fang-pg-{}-{}", process::id(), random());
        let root = base.join(&name);
        let mut socket = root.join("socket");
        if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
            socket = Path::new("/tmp").join(format!("{name}-socket"));
        }
        Self { root, socket }
    }

    /// The file that says by how much the clock of the server is wrong.
    pub(crate) fn clock(&self) -> PathBuf {
        self.root.join("clock")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The files of the cluster before its first start, where they were kept.
    pub(crate) fn template(&self) -> PathBuf {
        self.root.join("template")
    }

    /// Creates the folders. They must not exist: in a folder to which all accounts
    /// may write, an existing one belongs to another user.
    pub(crate) fn make(&self, user: &ServerUser) -> Result<(), SupportError> {
        for folder in [&self.root, &self.socket] {
            DirBuilder::new()
                .mode(0o700)
                .create(folder)
                .and_then(|()| user.give(folder))
                .map_err(SupportError::io(format!("making {}", folder.display())))?;
        }
        Ok(())
    }
}

fn has_room(folder: &Path) -> bool {
    statvfs(folder).is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) >= ROOM)
}

/// Whether the server can use a folder in `base`.
fn usable(base: &Path, user: &ServerUser) -> bool {
    let probe = base.join(format!("probe-{}-{}", process::id(), random()));
    let tried = || -> io::Result<bool> {
        fs::create_dir_all(base)?;
        fs::create_dir(&probe)?;
        let reached = user.give(&probe).is_ok() && user.can_enter(&probe);
        fs::remove_dir(&probe)?;
        Ok(reached)
    };
    tried().unwrap_or(false)
}

/// Returns eight random hexadecimal digits. The keys of the hasher come from the system.
pub(crate) fn random() -> String {
    let seed = RandomState::new().hash_one(process::id());
    format!("{:08x}", seed & 0xffff_ffff)
}
