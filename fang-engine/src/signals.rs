//! The signals to a process. One thread of the library receives them, so that neither tasks that block the threads of a
//! runtime nor a start that waits for the server can hold them up.

use crate::settings::LAST_BEAT;
use crate::signal::Latch;
use crate::starting::{GivenUp, Starting};
use signal_hook::consts::{SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator;
use signal_hook::low_level::emulate_default_handler;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The pools of this process that run until a signal.
static HUB: Hub =
    Hub { known: Mutex::new(Known { entries: Vec::new(), receives: false }), one_less: Condvar::new() };

struct Hub {
    known: Mutex<Known>,
    /// Notified when a pool has stopped.
    one_less: Condvar,
}

struct Known {
    entries: Vec<Arc<Entry>>,
    /// Whether the thread that receives is there.
    receives: bool,
}

/// A pool, from before its start until it has stopped.
#[derive(Default)]
struct Entry {
    received: Latch,
    starting: Arc<Starting>,
}

/// SIGTERM, SIGINT and SIGTSTP, for one pool. The second signal to end ends the process at once. While this exists and
/// the pool works, no signal to another pool ends the process.
pub struct Signals(Arc<Entry>);

impl Signals {
    /// Receives signals from now on, for a pool that is about to start. Until its tasks may run, a signal ends the
    /// process with code 0, once all other pools have stopped.
    ///
    /// # Errors
    /// When the system cannot receive signals, or start a thread.
    pub fn new() -> io::Result<Self> {
        let mut known = HUB.known();
        if !known.receives {
            let signals = iterator::Signals::new([SIGTERM, SIGINT, SIGTSTP])?;
            thread::Builder::new().name("fang-signals".to_owned()).spawn(move || receive(signals))?;
            known.receives = true;
        }
        let entry = Arc::<Entry>::default();
        known.entries.push(entry.clone());
        Ok(Self(entry))
    }

    /// The pool as it starts.
    pub fn starting(&self) -> Arc<Starting> {
        self.0.starting.clone()
    }

    /// Waits for the first signal.
    pub async fn first(&self) {
        self.0.received.wait().await;
    }

    /// Ends the process, whose runtime does not go on, once all other pools have stopped.
    pub fn end_the_process(self) -> ! {
        drop(self);
        HUB.wait_for_none();
        std::process::exit(0)
    }
}

fn receive(mut signals: iterator::Signals) {
    for signal in &mut signals {
        let entries = HUB.known().entries.clone();
        // Without pools, SIGTSTP stops the process, and the others end it.
        if entries.is_empty() && signal == SIGTSTP {
            let stopped = emulate_default_handler(signal);
            drop(stopped);
        } else if signal == SIGTSTP {
            entries.iter().for_each(|entry| entry.starting.be_quiet());
        } else if entries.is_empty() || entries.iter().any(|entry| entry.received.is_set()) {
            std::process::exit(128 + signal);
        } else {
            entries.iter().for_each(|entry| entry.end());
        }
    }
}

/// Logs on a thread of its own. A task may hold the lock of the output, and the next signal has to be received all the
/// same.
fn log_apart(message: &'static str) {
    let logs = thread::Builder::new().name("fang-signals".to_owned()).spawn(move || log::info!("{message}"));
    drop(logs);
}

impl Entry {
    /// Shuts the pool down, or gives its start up.
    fn end(&self) {
        self.received.set();
        let GivenUp::Early(signs_off) = self.starting.give_up() else {
            log_apart("received a signal: the pool shuts down; a second signal ends the process at once");
            return;
        };
        log_apart("received a signal before the pool has started: the process ends");
        let ends = thread::Builder::new().name("fang-signals".to_owned()).spawn(move || {
            if let Some(signed_off) = signs_off {
                signed_off.wait_on_thread(LAST_BEAT);
            }
            HUB.wait_for_none();
            std::process::exit(0);
        });
        drop(ends);
    }
}

impl Hub {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no pool works.
    fn wait_for_none(&self) {
        let is_working = |known: &mut Known| known.entries.iter().any(|entry| entry.starting.is_working());
        let ended = self.one_less.wait_while(self.known(), is_working);
        drop(ended.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // The pool has failed to start, or has stopped.
        HUB.known().entries.retain(|entry| !Arc::ptr_eq(entry, &self.0));
        HUB.one_less.notify_all();
    }
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals").field("received", &self.0.received.is_set()).finish_non_exhaustive()
    }
}
