//! The program: `migrate`, `serve` or `work`.

use anyhow::bail;
use shop::config::Config;
use shop::shop::Shop;
use shop::{serve, work};

const USAGE: &str = "\
usage: fang-example-shop COMMAND
    migrate    creates the tables that are missing, and upgrades those of fang
    serve      answers requests, until SIGTERM or Ctrl-C
    work       runs tasks, until SIGTERM or Ctrl-C";

/// What is logged if `RUST_LOG` is not set.
const LOG: &str = "info,tokio_postgres=warn";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(LOG)).init();
    let command = std::env::args().nth(1).unwrap_or_default();
    let config = Config::from_env()?;
    match command.as_str() {
        "migrate" => Shop::new(&config)?.migrate().await,
        "serve" => serve::serve(&config).await,
        "work" => work::work(&config).await,
        _ => bail!(USAGE),
    }
}
