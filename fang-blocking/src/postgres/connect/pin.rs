//! Connections of the application's pool that running worker pools keep, so that tasks which hold
//! all others do not stop them.

use super::{Listener, PgPool, Role, Setup, give_up_read_only, judge};
use crate::postgres::error::{pool_error, store_error};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::r2d2::{ConnectionManager, PooledConnection};
use fang_core::StoreError;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What the worker pools of a queue keep: one connection of each kind for all of them, so that ten do
/// not keep twenty.
#[derive(Default)]
pub(super) struct Pins {
    pub(super) engine: Place,
    pub(super) heart: Place,
}

/// Where the one of its kind is found, while anybody uses it.
#[derive(Default)]
pub(super) struct Place(Mutex<Weak<Pin>>);

impl Place {
    pub(super) fn get(&self, pool: &PgPool, setup: Setup) -> Arc<Pin> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.upgrade().unwrap_or_else(|| {
            let pin = Arc::new(Pin { pool: pool.clone(), setup, held: Mutex::default() });
            *place = Arc::downgrade(&pin);
            pin
        })
    }
}

/// One connection of the application, kept. It goes back, as it came, when nobody needs it any more.
pub(in crate::postgres) struct Pin {
    pool: PgPool,
    setup: Setup,
    held: Mutex<Option<PooledConnection<ConnectionManager<PgConnection>>>>,
}

impl Pin {
    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.take_if(|connection| self.setup.finds_closed(connection));
        let connection = match held.as_mut() {
            Some(connection) => connection,
            None => {
                let mut fresh = self.pool.get().map_err(|error| pool_error(&error))?;
                let noted =
                    if self.setup.pgbouncer { Ok(()) } else { fresh.batch_execute(&note(self.setup.role)) };
                let ready = noted.and_then(|()| self.setup.run(&mut fresh, None));
                ready.map_err(|error| store_error(&error))?;
                held.insert(fresh)
            }
        };
        let outcome = act(connection);
        give_up_read_only(connection, &outcome);
        let (outcome, is_usable) = judge(connection, outcome);
        held.take_if(|_| !is_usable);
        outcome
    }

    pub(super) fn listener(&self) -> Option<&Listener> {
        self.setup.listener.as_ref()
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        if self.setup.pgbouncer {
            return;
        }
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        let restored = held.as_mut().map(|connection| connection.batch_execute(&restore(self.setup.role)));
        if let Some(Err(error)) = restored {
            log::debug!("a connection could not be given back as it came: {}", store_error(&error));
        }
    }
}

/// Notes what [`Setup`] changes ...
fn note(role: Role) -> String {
    let names = quoted_names(role);
    format!("SELECT set_config('fang.' || name, setting, false) FROM pg_settings WHERE name IN ({names})")
}

/// ... and takes it back before a connection returns to the application.
fn restore(role: Role) -> String {
    let names = quoted_names(role);
    format!(
        "UNLISTEN *; SELECT set_config(name, current_setting('fang.' || name), false) FROM unnest(ARRAY [{names}]) name"
    )
}

fn quoted_names(role: Role) -> String {
    role.names().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
