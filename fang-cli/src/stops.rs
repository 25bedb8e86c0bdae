//! Ctrl-Z, while a screen of its own is on the terminal.

/// How long a signal takes at most until all threads have stopped.
#[cfg(unix)]
const TIME_TO_STOP: std::time::Duration = std::time::Duration::from_millis(50);

/// The requests to stop that Ctrl-Z in a terminal makes.
#[cfg(unix)]
pub(crate) struct Stops(Option<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Stops {
    /// Listens, if they are wanted: they stop the process otherwise.
    pub(crate) fn new(is_wanted: bool) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(is_wanted.then(|| signal(SignalKind::from_raw(signal_hook::consts::SIGTSTP)).ok()).flatten())
    }

    /// Waits for the next one.
    pub(crate) async fn asked(&mut self) {
        match &mut self.0 {
            Some(signal) => drop(signal.recv().await),
            None => std::future::pending().await,
        }
    }

    /// Stops the group of the process, as Ctrl-Z does, since a script that runs it has to stop too. Returns once it
    /// goes on.
    ///
    /// SIGTSTP is listened to, and SIGSTOP would stop for good where no shell could let it go on. SIGTTOU has the
    /// action that SIGTSTP had: it stops, except in a group without such a shell. There the screen is only drawn anew.
    pub(crate) fn stop() {
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TTOU);
        // Another thread may be the first to take the signal; this one must not go on before all of them have stopped.
        std::thread::sleep(TIME_TO_STOP);
    }
}

#[cfg(not(unix))]
pub(crate) struct Stops;

#[cfg(not(unix))]
impl Stops {
    pub(crate) fn new(_: bool) -> Self {
        Self
    }

    pub(crate) async fn asked(&mut self) {
        std::future::pending().await
    }

    pub(crate) fn stop() {}
}
