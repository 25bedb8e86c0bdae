//! A server of the command: it answers until a signal.

use crate::answer::Answer;
use crate::failure::Failure;
use axum::Router;
use serde_json::json;
use std::net::SocketAddr;
use std::pin::Pin;
use tokio::net::TcpListener;

/// A server that listens, and would notice a signal.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    ended: Pin<Box<dyn Future<Output = ()>>>,
}

impl Server {
    /// Listens on this address.
    pub(crate) async fn listen(address: SocketAddr) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(format!("cannot listen on {address}: {error}; name another address with --listen"))
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, ended: Box::pin(ended()?) })
    }

    /// The address of this path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves until SIGTERM or Ctrl-C. Nothing is lost with the requests that are open.
    pub(crate) async fn serve(self, routes: Router) -> Result<Answer, Failure> {
        tokio::select! {
            outcome = axum::serve(self.listener, routes) => {
                outcome.map_err(|error| Failure::new(format!("cannot serve: {error}")))?;
            }
            () = self.ended => {}
        }
        Answer::new(json!({ "is_stopped": true }), "stopped")
    }
}

/// Waits for a signal to end. The first process of a container would ignore one that it does not wait for.
#[cfg(unix)]
fn ended() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let wait_for = |kind| signal(kind).map_err(|error| Failure::new(format!("no signals: {error}")));
    let (mut terminate, mut interrupt) =
        (wait_for(SignalKind::terminate())?, wait_for(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn ended() -> Result<impl Future<Output = ()>, Failure> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
