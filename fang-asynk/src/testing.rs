//! The parts of this mode that `fang-testing` uses.

use crate::handle::Handle;
#[cfg(feature = "postgres")]
use crate::queue::AsyncQueue;
use crate::runtime::Tokio;
#[cfg(feature = "sqlx")]
use crate::session::SqlxTransaction;
#[cfg(feature = "postgres")]
use crate::session::{Address, Options, Pools, Theirs, TlsConnector};
use crate::workers::TokioWorkers;
use fang_core::kind::check_names;
use fang_core::store::Store;
use fang_core::{AsyncRunnable, QueueError};
use fang_engine::PoolConfig;
use fang_engine::parts::drain::{self, Drained, Rules};
#[cfg(feature = "postgres")]
use fang_postgres::Connections;
use std::sync::Arc;

#[cfg(feature = "sqlx")]
pub use sqlx::PgConnection as SqlxConnection;
#[cfg(feature = "postgres")]
pub use tokio_postgres::Transaction;

/// The store of a queue, over the connections of the queue.
///
/// # Errors
/// When the queue is not connected.
pub fn store(queue: &Handle) -> Result<Arc<dyn Store>, QueueError> {
    Ok(queue.verbs()?.store().clone())
}

/// Runs the tasks of a store that are due. They get `queue` as their queue.
///
/// # Errors
/// [`QueueError::NoRuntime`] outside of tokio, and [`QueueError::Store`] when the store fails.
pub async fn drain(
    store: Arc<dyn Store>,
    queue: Handle,
    config: PoolConfig,
    rules: Rules,
) -> Result<Drained, QueueError> {
    check_names::<dyn AsyncRunnable>()?;
    let runtime = Arc::new(Tokio::current()?);
    drain::drain(store, runtime, config, rules, |pool| Ok(TokioWorkers::start(pool, queue))).await
}

/// One connection to a database, without TLS.
///
/// # Errors
/// [`StoreError::Uri`](fang_core::StoreError::Uri) when the address is not valid.
#[cfg(feature = "postgres")]
pub fn connections(uri: &str) -> Result<impl Connections, QueueError> {
    connections_with(uri, tokio_postgres::NoTls)
}

/// One connection to a database.
///
/// # Errors
/// [`StoreError::Uri`](fang_core::StoreError::Uri) when the address is not valid.
#[cfg(feature = "postgres")]
pub fn connections_with(uri: &str, tls: impl TlsConnector) -> Result<impl Connections, QueueError> {
    let options = Options { max_pool_size: 1, listen: false, pgbouncer: false };
    Ok(Pools::new(Address::new(uri, tls, options)?)?)
}

/// Lists tasks within a transaction of the application.
///
/// # Errors
/// As `list_tasks` of the queue.
#[cfg(feature = "postgres")]
pub async fn list_in<Tls: TlsConnector>(
    queue: &AsyncQueue<Tls>,
    transaction: &Transaction<'_>,
    filter: &fang_core::store::Filter,
) -> Result<Vec<fang_core::Task>, QueueError> {
    Ok(queue.store()?.list_in(&mut Theirs(transaction), filter).await?)
}

/// Lists tasks within a transaction of sqlx.
///
/// # Errors
/// As `list_tasks` of the queue.
#[cfg(feature = "sqlx")]
pub async fn list_in_sqlx<Tls: TlsConnector>(
    queue: &AsyncQueue<Tls>,
    connection: &mut SqlxConnection,
    filter: &fang_core::store::Filter,
) -> Result<Vec<fang_core::Task>, QueueError> {
    Ok(queue.store()?.list_in(&mut SqlxTransaction(connection), filter).await?)
}
