//! The guardian: a child process that runs the server. It outlives this process
//! until the cluster is removed.

use crate::{SupportError, home::Home, user::ServerUser};
use std::{
    ffi::OsString,
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
    /// The guardian cleans up when this pipe closes. No other child inherits the
    /// pipe, so it closes when this process ends, even by SIGKILL.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Guardian {
    /// The server speaks English, unless these variables say otherwise.
    pub(crate) fn spawn(
        bin: &Path,
        home: &Home,
        user: &ServerUser,
        variables: &[(&str, OsString)],
    ) -> Result<Self, SupportError> {
        let mut child = shell()
            .args(["-c", SCRIPT, "guardian"])
            .args([bin, &home.root, &home.socket])
            .args(user.prefix())
            .current_dir("/")
            // These variables may be meant for another server.
            .env_remove("PGDATA")
            .env_remove("PGPORT")
            .env_remove("PGOPTIONS")
            .env("LANGUAGE", "en")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(SupportError::io("starting the guardian"))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (orders, answers) =
            pipes.ok_or_else(|| SupportError::io("guardian")(io::Error::other("no pipes")))?;
        let mut guardian = Self { child, orders: Some(orders), answers: BufReader::new(answers) };
        // After this it has left the process group and ignores signals.
        guardian.expect("ready").map(|_| guardian)
    }

    /// Orders a step and waits until it is done.
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
        // Waits, so that the cluster is removed when `drop` returns. A failure
        // cannot be reported here.
        let _ = self.child.wait();
    }
}

/// A shell in a session of its own, so that Ctrl-C in the terminal does not reach it.
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
