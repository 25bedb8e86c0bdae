//! Connections of the application's pool that running worker pools keep for themselves. They keep working while
//! tasks use all the other connections.

use super::seats::Seats;
use super::setup::{PgPool, Setup};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The connections that all worker pools of a queue keep together: one for the engine and one for the heart.
#[derive(Default)]
pub(super) struct Pins {
    pub(super) engine: Pin,
    pub(super) heart: Pin,
}

/// The seats for one role. They exist while a worker pool uses them.
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
