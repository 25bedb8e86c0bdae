//! The process that answers requests.

use crate::config::Config;
use crate::routes;
use crate::shop::Shop;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Answers requests until SIGTERM or SIGINT. It lets those that it has begun end.
///
/// # Errors
/// Fails if the address is taken.
pub async fn serve(config: &Config) -> anyhow::Result<()> {
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let router = routes::router(Shop::new(config)?);
    let listener = TcpListener::bind(&config.address).await?;
    println!("the shop is at http://{}", listener.local_addr()?);
    axum::serve(listener, router).with_graceful_shutdown(either(terminate, interrupt)).await?;
    Ok(())
}

async fn either(mut terminate: Signal, mut interrupt: Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
