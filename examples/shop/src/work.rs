//! The process that runs tasks.

use crate::config::Config;
use crate::shop::Shop;
use crate::tasks::nightly_report;
use crate::{pools, ready};
use fang::{AsyncQueueable, Pools};
use tokio::net::TcpListener;

/// Runs tasks until SIGTERM or SIGINT. It then lets running tasks end, for up to 23 s, and gives the others back.
///
/// # Errors
/// Fails if the database cannot be reached, if its tables are missing, or if the address is taken.
pub async fn work(config: &Config) -> anyhow::Result<()> {
    let shop = Shop::new(config)?;
    // In every process: to schedule a cron again changes nothing, unless its pattern is another.
    shop.queue.schedule(nightly_report()).await?;

    let (light, heavy) = (pools::light(&shop), pools::heavy(config));
    let listener = TcpListener::bind(&config.ready_address).await?;
    println!("the workers are at http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, ready::router(vec![light.monitor(), heavy.monitor()])).into_future());

    Pools::new().with(light).with(heavy).run_until_signal().await?;
    Ok(())
}
