//! Cancels the looks of callers who went away.

use super::connect::{CONNECT_TIMEOUT, TlsConnector};
use deadpool_postgres::ClientWrapper;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio_postgres::{CancelToken, Error};

type Cancel = dyn Fn(CancelToken) -> BoxFuture<'static, Result<(), Error>> + Send + Sync;

/// Asks the server to cancel what a connection runs, over another one that is encrypted in the same way.
#[derive(Clone)]
pub(super) struct Canceller(Arc<Cancel>);

impl Canceller {
    pub(super) fn new<Tls: TlsConnector>(tls: Tls) -> Self {
        let cancel = move |token: CancelToken| -> BoxFuture<'static, Result<(), Error>> {
            let tls = tls.clone();
            Box::pin(async move { token.cancel_query(tls).await })
        };
        Self(Arc::new(cancel))
    }

    /// Asks, and closes the connection. A server that is not asked works on until the time limit of the statement.
    pub(super) fn give_up(&self, client: ClientWrapper) {
        let asked = (self.0)(client.cancel_token());
        drop(client);
        // Outside of a runtime, the time limit has to do.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Ok(Err(error)) = tokio::time::timeout(CONNECT_TIMEOUT, asked).await {
                log::debug!("a look could not be cancelled; it ends by its time limit: {error}");
            }
        });
    }
}
