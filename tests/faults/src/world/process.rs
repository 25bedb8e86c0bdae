//! One process of a campaign: start, kill, pause, end.

use crate::{Failure, clock};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A process. Dropping the value kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Closing it tells the process to end.
    stdin: Option<ChildStdin>,
}

impl Process {
    pub(super) fn start(
        program: &str,
        arguments: Vec<String>,
        folder: &Path,
        role: &str,
    ) -> Result<Self, Failure> {
        let program = beside_this_one(program)?;
        let log = OpenOptions::new().create(true).append(true).open(folder.join(format!("{role}s.log")))?;
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let stdin = child.stdin.take();
        Ok(Self { child, stdin })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGKILL and waits for the end. Returns when the process was dead.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<u64, Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(clock::now())
    }

    /// Sends SIGSTOP. Returns when.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pause(&self) -> Result<u64, Failure> {
        self.signal(Signal::STOP)?;
        Ok(clock::now())
    }

    /// Sends SIGCONT. Returns when.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resume(&self) -> Result<u64, Failure> {
        let at = clock::now();
        self.signal(Signal::CONT)?;
        Ok(at)
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn terminate(&self) -> Result<(), Failure> {
        self.signal(Signal::TERM)
    }

    /// Closes its standard input, which ends a producer.
    pub fn finish(&mut self) {
        self.stdin = None;
    }

    /// The exit status, if it has ended.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, Failure> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for the exit status. `None` if that takes longer.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn ends_within(&mut self, at_most: Duration) -> Result<Option<ExitStatus>, Failure> {
        let began = Instant::now();
        loop {
            let ended = self.ended()?;
            if ended.is_some() || began.elapsed() > at_most {
                return Ok(ended);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = Pid::from_raw(i32::try_from(self.pid())?).ok_or("no process")?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo puts all programs of this crate into one folder, and tests into a folder in it.
fn beside_this_one(program: &str) -> Result<PathBuf, Failure> {
    let this = std::env::current_exe()?;
    let folders = this.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(program)).find(|program| program.is_file());
    found.ok_or_else(|| format!("there is no {program}; build it: cargo build -p fang-faults --bins").into())
}
