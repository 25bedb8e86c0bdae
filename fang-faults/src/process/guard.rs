//! A shell that kills a process when this one ends, in whatever way.

use crate::FaultsError;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

const SHELL: &str = "/bin/sh";
/// `read` meets the end of the input when the process at the other end of the pipe has ended, even by SIGKILL. Then the
/// shell kills its group. The system may send SIGHUP to the group at that moment.
const SCRIPT: &str = "trap '' HUP; while read -r _; do :; done; kill -s KILL 0";

/// Guards a process that is in its process group. It is there before that process is, so no moment is without a guard.
#[derive(Debug)]
pub(super) struct Guard {
    /// No other child inherits its standard input, a pipe.
    shell: Child,
}

impl Guard {
    pub(super) fn start() -> Result<Self, FaultsError> {
        let mut command = Command::new(SHELL);
        command.args(["-c", SCRIPT, "guard"]).current_dir("/").process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let shell = command.spawn().map_err(|source| FaultsError::Start { program: SHELL.into(), source })?;
        Ok(Self { shell })
    }

    /// Lets this command start its process in the group.
    pub(super) fn takes(&self, command: &mut Command) -> std::io::Result<()> {
        let group = i32::try_from(self.shell.id()).map_err(std::io::Error::other)?;
        command.process_group(group);
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Before its input closes, else it would kill the group.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
