//! Ctrl-Z, while a screen of its own is on the terminal.

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

    /// Stops the process. Returns once it goes on.
    pub(crate) fn stop() {
        // Without it, the screen is only drawn anew.
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
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
