//! A queue over any store.

use crate::backend::{queueable, wait};
use fang_core::QueueError;
use fang_core::context::Context;
use fang_core::store::Store;
use fang_engine::handle;
use fang_engine::insert_rules::InsertRules;
use std::sync::Arc;

/// A queue over any store: how the authors of stores make theirs usable. Cheap to clone.
///
/// ```
/// use fang_blocking::Handle;
/// use fang_core::memory::MemoryStore;
/// use std::sync::Arc;
/// let queue = Handle::new(Arc::new(MemoryStore::new(chrono::Utc::now)));
/// ```
#[derive(Clone, Debug)]
pub struct Handle(handle::Handle);

impl Handle {
    /// A queue that saves to `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self(handle::Handle::new(store))
    }

    /// The same queue, with other rules for what it takes.
    #[must_use]
    pub fn rules(self, rules: InsertRules) -> Self {
        Self(self.0.rules(rules))
    }

    /// The same queue, bound to one run.
    pub(crate) fn bound_to(&self, context: Context) -> Self {
        Self(self.0.bound_to(context))
    }

    #[expect(clippy::unnecessary_wraps, reason = "other queues may fail to connect")]
    pub(crate) fn verbs(&self) -> Result<handle::Handle, QueueError> {
        Ok(self.0.clone())
    }

    fn own_context(&self) -> &Context {
        self.0.context()
    }
}

queueable!([] Handle);
