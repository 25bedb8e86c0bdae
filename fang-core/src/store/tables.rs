use super::{Finish, WorkerId};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The tables of a store, for a driver that writes to them in a transaction of the application. Only the
/// crate of the store knows the type inside.
#[derive(Clone)]
pub struct Tables(Arc<dyn Any + Send + Sync>);

impl Tables {
    /// Wraps the tables of a store.
    pub fn new<T: Any + Send + Sync>(tables: Arc<T>) -> Self {
        Self(tables)
    }

    /// The tables, if they have this type.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone().downcast().ok()
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

/// The successful result of a run, for a driver to save in a transaction of the application.
#[derive(Clone, Debug)]
pub struct OwnResult {
    /// The tables with the task.
    pub tables: Tables,
    /// The worker that claimed the task.
    pub worker: WorkerId,
    /// The result.
    pub result: Finish,
}
