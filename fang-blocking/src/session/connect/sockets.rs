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
    /// The socket is unknown: the system does not list it, or a pooler or proxy is in between.
    Not,
}

impl Opened {
    pub(super) fn now() -> Self {
        Self(system::sockets().into_iter().map(|socket| socket.inode).collect())
    }
}

/// Finds the socket of this connection. `before` has the sockets that were open before it, if they are known.
pub(super) fn find(connection: &mut PgConnection, before: Option<&Opened>) -> QueryResult<Known> {
    let client = sql::<(Nullable<Text>, Nullable<Integer>)>(CLIENT);
    let client: (Option<String>, Option<i32>) = diesel::select(client).get_result(connection)?;
    Ok(match (client, before) {
        ((Some(address), Some(port)), _) => over_tcp(&address, port),
        (_, Some(before)) => over_unix(before),
        (_, None) => Known::Not,
    })
}

/// Finds the socket whose local address is the client address that the server sees.
fn over_tcp(address: &str, port: i32) -> Known {
    let inodes = address_of(address, port).map(system::tcp_from).unwrap_or_default();
    let is_there = |socket: &Socket| inodes.contains(&socket.inode);
    system::sockets().into_iter().find(is_there).map_or(Known::Not, Known::As)
}

/// Finds the only new socket. If it is not a Unix socket, a pooler is in between, and the pooler uses the Unix
/// socket.
fn over_unix(before: &Opened) -> Known {
    let is_new = |socket: &Socket| !before.0.contains(&socket.inode);
    let new: Vec<_> = system::sockets().into_iter().filter(is_new).collect();
    match new[..] {
        [] => Known::Not,
        [socket] if system::unix().contains(&socket.inode) => Known::As(socket),
        [_] => Known::Not,
        [..] => Known::AsOneOfSeveral,
    }
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

    /// The inodes of the Unix sockets without a name. Clients have none.
    pub(super) fn unix() -> HashSet<u64> {
        let clients = net::unix().into_iter().flatten().filter(|entry| entry.path.is_none());
        clients.map(|entry| entry.inode).collect()
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

    pub(super) fn unix() -> HashSet<u64> {
        HashSet::new()
    }
}
