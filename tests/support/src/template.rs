//! A database that is prepared once, and copied for each test.

use crate::{SupportError, TestDatabase};
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;

/// A database that is prepared once, and copied for each test of a process: a copy takes a fifth of the time of the
/// migrations. It is dropped with its last copy, and made anew for the next one.
///
/// ```
/// # async fn example() -> Result<(), fang_test_support::SupportError> {
/// use fang_test_support::Template;
///
/// static SHOP: Template = Template::new();
/// let create = "CREATE TABLE orders (id bigint)";
/// let database = SHOP.copy(async |original| Ok(original.client().await?.batch_execute(create).await?)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Template(Mutex<Weak<TestDatabase>>);

impl Template {
    /// A template of which nothing exists yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::const_new(Weak::new()))
    }

    /// Creates a copy. `prepare` is called with a new, empty database unless there are other copies. Settings of the
    /// database are copied as well, for which the account must be a superuser.
    ///
    /// # Errors
    ///
    /// When there is no server, it refuses to create a database, or `prepare` fails.
    pub async fn copy(
        &self,
        prepare: impl AsyncFnOnce(&TestDatabase) -> Result<(), SupportError>,
    ) -> Result<TestDatabase, SupportError> {
        let original = self.original(prepare).await?;
        let mut copy = original.copy().await?;
        copy.original = Some(original);
        Ok(copy)
    }

    async fn original(
        &self,
        prepare: impl AsyncFnOnce(&TestDatabase) -> Result<(), SupportError>,
    ) -> Result<Arc<TestDatabase>, SupportError> {
        let mut known = self.0.lock().await;
        if let Some(original) = known.upgrade() {
            return Ok(original);
        }
        let original = Arc::new(TestDatabase::create().await?);
        prepare(&original).await?;
        original.close().await?;
        *known = Arc::downgrade(&original);
        Ok(original)
    }
}
