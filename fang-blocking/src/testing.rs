//! The parts of this mode that `fang-testing` uses.

use crate::handle::Handle;
#[cfg(feature = "postgres")]
use crate::queue::Queue;
use crate::runtime::Threads;
#[cfg(feature = "postgres")]
use crate::session::{Address, Links, Theirs};
use crate::workers::Crew;
use fang_core::kind::check_names;
use fang_core::store::Store;
use fang_core::{QueueError, Runnable};
use fang_engine::PoolConfig;
use fang_engine::parts::drain::{self, Drained, Rules};
#[cfg(feature = "postgres")]
use fang_postgres::Connections;
use std::sync::Arc;

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
/// [`QueueError::Store`] when the store fails or no thread can be started.
pub async fn drain(
    store: Arc<dyn Store>,
    queue: Handle,
    config: PoolConfig,
    rules: Rules,
) -> Result<Drained, QueueError> {
    check_names::<dyn Runnable>()?;
    drain::drain(store, Arc::new(Threads), config, rules, |pool| Crew::start(pool, queue, 0)).await
}

/// One connection to a database.
///
/// # Errors
/// [`StoreError::Uri`](fang_core::StoreError::Uri) when the address is not valid.
#[cfg(feature = "postgres")]
pub fn connections(uri: &str) -> Result<impl Connections, QueueError> {
    Ok(Links::new(Address::uri(uri, 1)?.options(false, false)))
}

/// Lists tasks within a transaction of the application.
///
/// # Errors
/// As `list_tasks` of the queue.
#[cfg(feature = "postgres")]
pub fn list_in(
    queue: &Queue,
    connection: &mut diesel::PgConnection,
    filter: &fang_core::store::Filter,
) -> Result<Vec<fang_core::Task>, QueueError> {
    let store = queue.store()?;
    Ok(crate::runtime::block_on(store.list_in(&mut Theirs::new(connection), filter))?)
}
