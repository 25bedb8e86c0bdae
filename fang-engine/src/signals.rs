//! The signals that tell a process to stop. A thread of the library receives them, so that neither tasks that block
//! the threads of a runtime nor a start that waits for the server can hold them up.

use crate::signal::Latch;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The pools of this process that run until a signal, and have started.
static STARTED: Started = Started { pools: Mutex::new(0), none: Condvar::new() };

struct Started {
    pools: Mutex<usize>,
    none: Condvar,
}

/// SIGTERM and SIGINT, for one pool. The second signal ends the process at once.
pub struct Signals {
    received: Arc<Latch>,
    is_starting: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

/// A pool that has started. The process does not end by the signal to another pool before this is dropped.
#[must_use = "dropping it tells that the pool has stopped"]
pub struct Running(());

impl Signals {
    /// Receives signals from now on, for a pool that is about to start. A signal ends the process with code 0 until
    /// the pool has [started](Self::started), once all other pools have stopped.
    ///
    /// # Errors
    /// When the system cannot receive signals, or start a thread.
    pub fn new() -> io::Result<Self> {
        let signals = iterator::Signals::new([SIGTERM, SIGINT])?;
        let (received, is_starting) = (Arc::<Latch>::default(), Arc::new(AtomicBool::new(true)));
        let is_over = Arc::<AtomicBool>::default();
        let own =
            Self { received: received.clone(), is_starting: is_starting.clone(), is_over: is_over.clone() };
        thread::Builder::new()
            .name("fang-signals".to_owned())
            .spawn(move || receive(signals, &received, &is_starting, &is_over))?;
        Ok(own)
    }

    /// Tells that the pool has started, so that a signal shuts it down.
    pub fn started(&self) -> Running {
        *STARTED.pools() += 1;
        self.is_starting.store(false, Ordering::SeqCst);
        Running(())
    }

    /// Waits for the first signal.
    pub async fn first(&self) {
        self.received.wait().await;
    }
}

fn receive(
    mut signals: iterator::Signals,
    received: &Latch,
    is_starting: &Arc<AtomicBool>,
    is_over: &AtomicBool,
) {
    let mut forever = signals.forever();
    loop {
        let Some(signal) = forever.next() else { return };
        if !is_over.load(Ordering::SeqCst) {
            break;
        }
        // The pool failed to start, or was given up. Nothing else would end the process now.
        if *STARTED.pools() == 0 {
            std::process::exit(128 + signal);
        }
    }
    received.set();
    if is_starting.load(Ordering::SeqCst) {
        log::info!("received a signal before the pool has started: the process ends");
        let is_starting = is_starting.clone();
        let ends = thread::Builder::new().name("fang-signals".to_owned()).spawn(move || {
            STARTED.wait_for_none();
            // The pool may have started meanwhile; then it shuts down.
            if is_starting.load(Ordering::SeqCst) {
                std::process::exit(0);
            }
        });
        drop(ends);
    } else {
        log::info!("received a signal: the pool shuts down; a second signal ends the process at once");
    }
    if let Some(signal) = forever.next() {
        std::process::exit(128 + signal);
    }
}

impl Started {
    fn pools(&self) -> MutexGuard<'_, usize> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for_none(&self) {
        let ended = self.none.wait_while(self.pools(), |pools| *pools > 0);
        drop(ended.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Running {
    /// Ends the process, whose runtime does not go on, once all other pools have stopped.
    pub fn end_the_process(self) -> ! {
        drop(self);
        STARTED.wait_for_none();
        std::process::exit(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut pools = STARTED.pools();
        *pools -= 1;
        if *pools == 0 {
            STARTED.none.notify_all();
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // The pool has failed to start, or has stopped.
        self.is_starting.store(false, Ordering::SeqCst);
        self.is_over.store(true, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Signals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signals").field("received", &self.received.is_set()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running")
    }
}
