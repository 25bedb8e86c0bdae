//! One process of a crash test: start, kill, pause, end.

mod guard;

use crate::{FaultsError, clock};
use guard::Guard;
use rustix::process::{Pid, Signal, kill_process};
use std::io;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A process. Dropping the value kills it. It is also killed when this process ends, in whatever way, and so are those
/// that it has started: a small shell waits for that. The process is in the process group of that shell.
#[derive(Debug)]
pub struct Process {
    /// Until the process has ended.
    guard: Option<Guard>,
    child: Child,
    /// Closing it tells the process to end, if it listens for that.
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts it. Its standard input is a pipe that closes when this process ends.
    ///
    /// # Errors
    /// [`FaultsError::Start`] when the system refuses.
    pub fn start(command: &mut Command) -> Result<Self, FaultsError> {
        let guard = Guard::start()?;
        guard.takes(command)?;
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|source| FaultsError::Start { program: command.get_program().into(), source })?;
        let stdin = child.stdin.take();
        Ok(Self { guard: Some(guard), child, stdin })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGKILL and waits for the end. Returns when the process was dead.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> io::Result<u64> {
        self.child.kill()?;
        self.guard = None;
        self.child.wait()?;
        Ok(clock::now())
    }

    /// Sends SIGSTOP. Returns when.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pause(&self) -> io::Result<u64> {
        self.signal(Signal::STOP)?;
        Ok(clock::now())
    }

    /// Sends SIGCONT. Returns when.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resume(&self) -> io::Result<u64> {
        let at = clock::now();
        self.signal(Signal::CONT)?;
        Ok(at)
    }

    /// Sends SIGTERM.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn terminate(&self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Closes its standard input.
    pub fn finish(&mut self) {
        self.stdin = None;
    }

    /// The exit status, if it has ended.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        let ended = self.child.try_wait()?;
        if ended.is_some() {
            self.guard = None;
        }
        Ok(ended)
    }

    /// Waits for the exit status. `None` if that takes longer.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn ends_within(&mut self, at_most: Duration) -> io::Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            let ended = self.ended()?;
            if ended.is_some() || began.elapsed() > at_most {
                return Ok(ended);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("a process id that is none"))?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        self.guard = None;
        let _ = self.child.wait();
    }
}
