//! A started process.

use crate::processes::{ROLE, URI};
use std::io::{BufRead, BufReader, Lines};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Long enough for anything that is to happen soon.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Long enough for anything that is to happen at once.
pub const AT_ONCE: Duration = Duration::from_secs(5);

/// A started process. It is killed if its test fails.
pub struct Child {
    child: std::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Child {
    pub fn start(process: &str, role: &str) -> Self {
        Self::start_at(process, role, "")
    }

    pub fn start_at(process: &str, role: &str, uri: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([&format!("processes::{process}"), "--exact", "--nocapture"])
            .envs([(ROLE, role), (URI, uri)])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it prints a line that ends like this.
    pub fn prints(&mut self, end: &str) {
        let is_printed = self.lines.any(|line| line.unwrap().ends_with(end));
        assert!(is_printed, "the process should have printed {end:?}");
    }

    pub fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended. Reads what it prints meanwhile, so that it can go on.
    pub fn ended(&mut self) -> ExitStatus {
        self.lines.by_ref().for_each(drop);
        self.child.wait().unwrap()
    }

    /// Waits until it has ended with success. Returns how long that took since then.
    pub fn succeeds(&mut self, since: Instant) -> Duration {
        assert_eq!(self.ended().code(), Some(0));
        since.elapsed()
    }

    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It has ended, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
