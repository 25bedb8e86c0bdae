//! A started process.

use crate::processes::{ROLE, URI};
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Long enough for anything that is to happen soon.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Long enough for anything that is to happen at once.
pub const AT_ONCE: Duration = Duration::from_secs(5);

/// A started process. It is killed if its test fails.
pub struct Child {
    child: std::process::Child,
    /// What it prints, until it ends.
    lines: Receiver<String>,
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
        let (tell, lines) = channel();
        let printed = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || printed.map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    /// Waits until it prints a line that ends like this.
    pub fn prints(&mut self, end: &str) {
        let next = || self.lines.recv_timeout(PATIENCE);
        while !next().unwrap_or_else(|_| panic!("the process should have printed {end:?}")).ends_with(end) {}
    }

    pub fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it has ended.
    pub fn ended(&mut self) -> ExitStatus {
        let mut end = Ok(String::new());
        while end.is_ok() {
            end = self.lines.recv_timeout(PATIENCE);
        }
        assert_eq!(end, Err(RecvTimeoutError::Disconnected), "the process should have ended");
        self.child.wait().unwrap()
    }

    /// Waits until it has ended with success. Returns how long that took since then.
    pub fn succeeds(&mut self, since: Instant) -> Duration {
        assert_eq!(self.ended().code(), Some(0));
        since.elapsed()
    }

    /// Whether a signal has stopped it, so that it waits to be continued.
    pub fn is_stopped(&self) -> bool {
        let ps = Command::new("ps").args(["-o", "state=", "-p", &self.child.id().to_string()]).output();
        ps.unwrap().stdout.starts_with(b"T")
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
