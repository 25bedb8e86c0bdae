//! How an operating system asks a process to stop.

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

    /// Waits for the next one.
    pub(crate) fn next(&mut self) {
        self.0.forever().next();
    }

    /// Ends the process when another comes.
    pub(crate) fn exit_at_the_next(mut self) {
        let waits = thread::Builder::new().name("fang-signals".to_owned()).spawn(move || {
            if let Some(signal) = self.0.forever().next() {
                std::process::exit(128 + signal);
            }
        });
        if let Err(error) = waits {
            log::warn!("a second signal will not be heard: {error}");
        }
    }
}
