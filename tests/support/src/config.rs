//! The settings of a cluster.

use crate::{binaries, home::random};
use std::{net::TcpListener, path::Path};

/// Whether data of a cluster survives a crash of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Without `fsync`. A crash of the server process loses nothing, so tests
    /// use this.
    Fast,
    /// The default settings of Postgres, for benchmarks.
    Durable,
}

pub(crate) fn text(bin: &Path, socket: &Path, durability: Durability) -> String {
    let socket = socket.display().to_string().replace('\'', "''");
    let mut text = format!(
        "listen_addresses = '127.0.0.1'\n\
         unix_socket_directories = '{socket}'\n\
         max_connections = 300\n\
         shared_buffers = 256MB\n\
         log_statement = none\n\
         track_activity_query_size = 16kB\n\
         synchronous_commit = on\n"
    );
    if binaries::has_library(bin, "pg_stat_statements.so") {
        text.push_str("shared_preload_libraries = 'pg_stat_statements'\n");
    }
    if durability == Durability::Fast {
        // Compiling the plans of unsuitable defaults, which cost much and run once, took a third of the server's time.
        text.push_str("fsync = off\nfull_page_writes = off\njit = off\n");
    }
    text
}

/// Returns a free port below the range of client ports. In that range, a client
/// that retries while the server is down can get connected to itself, and then
/// the port is taken when the server starts again.
pub(crate) fn free_port() -> u16 {
    const FIRST: u32 = 15_000;
    const COUNT: u32 = 15_000;
    loop {
        let number = u32::from_str_radix(&random(), 16).unwrap_or(0);
        let port = u16::try_from(FIRST + number % COUNT).unwrap_or(0);
        if port != 0 && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
