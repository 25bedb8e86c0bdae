//! The success of a run, saved by the run itself.

use crate::session::Theirs;
use fang_core::{Context, QueueError};
use fang_engine::state::run_of;
use tokio_postgres::Transaction;

/// Saves the success of a run within a transaction of the application, so that the rows which the run writes there
/// and the end of its task are one: both are there once it commits, and neither if it does not. Should the process die
/// at any moment, the task either has not run, as far as the database is concerned, or is not run again.
///
/// For the effects in the database that holds the tasks; a mail that was sent is sent.
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
    /// Saves the success of this run, as the pool would: what stays is what its retention says. The last statement
    /// before the commit, and once in a run: it locks the row of the task, and whoever wants to cancel the task waits
    /// for that.
    ///
    /// What the run returns after the commit changes nothing any more. If the transaction is rolled back, what it
    /// returns counts as always.
    ///
    /// # Errors
    /// [`QueueError::ClaimLost`] when the task may run elsewhere: roll back, or let the error do so.
    /// [`QueueError::NoTables`] outside of a run, or when the queue is not in Postgres. [`QueueError::Store`] when
    /// the statement fails, and the transaction with it.
    fn finish_in(&self, transaction: &Transaction<'_>)
    -> impl Future<Output = Result<(), QueueError>> + Send;
}

impl AsyncFinishIn for Context {
    async fn finish_in(&self, transaction: &Transaction<'_>) -> Result<(), QueueError> {
        let run = run_of(self)?;
        run.is_written().await;
        fang_postgres::finish_in(&mut Theirs(transaction), &run.own_result()?).await?;
        run.has_finished_itself();
        Ok(())
    }
}
