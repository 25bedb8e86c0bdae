//! Describes the machine and the server on which the figures were measured.

use crate::Error;
use serde_json::{Value, json};
use std::fs;
use std::thread::available_parallelism;
use tokio_postgres::Client;

/// The server settings that affect the figures.
const SETTINGS: [&str; 8] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "autovacuum",
    "max_connections",
];

/// The machine, the server and its settings.
#[derive(Debug)]
pub struct Machine {
    cores: usize,
    processor: String,
    memory_gb: f64,
    kernel: String,
    settings: Vec<(&'static str, String)>,
}

impl Machine {
    /// Reads the description.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn read(client: &Client) -> Result<Self, Error> {
        let mut settings = Vec::new();
        for name in SETTINGS {
            let row = client.query_one("SELECT current_setting($1)", &[&name]).await?;
            settings.push((name, row.get(0)));
        }
        let kilobytes =
            field("/proc/meminfo", "MemTotal").and_then(|text| first_number(&text)).unwrap_or(0.0);
        Ok(Self {
            cores: available_parallelism().map_or(0, usize::from),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            memory_gb: kilobytes / 1024.0 / 1024.0,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            settings,
        })
    }

    /// The description as a paragraph of Markdown.
    pub fn markdown(&self) -> String {
        let settings: Vec<String> =
            self.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!(
            "{} cores ({}) shared by Postgres and the programs, {:.0} GB, Linux {}. Postgres: {}.\n",
            self.cores,
            self.processor,
            self.memory_gb,
            self.kernel,
            settings.join(", ")
        )
    }

    /// The description as JSON.
    pub fn json(&self) -> Value {
        let settings: serde_json::Map<String, Value> =
            self.settings.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({
            "cores": self.cores, "processor": self.processor, "memory_gb": self.memory_gb,
            "kernel": self.kernel, "postgres": settings,
        })
    }
}

/// Returns the text after the colon in the first line that begins with `name`.
pub(crate) fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

pub(crate) fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}
