//! Cancels the looks of callers who went away.

use super::client::DEADLINE;
use super::connect::{CONNECT_TIMEOUT, TlsConnector};
use deadpool_postgres::ClientWrapper;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_postgres::{CancelToken, Error};

type Cancel = dyn Fn(CancelToken) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// So many looks of a queue may be given up at once. Further ones keep their connections, as a caller who waits does.
const AT_ONCE: usize = 4;

/// Asks the server to cancel what a connection runs, over another one that is encrypted in the same way.
#[derive(Clone)]
pub(super) struct Canceller {
    cancel: Arc<Cancel>,
    permits: Arc<Semaphore>,
}

/// Allows to give one look up.
pub(super) struct Permit {
    cancel: Arc<Cancel>,
    permit: OwnedSemaphorePermit,
}

impl Canceller {
    /// A pooler gives the connection of the server to others, whose statement a cancel may meet: it is never asked.
    pub(super) fn new<Tls: TlsConnector>(tls: Tls, is_pooled: bool) -> Self {
        let cancel = move |token: CancelToken| -> BoxFuture<'static, Result<(), Error>> {
            let tls = tls.clone();
            Box::pin(async move { token.cancel_query(tls).await })
        };
        let permits = Semaphore::new(if is_pooled { 0 } else { AT_ONCE });
        Self { cancel: Arc::new(cancel), permits: Arc::new(permits) }
    }

    pub(super) fn permit(&self) -> Option<Permit> {
        let permit = self.permits.clone().try_acquire_owned().ok()?;
        Some(Permit { cancel: self.cancel.clone(), permit })
    }
}

impl Permit {
    /// Asks, and closes the connection once its statement has ended. A server that is not asked works on until the time limit of
    /// the statement.
    pub(super) fn give_up(self, client: ClientWrapper) {
        let asked = (self.cancel)(client.cancel_token());
        // Outside of a runtime, the time limit has to do.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Ok(Err(error)) = timeout(CONNECT_TIMEOUT, asked).await {
                log::debug!("a look could not be cancelled; it ends by its time limit: {error}");
            }
            // Answered after the look, whatever became of it.
            let _ = timeout(DEADLINE, client.simple_query("")).await;
            drop(self.permit);
        });
    }
}
