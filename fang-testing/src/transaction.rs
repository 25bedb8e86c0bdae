use crate::mode::BoxFuture;
use crate::queue::Inspect;
#[cfg(feature = "sqlx")]
use fang_asynk::testing::SqlxConnection;
#[cfg(feature = "asynk")]
use fang_asynk::{AsyncQueue, TlsConnector, testing::Transaction};
use fang_core::store::Filter;
use fang_core::{QueueError, Task};
use std::fmt;
#[cfg(feature = "blocking")]
use std::sync::{Mutex, PoisonError};

/// A transaction of the test, as a place to look for tasks.
///
/// The application inserts by `insert_tasks_in` within a transaction of the test. The test rolls back, so nothing has
/// to be removed afterwards. Nothing outside of the transaction sees these tasks, so no pool runs them. A
/// [`drain`](crate::drain) does not take a transaction: it needs a [`TestSchema`](crate::TestSchema). This does not
/// compile:
///
#[cfg_attr(all(feature = "asynk", feature = "postgres"), doc = "```compile_fail,E0277")]
#[cfg_attr(not(all(feature = "asynk", feature = "postgres")), doc = "```text")]
/// # async fn example(queue: &fang_asynk::AsyncQueue, transaction: &tokio_postgres::Transaction<'_>) {
/// fang_testing::drain(&fang_testing::transaction(queue, transaction)).await;
/// # }
/// ```
pub struct InTransaction<'t, Q, T> {
    queue: &'t Q,
    transaction: T,
}

/// Returns a transaction of the test as a place to look for tasks, for the async mode.
///
/// ```no_run
/// # use fang_core::NewTask;
/// use fang_testing::{assert_inserted, transaction};
/// # async fn example(
/// #     queue: fang_asynk::AsyncQueue, client: &mut tokio_postgres::Client, task: NewTask,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let sign_up = client.transaction().await?;
/// queue.insert_tasks_in(&sign_up, vec![task]).await?;
/// assert_inserted!(transaction(&queue, &sign_up), "welcome", { "user": 7 }).await;
/// sign_up.rollback().await?;
/// # Ok(()) }
/// ```
#[cfg(feature = "asynk")]
pub fn transaction<'t, 'c, Tls: TlsConnector>(
    queue: &'t AsyncQueue<Tls>,
    transaction: &'t Transaction<'c>,
) -> InTransaction<'t, AsyncQueue<Tls>, &'t Transaction<'c>> {
    InTransaction { queue, transaction }
}

#[cfg(feature = "asynk")]
impl<Tls: TlsConnector> Inspect<crate::mode::Asynk> for InTransaction<'_, AsyncQueue<Tls>, &Transaction<'_>> {
    fn page<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Task>, QueueError>> {
        Box::pin(fang_asynk::testing::list_in(self.queue, self.transaction, filter))
    }
}

/// Returns a transaction of sqlx as a place to look for tasks, for the async mode. Needs the feature `sqlx`.
///
/// ```no_run
/// # use fang_core::NewTask;
/// use fang_testing::{assert_inserted, transaction_sqlx};
/// # async fn example(
/// #     queue: fang_asynk::AsyncQueue, pool: sqlx::PgPool, task: NewTask,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let mut sign_up = pool.begin().await?;
/// queue.insert_tasks_in_sqlx(&mut sign_up, vec![task]).await?;
/// assert_inserted!(transaction_sqlx(&queue, &mut sign_up), "welcome", { "user": 7 }).await;
/// sign_up.rollback().await?;
/// # Ok(()) }
/// ```
#[cfg(feature = "sqlx")]
pub fn transaction_sqlx<'t, Tls: TlsConnector>(
    queue: &'t AsyncQueue<Tls>,
    connection: &'t mut SqlxConnection,
) -> InTransaction<'t, AsyncQueue<Tls>, tokio::sync::Mutex<&'t mut SqlxConnection>> {
    InTransaction { queue, transaction: tokio::sync::Mutex::new(connection) }
}

#[cfg(feature = "sqlx")]
impl<Tls: TlsConnector> Inspect<crate::mode::Asynk>
    for InTransaction<'_, AsyncQueue<Tls>, tokio::sync::Mutex<&mut SqlxConnection>>
{
    fn page<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Task>, QueueError>> {
        Box::pin(async move {
            let mut connection = self.transaction.lock().await;
            fang_asynk::testing::list_in_sqlx(self.queue, &mut connection, filter).await
        })
    }
}

/// Returns a transaction of the test as a place to look for tasks, for the blocking mode.
///
/// ```no_run
/// # use fang_core::{FangError, NewTask};
/// use diesel::Connection;
/// use fang_testing::{assert_inserted, transaction_blocking};
/// # fn example(queue: fang_blocking::Queue, connection: &mut diesel::PgConnection, task: NewTask) {
/// connection.test_transaction(|connection| {
///     queue.insert_tasks_in(connection, vec![task])?;
///     assert_inserted!(transaction_blocking(&queue, connection), "resize", { "picture": 7 });
///     Ok::<_, FangError>(())
/// });
/// # }
/// ```
#[cfg(feature = "blocking")]
pub fn transaction_blocking<'t>(
    queue: &'t fang_blocking::Queue,
    connection: &'t mut fang_blocking::PgConnection,
) -> InTransaction<'t, fang_blocking::Queue, Mutex<&'t mut fang_blocking::PgConnection>> {
    InTransaction { queue, transaction: Mutex::new(connection) }
}

#[cfg(feature = "blocking")]
impl Inspect<crate::mode::Blocking>
    for InTransaction<'_, fang_blocking::Queue, Mutex<&mut fang_blocking::PgConnection>>
{
    fn page<'a>(&'a self, filter: &'a Filter) -> BoxFuture<'a, Result<Vec<Task>, QueueError>> {
        Box::pin(async move {
            let mut connection = self.transaction.lock().unwrap_or_else(PoisonError::into_inner);
            fang_blocking::testing::list_in(self.queue, &mut connection, filter)
        })
    }
}

impl<Q, T> fmt::Debug for InTransaction<'_, Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InTransaction")
    }
}
