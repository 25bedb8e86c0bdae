//! The store over the connections of a driver. Its verbs are in `verbs`.

use crate::database::Database;
use crate::schema::Schema;
use crate::session::{Connections, Session};
use crate::settings::Role;
use crate::sql::Statements;
use crate::verbs::notify::{due_later, due_now};
use crate::verbs::page;
use crate::watch::Watch;
use crate::within;
use fang_core::notify::{AtCommit, Outgoing};
use fang_core::store::{Filter, Inserted, List};
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
    /// [`StoreError::NotUnique`] the transaction can go on, without any task of the batch. Without a runtime for the
    /// watcher, the transaction notifies at its commit, however many do.
    ///
    /// # Errors
    /// [`StoreError::NotUnique`], or the error of a statement, after which the transaction has failed.
    pub async fn insert_in(
        self: &Arc<Self>,
        session: &mut impl Session,
        tasks: &[NewTask],
        watch: Option<Watch>,
    ) -> Result<Vec<Inserted>, StoreError> {
        let sql = &self.db.sql;
        let inserted = within::insert_in(session, sql, tasks).await?;
        let mut notices = due_later(tasks, &inserted);
        notices.extend(due_now(tasks));
        // Over a connection of the queue: if it failed within the transaction, that could only be rolled back.
        self.learn(Role::Calls, &notices).await;
        match (watch, self.outgoing.at_commit(&notices, self.epoch.elapsed())) {
            (Some(watch), AtCommit::Watch(topics)) => {
                self.watch(watch, within::this_transaction(session, sql).await?, topics);
            }
            (_, AtCommit::Notify(payloads)) => within::notify(session, sql, &payloads).await?,
            (None, AtCommit::Watch(_)) => {
                within::notify(session, sql, &self.outgoing.payloads_at_commit(&notices)).await?;
            }
        }
        Ok(inserted)
    }

    /// Lists tasks within the application's transaction, over a session of that transaction.
    ///
    /// # Errors
    /// The error of a statement, after which the transaction has failed.
    pub async fn list_in(
        &self,
        session: &mut impl Session,
        filter: &Filter,
    ) -> Result<Vec<Task>, StoreError> {
        let (mut list, mut reader) = (List::new(filter), page::Within(session));
        while let Some(request) = list.next_page() {
            list.add(page::page(&mut reader, &self.db.sql, &request).await?);
        }
        Ok(list.into_tasks())
    }
}

impl<C> std::fmt::Debug for PostgresStore<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}
