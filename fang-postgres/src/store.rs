//! The store over the connections of a driver. Its verbs are in `verbs`.

use crate::database::Database;
use crate::schema::Schema;
use crate::session::{Connections, Session};
use crate::sql::Statements;
use crate::within;
use fang_core::notify::Outgoing;
use fang_core::store::{Filter, Inserted};
use fang_core::{NewTask, StoreError, Task};
use std::sync::Arc;
use std::time::Instant;

/// The store over one database.
pub struct PostgresStore<C> {
    pub(crate) db: Arc<Database<C>>,
    pub(crate) schema: Schema,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) epoch: Instant,
}

impl<C: Connections> PostgresStore<C> {
    /// The store whose tables are in this schema. With `notifies` its inserts notify other processes.
    pub fn new(connections: C, schema: Schema, notifies: bool) -> Self {
        let statements = Arc::new(Statements::new(&schema));
        Self {
            db: Arc::new(Database::new(connections, statements, schema.clone())),
            schema,
            outgoing: Arc::new(Outgoing::new(notifies)),
            epoch: Instant::now(),
        }
    }

    /// The same store, with separate connections for the parts of a worker pool.
    ///
    /// # Errors
    /// As [`Connections::of_a_pool`].
    pub fn of_a_pool(&self) -> Result<Self, StoreError> {
        Ok(Self {
            db: Arc::new(self.db.of_a_pool()?),
            schema: self.schema.clone(),
            outgoing: self.outgoing.clone(),
            epoch: self.epoch,
        })
    }

    /// Inserts a batch within the application's transaction, over a session of that transaction. After
    /// [`StoreError::NotUnique`] the transaction can go on, without any task of the batch.
    ///
    /// # Errors
    /// [`StoreError::NotUnique`], or the error of a statement, after which the transaction has failed.
    pub async fn insert_in(
        &self,
        session: &mut impl Session,
        tasks: &[NewTask],
    ) -> Result<Vec<Inserted>, StoreError> {
        within::insert_in(session, &self.db.sql, &self.outgoing, tasks).await
    }

    /// Lists tasks within the application's transaction, over a session of that transaction.
    ///
    /// # Errors
    /// The error of the statement, after which the transaction has failed.
    pub async fn list_in(
        &self,
        session: &mut impl Session,
        filter: &Filter,
    ) -> Result<Vec<Task>, StoreError> {
        within::list_in(session, &self.db.sql, filter).await
    }
}

impl<C> std::fmt::Debug for PostgresStore<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}
