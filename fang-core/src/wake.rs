//! Who wants to know that there is a task to claim.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

type Waker = Arc<dyn Fn(Announced) + Send + Sync>;

/// What an announcement says of those to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Announced {
    /// Whoever inserts the next task says so as well.
    Each,
    /// More may follow unannounced for as long as the [window](NotifyGate::WINDOW) of a gate is open.
    First,
}

/// What tells the payload of [`Announced::Each`] from the bare name that stands for [`Announced::First`]: somebody who
/// inserts by hand may not know of this, and does not announce each.
const EACH: char = '\u{1}';

impl Announced {
    /// What is sent for a name.
    pub fn payload(self, name: &str) -> Cow<'_, str> {
        match self {
            Self::First if !name.starts_with(EACH) => Cow::Borrowed(name),
            Self::First | Self::Each => Cow::Owned(format!("{EACH}{name}")),
        }
    }

    /// What was sent, and the name.
    fn of(payload: &str) -> (Self, &str) {
        payload.strip_prefix(EACH).map_or((Self::First, payload), |name| (Self::Each, name))
    }
}

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
    pub fn register(
        &self,
        task_type: &str,
        waker: impl Fn(Announced) + Send + Sync + 'static,
    ) -> Registration {
        let id = self.with(|registry| {
            registry.next += 1;
            let wakers = registry.wakers.entry(task_type.to_owned()).or_default();
            wakers.push((registry.next, Arc::new(waker)));
            registry.next
        });
        Registration { wakes: self.clone(), task_type: task_type.to_owned(), id }
    }

    /// Wakes those who work on this task type: for each insert of this process.
    pub fn wake(&self, task_type: &str) {
        self.call(task_type, Announced::Each);
    }

    /// Wakes those whom an announcement with this [payload](Announced::payload) concerns.
    pub fn hear(&self, payload: &str) {
        let (announced, name) = Announced::of(payload);
        self.call(name, announced);
    }

    /// Wakes everyone: after a time in which notifications may have been lost.
    pub fn wake_all(&self) {
        let wakers: Vec<_> = self.with(|registry| registry.wakers.values().flatten().cloned().collect());
        wakers.iter().for_each(|(_, waker)| waker(Announced::First));
    }

    /// Wakes those who are called so, and tells them what follows.
    pub fn call(&self, name: &str, announced: Announced) {
        let wakers = self.with(|registry| registry.wakers.get(name).cloned());
        wakers.iter().flatten().for_each(|(_, waker)| waker(announced));
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

/// Lets few notifications of a task type pass: each costs every other commit of the database a wait. A task that comes
/// alone is announced, and so is the next one, if it comes soon: as the first of many, for which claimers look often
/// for a while.
#[derive(Debug, Default)]
pub struct NotifyGate {
    passed: HashMap<String, Passed>,
}

/// What has passed of a task type.
#[derive(Clone, Copy, Debug)]
struct Passed {
    announced: Announced,
    at: Duration,
    /// When the last task came, announced or not.
    last: Duration,
}

impl NotifyGate {
    /// For so long after a [first of many](Announced::First) no notification of its task type passes. A claimer that hears
    /// of it looks often for just as long.
    pub const WINDOW: Duration = Duration::from_millis(100);

    /// How many task types are remembered before those are forgotten whose window is over.
    const REMEMBERED: usize = 1024;

    /// Whether to announce an insert now, and as what: at least as `least`. `now` counts from any fixed instant.
    pub fn pass(&mut self, task_type: &str, least: Announced, now: Duration) -> Option<Announced> {
        let Some(passed) = self.passed.get_mut(task_type) else {
            self.remember(task_type, least, now);
            return Some(least);
        };
        let announced = passed.next(now).map(|announced| announced.max(least));
        passed.last = now;
        if let Some(announced) = announced {
            (passed.announced, passed.at) = (announced, now);
        }
        announced
    }

    fn remember(&mut self, task_type: &str, announced: Announced, now: Duration) {
        // Task types may be as many as an application has customers.
        if self.passed.len() >= Self::REMEMBERED {
            self.passed.retain(|_, passed| is_recent(passed.last, now));
        }
        self.passed.insert(task_type.to_owned(), Passed { announced, at: now, last: now });
    }
}

impl Passed {
    /// What passes now.
    fn next(&self, now: Duration) -> Option<Announced> {
        let is_open = self.announced == Announced::First && is_recent(self.at, now);
        match is_recent(self.last, now) {
            _ if is_open => None,
            true => Some(Announced::First),
            false => Some(Announced::Each),
        }
    }
}

fn is_recent(at: Duration, now: Duration) -> bool {
    now.saturating_sub(at) < NotifyGate::WINDOW
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
        let registration = wakes.register("mail", move |_| {
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
    fn what_is_sent_says_which_kind_of_announcement_it_is() {
        for name in ["mail", "", "\u{1}mail"] {
            assert_eq!(Announced::of(&Announced::Each.payload(name)), (Announced::Each, name));
        }
        assert_eq!(Announced::First.payload("mail"), "mail");
        assert_eq!(Announced::of("mail"), (Announced::First, "mail"));
        // It cannot be sent so, and is sent as the other kind rather than under another name.
        assert_eq!(Announced::of(&Announced::First.payload("\u{1}mail")), (Announced::Each, "\u{1}mail"));
    }

    #[test]
    fn what_may_be_due_in_a_moment_is_announced_as_the_first_of_many() {
        let (mut gate, at) = (NotifyGate::default(), Duration::from_millis);
        let first = Some(Announced::First);
        assert_eq!([0, 50, 100].map(|ms| gate.pass("a", Announced::First, at(ms))), [first, None, first]);
        assert_eq!([300, 301].map(|ms| gate.pass("a", Announced::First, at(ms))), [first, None]);
    }

    fn passed(inserts: &[(&str, u64)]) -> Vec<Option<Announced>> {
        let mut gate = NotifyGate::default();
        let passed =
            |(task_type, ms): &(&str, u64)| gate.pass(task_type, Announced::Each, Duration::from_millis(*ms));
        inserts.iter().map(passed).collect()
    }

    #[test]
    fn a_task_that_comes_alone_is_announced_and_then_one_of_many_in_a_window() {
        let (each, first) = (Some(Announced::Each), Some(Announced::First));
        assert_eq!(passed(&[("a", 0), ("a", 100), ("a", 200)]), [each; 3]);
        assert_eq!(
            passed(&[("a", 0), ("b", 0), ("a", 1), ("a", 2), ("b", 100)]),
            [each, each, first, None, each]
        );
        let many = [("a", 0), ("a", 99), ("a", 198), ("a", 199), ("a", 298), ("a", 299), ("a", 399)];
        assert_eq!(passed(&many), [each, first, None, first, None, first, each]);
    }
}
