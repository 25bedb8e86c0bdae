//! Commands that serve until a signal.

use crate::shell::Shell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// A command that serves, on a free port.
pub(crate) struct Serving {
    process: Child,
    said: BufReader<std::process::ChildStdout>,
    /// The line that it says when it listens.
    pub(crate) first: String,
}

impl Serving {
    /// A command with these arguments. It has no token of the environment.
    pub(crate) fn start(shell: &Shell, arguments: &[&str]) -> Self {
        let arguments = [arguments, &["--listen", "127.0.0.1:0"]].concat();
        let mut command = shell.command(&arguments);
        let mut process = command.env_remove("FANG_WEB_TOKEN").stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        said.read_line(&mut first).unwrap();
        Self { process, said, first }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        let (_, rest) = self.first.split_once("http://").unwrap();
        rest.split_once('/').unwrap().0
    }

    /// Ends it by a signal. Returns whether it succeeded, and what it said since the first line.
    pub(crate) fn stop(&mut self) -> (bool, String) {
        let killed = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(killed.success());
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().success(), rest)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
