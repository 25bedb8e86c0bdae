//! Inserts within a transaction that was begun elsewhere, of this driver or of another.

use super::PostgresStore;
use super::batch::Batch;
use super::convert::holder;
use super::{run, store_error};
use fang_core::sql::Statements;
use fang_core::sql::columns::{Answers, InTable, due_now};
use fang_core::store::Inserted;
use fang_core::store::is_all_or_none;
use fang_core::{NewTask, StoreError};
use tokio_postgres::Transaction;

/// What an insert needs of a transaction.
pub(crate) trait Within: Send {
    /// Runs `insert.sql` or `insert_unique.sql`, as the batch needs.
    fn insert(
        &mut self,
        sql: &Statements,
        batch: &Batch<'_>,
    ) -> impl Future<Output = Result<Vec<InTable>, StoreError>> + Send;

    /// Runs `holders.sql`.
    fn holders(
        &mut self,
        sql: &Statements,
        batch: &Batch<'_>,
    ) -> impl Future<Output = Result<Vec<InTable>, StoreError>> + Send;

    /// Runs `notify.sql`.
    fn notify(
        &mut self,
        sql: &Statements,
        payload: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Runs statements without parameters.
    fn run(&mut self, sql: &'static str) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Inserts within the application's own transaction. That stands when a task is kept out that must not be;
/// nothing of the batch is in it then.
pub(crate) async fn insert_in(
    transaction: &mut impl Within,
    store: &PostgresStore,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    if !is_all_or_none(tasks) {
        return insert_batch(transaction, store, tasks).await;
    }
    transaction.run("SAVEPOINT fang_insert").await?;
    match insert_batch(transaction, store, tasks).await {
        Ok(inserted) => transaction.run("RELEASE SAVEPOINT fang_insert").await.map(|()| inserted),
        Err(error @ StoreError::NotUnique { .. }) => {
            transaction.run("ROLLBACK TO SAVEPOINT fang_insert; RELEASE SAVEPOINT fang_insert").await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Inserts within a transaction that ends if this fails.
pub(super) async fn insert_batch(
    transaction: &mut impl Within,
    store: &PostgresStore,
    tasks: &[NewTask],
) -> Result<Vec<Inserted>, StoreError> {
    let mut answers = Answers::new(tasks);
    while let Some(part) = answers.to_send() {
        try_insert(transaction, &store.statements, &part, &mut answers).await?;
    }
    for payload in store.announcer.payloads_at_commit(&due_now(tasks)) {
        transaction.notify(&store.statements, &payload).await?;
    }
    answers.finish()
}

async fn try_insert(
    transaction: &mut impl Within,
    sql: &Statements,
    tasks: &[NewTask],
    answers: &mut Answers<'_>,
) -> Result<(), StoreError> {
    let batch = Batch::new(tasks);
    let saved = transaction.insert(sql, &batch).await?;
    let holders = match saved.len() == tasks.len() {
        true => Vec::new(),
        false => transaction.holders(sql, &batch).await?,
    };
    answers.add(&saved, &holders);
    Ok(())
}

impl Within for &Transaction<'_> {
    async fn insert(&mut self, sql: &Statements, batch: &Batch<'_>) -> Result<Vec<InTable>, StoreError> {
        batch.saved(&run::query_in(self, batch.statement(sql), &batch.params()).await?)
    }

    async fn holders(&mut self, sql: &Statements, batch: &Batch<'_>) -> Result<Vec<InTable>, StoreError> {
        run::query_in(self, &sql.holders, &batch.holders_params()).await?.iter().map(holder).collect()
    }

    async fn notify(&mut self, sql: &Statements, payload: &str) -> Result<(), StoreError> {
        run::query_in(self, &sql.notify, &[&payload]).await.map(|_| ())
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.batch_execute(sql).await.map_err(|error| store_error(&error))
    }
}
