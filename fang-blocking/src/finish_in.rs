//! The success of a run, saved by the run itself.

use crate::runtime::block_on;
use crate::session::Theirs;
use diesel::PgConnection;
use fang_core::{Context, QueueError};
use fang_engine::state::run_of;

/// Saves the success of a run within a transaction of the application, so that the rows which the run writes there
/// and the end of its task are one: both are there once it commits, and neither if it does not. Should the process die
/// at any moment, the task either has not run, as far as the database is concerned, or is not run again.
///
/// For the effects in the database that holds the tasks; a mail that was sent is sent.
///
/// ```
/// use diesel::{Connection, RunQueryDsl, sql_query};
/// use fang_blocking::FinishIn;
/// use fang_core::{FangError, Queueable, Runnable, typetag};
/// # use serde::{Deserialize, Serialize};
/// # fn pool() -> fang_blocking::PgPool { unimplemented!() }
/// # #[derive(Serialize, Deserialize)] struct Pay { account: i64, cents: i64 }
/// #[typetag::serde]
/// impl Runnable for Pay {
///     fn run(&self, queue: &dyn Queueable) -> Result<(), FangError> {
///         pool().get()?.transaction(|connection| {
///             let pay = format!("UPDATE accounts SET cents = cents + {} WHERE id = {}", self.cents, self.account);
///             sql_query(pay).execute(connection)?;
///             queue.context().finish_in(connection)?;
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait FinishIn {
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
    fn finish_in(&self, connection: &mut PgConnection) -> Result<(), QueueError>;
}

impl FinishIn for Context {
    fn finish_in(&self, connection: &mut PgConnection) -> Result<(), QueueError> {
        let run = run_of(self)?;
        block_on(run.is_written());
        block_on(fang_postgres::finish_in(&mut Theirs::new(connection), &run.own_result()?))?;
        run.has_finished_itself();
        Ok(())
    }
}
