//! The account that the server runs as.

use crate::SupportError;
use std::{
    ffi::OsString,
    io,
    os::unix::fs::chown,
    path::Path,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The account that the server runs as. It is that of this process, except for
/// root, as which Postgres refuses to run.
#[derive(Clone, Debug)]
pub(crate) struct ServerUser {
    ids: Option<(u32, u32)>,
    prefix: Vec<OsString>,
}

impl ServerUser {
    /// The same one each time: a choice takes three programs.
    pub(crate) fn choose() -> Result<Self, SupportError> {
        static CHOSEN: OnceLock<ServerUser> = OnceLock::new();
        if let Some(chosen) = CHOSEN.get() {
            return Ok(chosen.clone());
        }
        Self::choose_anew().map(|user| CHOSEN.get_or_init(|| user).clone())
    }

    fn choose_anew() -> Result<Self, SupportError> {
        if id("-u", None) != Some(0) {
            return Ok(Self { ids: None, prefix: Vec::new() });
        }
        let (name, uid, gid) = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name, id("-u", Some(name))?, id("-g", Some(name))?)))
            .ok_or_else(|| SupportError::NoServerUser("no account `postgres`".to_owned()))?;
        let ways = [
            format!("setpriv --reuid={uid} --regid={gid} --clear-groups --"),
            format!("runuser -u {name} --"),
        ];
        let prefix = ways
            .iter()
            .map(|way| way.split(' ').map(OsString::from).collect::<Vec<_>>())
            .find(|words| succeeds(words, "true".as_ref(), &[]))
            .ok_or_else(|| SupportError::NoServerUser("no setpriv, no runuser".to_owned()))?;
        Ok(Self { ids: Some((uid, gid)), prefix })
    }

    /// The words before a command that make it run as this account.
    pub(crate) fn prefix(&self) -> &[OsString] {
        &self.prefix
    }

    /// Whether the account can enter `folder`.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        succeeds(&self.prefix, "test".as_ref(), &["-x".as_ref(), folder])
    }

    pub(crate) fn give(&self, folder: &Path) -> io::Result<()> {
        match self.ids {
            Some((uid, gid)) => chown(folder, Some(uid), Some(gid)),
            None => Ok(()),
        }
    }
}

fn succeeds(prefix: &[OsString], program: &Path, arguments: &[&Path]) -> bool {
    let mut words = prefix.iter().map(OsString::as_os_str).chain([program.as_os_str()]);
    let Some(first) = words.next() else {
        return false;
    };
    Command::new(first)
        .args(words)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `id`, since the standard library has no safe call for this.
fn id(flag: &str, account: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(flag).args(account).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
