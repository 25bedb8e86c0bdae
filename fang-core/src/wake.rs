//! Who wants to know that there is a task to claim.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

type Waker = Arc<dyn Fn() + Send + Sync>;

/// The claimers of this process, by the task type that each works on. Cheap to clone.
#[derive(Clone, Default)]
pub struct Wakes(Arc<Mutex<Registry>>);

#[derive(Default)]
struct Registry {
    next: u64,
    wakers: HashMap<String, Vec<(u64, Waker)>>,
}

impl Wakes {
    /// Calls `waker` whenever a task of this type was inserted, until the registration is dropped.
    pub fn register(&self, task_type: &str, waker: impl Fn() + Send + Sync + 'static) -> Registration {
        let id = self.with(|registry| {
            registry.next += 1;
            let wakers = registry.wakers.entry(task_type.to_owned()).or_default();
            wakers.push((registry.next, Arc::new(waker)));
            registry.next
        });
        Registration { wakes: self.clone(), task_type: task_type.to_owned(), id }
    }

    /// Wakes those who work on this task type.
    pub fn wake(&self, task_type: &str) {
        let wakers = self.with(|registry| registry.wakers.get(task_type).cloned());
        wakers.iter().flatten().for_each(|(_, waker)| waker());
    }

    /// Wakes everyone: after a time in which notifications may have been lost.
    pub fn wake_all(&self) {
        let wakers: Vec<_> = self.with(|registry| registry.wakers.values().flatten().cloned().collect());
        wakers.iter().for_each(|(_, waker)| waker());
    }

    fn with<T>(&self, act: impl FnOnce(&mut Registry) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wakes")
    }
}

/// A place among the wakers; dropping it gives it up.
#[derive(Debug)]
#[must_use = "dropping it ends the registration"]
pub struct Registration {
    wakes: Wakes,
    task_type: String,
    id: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.wakes.with(|registry| {
            if let Some(wakers) = registry.wakers.get_mut(&self.task_type) {
                wakers.retain(|(id, _)| *id != self.id);
            }
        });
    }
}

/// Lets one notification of a task type pass in a while: each costs every other commit of the
/// database a wait, and while tasks come in quick succession nobody sleeps anyway.
#[derive(Debug, Default)]
pub struct NotifyGate {
    last: HashMap<String, Duration>,
}

impl NotifyGate {
    /// One notification of a task type passes in this time. A claimer that was woken looks again
    /// often for just as long, so what comes in between needs none.
    pub const WINDOW: Duration = Duration::from_millis(100);

    /// How many task types are remembered before those are forgotten whose window is over.
    const REMEMBERED: usize = 1024;

    /// Whether to notify now. `now` counts from any fixed instant.
    pub fn pass(&mut self, task_type: &str, now: Duration) -> bool {
        match self.last.get_mut(task_type) {
            Some(last) if now.saturating_sub(*last) < Self::WINDOW => false,
            Some(last) => {
                *last = now;
                true
            }
            None => {
                // Task types may be as many as an application has customers.
                if self.last.len() >= Self::REMEMBERED {
                    self.last.retain(|_, last| now.saturating_sub(*last) < Self::WINDOW);
                }
                self.last.insert(task_type.to_owned(), now);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn only_those_of_the_task_type_are_woken_and_only_while_registered() {
        let wakes = Wakes::default();
        let count = Arc::new(AtomicU32::new(0));
        let counter = count.clone();
        let registration = wakes.register("mail", move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        wakes.wake("mail");
        wakes.wake("feeds");
        wakes.wake_all();
        assert_eq!(count.load(Ordering::Relaxed), 2);
        drop(registration);
        wakes.wake("mail");
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn one_notification_a_task_type_passes_in_the_window() {
        let mut gate = NotifyGate::default();
        let at = Duration::from_millis;
        let passed = [("a", 0), ("a", 99), ("b", 99), ("a", 100), ("a", 150)]
            .map(|(task_type, ms)| gate.pass(task_type, at(ms)));
        assert_eq!(passed, [true, false, true, true, false]);
    }
}
