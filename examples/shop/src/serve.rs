//! The process that answers requests.

use crate::config::Config;
use crate::routes;
use crate::shop::Shop;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Answers requests until SIGTERM or SIGINT. It then lets those that it has begun end, for up to 20 s unless the
/// configuration says otherwise. A client that never ends its request must not keep the process alive.
///
/// # Errors
/// Fails if the address is taken.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let router = routes::router(Shop::new(config)?);
    let listener = TcpListener::bind(&config.address).await?;
    println!("the shop is at http://{}", listener.local_addr()?);
    let (tell, told) = oneshot::channel();
    let signalled = async move {
        either(terminate, interrupt).await;
        // The deadline is gone only if the server is.
        let _ = tell.send(());
    };
    let deadline = async move {
        if told.await.is_ok() {
            tokio::time::sleep(config.requests_end_within).await;
            log::warn!("some requests did not end in time, and are cut off");
        }
    };
    tokio::select! {
        ended = axum::serve(listener, router).with_graceful_shutdown(signalled).into_future() => ended?,
        () = deadline => {}
    }
    Ok(())
}

async fn either(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
