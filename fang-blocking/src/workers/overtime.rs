//! Watches the timeouts of runs. A thread cannot be stopped, so a run that exceeds its timeout is told to end, the
//! log reports it, and another worker replaces its thread.

use super::Crew;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Watches the slots of a pool. Its thread starts with the first run that has a timeout.
#[derive(Default)]
pub(super) struct Overtime(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    earlier: Condvar,
}

#[derive(Default)]
struct State {
    has_thread: bool,
    /// When the thread looks next. `None` while no run has a timeout.
    look_at: Option<Instant>,
    is_over: bool,
}

impl Overtime {
    /// Makes the thread look at `deadline` at the latest, since a run must end by then.
    pub(super) fn watch(&self, crew: &Arc<Crew>, deadline: Instant) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Usually the thread already waits for an earlier deadline, so this is rare.
        if state.look_at.is_none_or(|look_at| deadline < look_at) {
            state.look_at = Some(deadline);
            self.0.earlier.notify_one();
        }
        if !state.has_thread {
            let (shared, crew) = (self.0.clone(), Arc::downgrade(crew));
            let thread = thread::Builder::new().name("fang-overtime".to_owned());
            match thread.spawn(move || shared.run(&crew)) {
                Ok(_) => state.has_thread = true,
                Err(error) => log::error!(
                    "no thread could be started, so timeouts are not watched; allow more threads: {error}"
                ),
            }
        }
    }
}

impl Drop for Overtime {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
        self.0.earlier.notify_one();
    }
}

impl Shared {
    fn run(&self, crew: &Weak<Crew>) {
        while self.wait() {
            let Some(crew) = crew.upgrade() else { return };
            self.look(&crew);
        }
    }

    /// Waits until it is time to look. Returns `false` when the crew is gone.
    fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let left = state.look_at.map(|at| at.saturating_duration_since(Instant::now()));
            if state.is_over || left == Some(Duration::ZERO) {
                // Runs that begin from now on set this again.
                state.look_at = None;
                return !state.is_over;
            }
            state = match left {
                None => self.earlier.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    self.earlier.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn look(&self, crew: &Arc<Crew>) {
        let (slots, now) = (crew.slots(), Instant::now());
        let mut overruns = slots.iter().filter(|slot| slot.is_over()).count();
        for slot in &slots {
            slot.call_time(now, |run| {
                overruns += 1;
                crew.overran(run);
                crew.replace(overruns)
            });
        }
        if let Some(deadline) = slots.iter().filter_map(|slot| slot.deadline()).min() {
            crew.overtime.watch(crew, deadline);
        }
    }
}
