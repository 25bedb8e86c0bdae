use super::{Finish, WorkerId};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The tables of a store, for a driver that writes to them within a transaction of the application. Only
/// the crate of the store knows what this contains.
#[derive(Clone)]
pub struct Tables(Arc<dyn Any + Send + Sync>);

impl Tables {
    /// Wraps the tables of a store.
    pub fn new<T: Any + Send + Sync>(tables: Arc<T>) -> Self {
        Self(tables)
    }

    /// The tables, if they are of the type `T`.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone().downcast().ok()
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

/// The result of a successful run, for a driver to save within a transaction of the application.
#[derive(Clone, Debug)]
pub struct OwnResult {
    /// The tables that contain the task.
    pub tables: Tables,
    /// The worker whose claim it is.
    pub worker: WorkerId,
    /// The result.
    pub result: Finish,
}
