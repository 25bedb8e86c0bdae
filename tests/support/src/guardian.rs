//! The child that runs the server and outlives us for as long as it takes to
//! clean up.

use crate::{SupportError, home::Home, user::ServerUser};
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const SCRIPT: &str = include_str!("guardian.sh");

#[derive(Debug)]
pub(crate) struct Guardian {
    child: Child,
    /// Its end is the signal to clean up. No other child of ours inherits it,
    /// so it ends with this process, even by SIGKILL.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Guardian {
    pub(crate) fn spawn(bin: &Path, home: &Home, user: &ServerUser) -> Result<Self, SupportError> {
        let mut child = shell()
            .args(["-c", SCRIPT, "guardian"])
            .args([bin, &home.root, &home.socket])
            .args(user.prefix())
            .current_dir("/")
            // Options meant for another server must not reach this one.
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGOPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(SupportError::io("starting the guardian"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (orders, answers) =
            pipes.ok_or_else(|| SupportError::io("guardian")(io::Error::other("no pipes")))?;
        let mut guardian = Self { child, orders: Some(orders), answers: BufReader::new(answers) };
        // Only now has it left our process group and ignores our signals.
        guardian.expect("ready").map(|_| guardian)
    }

    /// Has `step` done, and waits for it.
    pub(crate) fn order(&mut self, step: &'static str, home: &Home) -> Result<(), SupportError> {
        if let Some(orders) = &mut self.orders {
            writeln!(orders, "{step}").map_err(SupportError::io("asking the guardian"))?;
        }
        if self.expect("ok")? {
            return Ok(());
        }
        Err(SupportError::Server { step, output: tail(home) })
    }

    fn expect(&mut self, wanted: &str) -> Result<bool, SupportError> {
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(SupportError::io("hearing from the guardian"))?;
        Ok(line.trim_end() == wanted)
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Waiting makes "dropped" mean "gone"; there is nobody to tell of a
        // failure.
        let _ = self.child.wait();
    }
}

/// A shell in a session of its own, which a Ctrl-C in ours does not reach.
fn shell() -> Command {
    let has_setsid = Command::new("setsid")
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if has_setsid {
        let mut command = Command::new("setsid");
        command.arg("/bin/sh");
        command
    } else {
        let mut command = Command::new("/bin/sh");
        command.process_group(0);
        command
    }
}

fn tail(home: &Home) -> String {
    let files = [home.root.join("output"), home.data().join("server.log")];
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
