//! Connections of the application's pool that running worker pools keep, so that tasks which hold
//! all others do not stop them.

use super::seats::Seats;
use super::setup::{PgPool, Setup};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What the worker pools of a queue keep: one connection of each kind for all of them, so that ten do
/// not keep twenty.
#[derive(Default)]
pub(super) struct Pins {
    pub(super) engine: Pin,
    pub(super) heart: Pin,
}

/// Where the one of its kind is found, while anybody uses it.
#[derive(Default)]
pub(super) struct Pin(Mutex<Weak<Seats>>);

impl Pin {
    pub(super) fn get(&self, pool: &PgPool, setup: Setup) -> Arc<Seats> {
        let mut pin = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pin.upgrade().unwrap_or_else(|| {
            let seats = Arc::new(Seats::pinned(pool.clone(), setup));
            *pin = Arc::downgrade(&seats);
            seats
        })
    }
}
