use super::{Finish, WorkerId};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The tables of a store, as a driver needs to know them that reaches them within a transaction of the application: only
/// the crate of the store knows what is inside.
#[derive(Clone)]
pub struct Tables(Arc<dyn Any + Send + Sync>);

impl Tables {
    /// Tables of this kind.
    pub fn new<T: Any + Send + Sync>(tables: Arc<T>) -> Self {
        Self(tables)
    }

    /// The same again, unless they are of another kind.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.0.clone().downcast().ok()
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tables")
    }
}

/// The success of a run, for a driver to save within a transaction of the application.
#[derive(Clone, Debug)]
pub struct OwnResult {
    /// The tables that the task is in.
    pub tables: Tables,
    /// Whose claim it is.
    pub worker: WorkerId,
    /// What to save.
    pub result: Finish,
}
