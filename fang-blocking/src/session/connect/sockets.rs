//! Finds the socket of a connection. libpq gives it only to `unsafe` code. A wait needs only its number, which the
//! system lists.

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use fang_core::store::Socket;
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

/// The client address that the server sees. Null over a Unix socket.
const CLIENT: &str = "host(inet_client_addr()), inet_client_port()";

/// The inodes of the sockets that were open at one moment.
#[derive(Debug)]
pub(super) struct Opened(HashSet<u64>);

/// The knowledge about the socket of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The socket is known.
    As(Socket),
    /// The socket is one of several that were opened at the same time.
    AsOneOfSeveral,
    /// The socket is unknown: the system does not list it, or a proxy is in between and other sockets were opened at
    /// the same time.
    Not,
}

impl Opened {
    pub(super) fn now() -> Self {
        Self(system::sockets().into_iter().map(|socket| socket.inode).collect())
    }

    /// The sockets that were opened since then and still are open.
    fn since(&self) -> Vec<Socket> {
        system::sockets().into_iter().filter(|socket| !self.0.contains(&socket.inode)).collect()
    }
}

/// Finds the socket of this connection. `before` has the sockets that were open before it, if they are known.
pub(super) fn find(connection: &mut PgConnection, before: Option<&Opened>) -> QueryResult<Known> {
    let new = before.map(Opened::since).unwrap_or_default();
    if let [socket] = new[..] {
        return Ok(Known::As(socket));
    }
    let client = sql::<(Nullable<Text>, Nullable<Integer>)>(CLIENT);
    let client: (Option<String>, Option<i32>) = diesel::select(client).get_result(connection)?;
    Ok(match client {
        (Some(address), Some(port)) => over_tcp(&address, port),
        _ if new.is_empty() => Known::Not,
        _ => Known::AsOneOfSeveral,
    })
}

/// Finds the socket whose local address is the client address that the server sees. The system lists the sockets of all
/// processes, also those that were closed a minute ago, which takes 0.1 s if there are 30,000.
fn over_tcp(address: &str, port: i32) -> Known {
    let inodes = address_of(address, port).map(system::tcp_from).unwrap_or_default();
    let is_there = |socket: &Socket| inodes.contains(&socket.inode);
    system::sockets().into_iter().find(is_there).map_or(Known::Not, Known::As)
}

fn address_of(address: &str, port: i32) -> Option<SocketAddr> {
    let address: IpAddr = address.parse().ok()?;
    Some(SocketAddr::new(address.to_canonical(), u16::try_from(port).ok()?))
}

/// Reads `/proc`. Entries that cannot be read, as in a sandbox, are left out.
#[cfg(target_os = "linux")]
mod system {
    use fang_core::store::Socket;
    use procfs::net;
    use procfs::process::{FDInfo, FDTarget, Process};
    use std::collections::HashSet;
    use std::net::SocketAddr;

    /// The sockets of this process.
    pub(super) fn sockets() -> Vec<Socket> {
        let opened = Process::myself().and_then(|this| this.fd());
        opened.into_iter().flatten().flatten().filter_map(|info| socket(&info)).collect()
    }

    fn socket(info: &FDInfo) -> Option<Socket> {
        match info.target {
            FDTarget::Socket(inode) => Some(Socket { descriptor: info.fd, inode }),
            _ => None,
        }
    }

    /// The inodes of the TCP sockets with this local address.
    pub(super) fn tcp_from(client: SocketAddr) -> HashSet<u64> {
        let entries = [net::tcp(), net::tcp6()].into_iter().flatten().flatten();
        entries.filter(|entry| canonical(entry.local_address) == client).map(|entry| entry.inode).collect()
    }

    /// An IPv4 address, where an IPv6 socket shows a mapped one.
    fn canonical(address: SocketAddr) -> SocketAddr {
        SocketAddr::new(address.ip().to_canonical(), address.port())
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use fang_core::store::Socket;
    use std::collections::HashSet;
    use std::net::SocketAddr;

    pub(super) fn sockets() -> Vec<Socket> {
        Vec::new()
    }

    pub(super) fn tcp_from(_: SocketAddr) -> HashSet<u64> {
        HashSet::new()
    }
}
