//! `finish_in`: a run that saves its own success in a transaction of the application.

use crate::session::Theirs;
use fang_core::{Context, QueueError};
use fang_engine::state::run_of;
use tokio_postgres::Transaction;

/// Saves the success of a task in the same transaction as the rows that its run writes, so that its effects on the
/// database happen exactly once. Both are saved when the transaction commits, and neither if it does not. If the
/// process dies before the commit, the task runs again, and none of its rows are in the database. If the process dies
/// after the commit, the task does not run again.
///
/// This holds only for rows in the database that has the tables of fang. Other effects, such as a mail that the run
/// sends, happen twice if the task runs twice. [`Context`] implements this trait.
///
/// ```
/// use fang_asynk::AsyncFinishIn;
/// use fang_core::{AsyncQueueable, AsyncRunnable, FangError, async_trait, typetag};
/// # use serde::{Deserialize, Serialize};
/// # fn pool() -> deadpool_postgres::Pool { unimplemented!() }
/// # #[derive(Serialize, Deserialize)] struct Pay { account: i64, cents: i64 }
/// #[async_trait]
/// #[typetag::serde]
/// impl AsyncRunnable for Pay {
///     async fn run(&self, queue: &mut dyn AsyncQueueable) -> Result<(), FangError> {
///         let mut client = pool().get().await?;
///         let transaction = client.transaction().await?;
///         let pay = "UPDATE accounts SET cents = cents + $1 WHERE id = $2";
///         transaction.execute(pay, &[&self.cents, &self.account]).await?;
///         queue.context().finish_in(&transaction).await?;
///         transaction.commit().await?;
///         Ok(())
///     }
/// }
/// ```
pub trait AsyncFinishIn {
    /// Saves the success of this run in the transaction: the row of the task is removed, or kept as finished if the
    /// pool has `RetentionMode::KeepAll` or the task has `keep`. Call it once in a run, as the last statement before
    /// the commit. It locks the row of the task, so a call that cancels the task waits until the transaction ends.
    ///
    /// After the commit, the result of `run` has no effect, even an error. If the transaction is rolled back, the
    /// result of `run` is saved as usual.
    ///
    /// # Errors
    /// [`QueueError::ClaimLost`] when this run has lost its claim and the task may run elsewhere: roll the
    /// transaction back. [`QueueError::NoTables`] outside of a run, or when the queue is not in Postgres.
    /// [`QueueError::Store`] when the statement fails: the transaction has then failed too.
    fn finish_in(&self, transaction: &Transaction<'_>)
    -> impl Future<Output = Result<(), QueueError>> + Send;
}

impl AsyncFinishIn for Context {
    async fn finish_in(&self, transaction: &Transaction<'_>) -> Result<(), QueueError> {
        let run = run_of(self)?;
        run.is_written().await;
        let saved = fang_postgres::finish_in(&mut Theirs(transaction), &run.own_result()?).await;
        saved.inspect(|()| run.has_finished_itself())
    }
}
