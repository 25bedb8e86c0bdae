//! The signals that tell a process to stop.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator;
use std::io;
use std::thread;

/// SIGTERM and SIGINT.
pub(crate) struct Signals(iterator::Signals);

impl Signals {
    pub(crate) fn new() -> io::Result<Self> {
        iterator::Signals::new([SIGTERM, SIGINT]).map(Self)
    }

    /// Waits for the next signal.
    pub(crate) fn next(&mut self) {
        self.0.forever().next();
    }

    /// Ends the process at the next signal.
    pub(crate) fn exit_at_the_next(mut self) {
        let waits = thread::Builder::new().name("fang-signals".to_owned()).spawn(move || {
            if let Some(signal) = self.0.forever().next() {
                std::process::exit(128 + signal);
            }
        });
        if let Err(error) = waits {
            log::warn!(
                "no thread could be started, so a second signal will not end the process; send SIGKILL: {error}"
            );
        }
    }
}
