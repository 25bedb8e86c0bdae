//! The settings of the program.

use anyhow::Context;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of the program, from the environment.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "the address of the database has a password")]
pub struct Config {
    /// `DATABASE_URL`, the address of the database. Required.
    pub database_url: String,
    /// `SHOP_ADDRESS`, where `serve` answers requests. Defaults to `127.0.0.1:3000`.
    pub address: String,
    /// `SHOP_READY_ADDRESS`, where `work` answers `/ready`. Defaults to `127.0.0.1:3001`.
    pub ready_address: String,
    /// `SHOP_MAILS`, the folder for mails. Defaults to `mails`.
    pub mails: PathBuf,
    /// `SHOP_WAREHOUSE_URL`, which is told of orders. Defaults to `http://127.0.0.1:4000/orders`.
    pub warehouse_url: String,
    /// `SHOP_REQUESTS_END_WITHIN_MS`, how many milliseconds `serve` gives requests to end after a signal. Defaults to
    /// 20,000.
    pub requests_end_within: Duration,
}

impl Config {
    /// Reads the settings from the environment.
    ///
    /// # Errors
    /// Fails if `DATABASE_URL` is not set, or if a time is no number.
    pub fn from_env() -> anyhow::Result<Self> {
        let database_url = env::var("DATABASE_URL");
        let database_url = database_url.context("set DATABASE_URL to the address of a Postgres database")?;
        Ok(Self {
            database_url,
            address: env_or("SHOP_ADDRESS", "127.0.0.1:3000"),
            ready_address: env_or("SHOP_READY_ADDRESS", "127.0.0.1:3001"),
            mails: env_or("SHOP_MAILS", "mails").into(),
            warehouse_url: env_or("SHOP_WAREHOUSE_URL", "http://127.0.0.1:4000/orders"),
            requests_end_within: Duration::from_millis(
                env_or("SHOP_REQUESTS_END_WITHIN_MS", "20000").parse()?,
            ),
        })
    }
}

fn env_or(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
