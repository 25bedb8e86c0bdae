//! A shell that kills a process when this one ends, in whatever way.

use crate::FaultsError;
use std::process::{Child, Command, Stdio};

const SHELL: &str = "/bin/sh";
/// `read` meets the end of the input when the process at the other end of the pipe has ended, even by SIGKILL. Ctrl-C in the
/// terminal must not end the shell before that.
const SCRIPT: &str = "trap '' HUP INT QUIT TERM; while read -r _; do :; done; kill -KILL \"$1\"";

/// Guards a process. Drop it once that process has been told to end, before another one may have its id.
#[derive(Debug)]
pub(super) struct Guard {
    /// No other child inherits its standard input, a pipe.
    shell: Child,
}

impl Guard {
    pub(super) fn of(process: &Child) -> Result<Self, FaultsError> {
        let mut command = Command::new(SHELL);
        command.args(["-c", SCRIPT, "guard", &process.id().to_string()]).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let shell = command.spawn().map_err(|source| FaultsError::Start { program: SHELL.into(), source })?;
        Ok(Self { shell })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Before its input closes, else it would kill the process.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
