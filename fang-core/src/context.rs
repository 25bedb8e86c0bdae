//! What a running task may know and wish.

use crate::error::FangError;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// The application's own values, one of each type, shared with every run of a pool.
#[derive(Clone, Default)]
pub struct State(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl State {
    /// Adds a value; a second one of the same type replaces the first.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of type `T`, if there is one.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} values)", self.0.len())
    }
}

/// What a task asks to happen to itself once its run returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Run again after a delay, without being charged a retry.
    Snooze(Duration),
    /// Fail for good, with this reason.
    Cancel(String),
}

/// One run of one task, as seen from inside. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Context {
    id: Uuid,
    attempt: u32,
    lease: i32,
    task_type: Arc<str>,
    state: Arc<State>,
    stopping: Arc<AtomicBool>,
    cancelled: Arc<AtomicBool>,
    wish: Arc<Mutex<Option<Wish>>>,
}

impl Context {
    /// The context of one run. `attempt` counts from 1.
    pub fn new(id: Uuid, attempt: u32, lease: i32, surroundings: &Surroundings) -> Self {
        Self {
            id,
            attempt,
            lease,
            task_type: surroundings.task_type.clone(),
            state: surroundings.state.clone(),
            stopping: surroundings.stopping.clone(),
            cancelled: Arc::default(),
            wish: Arc::default(),
        }
    }

    /// The id of the task; nil outside of a run.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Which run this is, counted from 1; 0 outside of a run.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// How often the task was ever claimed: together with the id it names this run.
    pub fn lease(&self) -> i32 {
        self.lease
    }

    /// The lane that the pool works on.
    pub fn task_type(&self) -> &str {
        &self.task_type
    }

    /// The application's value of type `T`, if the pool was given one.
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.get()
    }

    /// The application's value of type `T`, for a task that cannot do without.
    ///
    /// # Errors
    /// An error that names the type, when the pool was not given one: add `.state(value)` to it.
    pub fn require_state<T: Send + Sync + 'static>(&self) -> Result<&T, FangError> {
        self.state().ok_or_else(|| {
            let name = std::any::type_name::<T>();
            FangError::new(format!(
                "the pool has no state of type {name}; add `.state(value)` to its builder"
            ))
        })
    }

    /// Whether the run should come to an end: its pool is shutting down, or its time is over. A long
    /// task looks now and then, and [`snooze`](Self::snooze)s to go on later.
    pub fn is_cancelled(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || self.cancelled.load(Ordering::Relaxed)
    }

    /// Tells the run to come to an end. For the authors of runtimes.
    pub fn tell_to_end(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Once this run has returned, runs the task again after `delay`; no retry is charged.
    pub fn snooze(&self, delay: Duration) {
        self.wish_for(Wish::Snooze(delay));
    }

    /// Once this run has returned, fails the task for good.
    pub fn cancel(&self, reason: impl Into<String>) {
        self.wish_for(Wish::Cancel(reason.into()));
    }

    /// Takes what the task wished for, if anything. For the authors of runtimes.
    pub fn take_wish(&self) -> Option<Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn wish_for(&self, wish: Wish) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = Some(wish);
    }
}

/// What all runs of a pool share. For the authors of runtimes.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The lane that the pool works on.
    pub task_type: Arc<str>,
    /// The application's values.
    pub state: Arc<State>,
    /// Set when the pool begins to shut down.
    pub stopping: Arc<AtomicBool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_found_by_its_type() {
        let mut state = State::default();
        state.insert(7_u8);
        state.insert("text".to_owned());
        let context = Context { state: Arc::new(state), ..Context::default() };
        assert_eq!(context.state::<u8>(), Some(&7));
        assert_eq!(context.state::<String>().map(String::as_str), Some("text"));
        assert_eq!(context.state::<u16>(), None);
        assert!(context.require_state::<u16>().unwrap_err().description.contains("u16"));
    }

    #[test]
    fn the_last_wish_counts_and_is_taken_once() {
        let context = Context::default();
        context.snooze(Duration::from_secs(1));
        context.cancel("no such feed");
        assert_eq!(context.take_wish(), Some(Wish::Cancel("no such feed".into())));
        assert_eq!(context.take_wish(), None);
    }
}
