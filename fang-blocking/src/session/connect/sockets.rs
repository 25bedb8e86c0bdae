//! Which of the process's sockets belongs to a connection. libpq gives it away only to `unsafe` code, but what one
//! needs to wait on it is its number, and that the system tells.

use diesel::QueryResult;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Text};
use fang_core::store::Socket;
use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

/// Where the server sees the connection come from; without a port when over a Unix socket.
const CLIENT: &str = "host(inet_client_addr()), inet_client_port()";

/// The inodes of the sockets that were open at a moment.
#[derive(Debug)]
pub(super) struct Opened(HashSet<u64>);

/// What is known of a connection's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is this one.
    As(Socket),
    /// It is one of several that were opened at the same time.
    AsOneOfSeveral,
    /// Nothing: the system does not tell, or something stands between here and the server.
    Not,
}

impl Opened {
    pub(super) fn now() -> Self {
        Self(system::sockets().into_iter().map(|socket| socket.inode).collect())
    }
}

/// Looks for the socket of this connection, which is not one of `before`, if it is known what was there.
pub(super) fn find(connection: &mut PgConnection, before: Option<&Opened>) -> QueryResult<Known> {
    let client = sql::<(Nullable<Text>, Nullable<Integer>)>(CLIENT);
    let client: (Option<String>, Option<i32>) = diesel::select(client).get_result(connection)?;
    Ok(match (client, before) {
        ((Some(address), Some(port)), _) => over_tcp(&address, port),
        (_, Some(before)) => over_unix(before),
        (_, None) => Known::Not,
    })
}

/// The one at the address from which the server sees it come.
fn over_tcp(address: &str, port: i32) -> Known {
    let inodes = address_of(address, port).map(system::tcp_from).unwrap_or_default();
    let is_there = |socket: &Socket| inodes.contains(&socket.inode);
    system::sockets().into_iter().find(is_there).map_or(Known::Not, Known::As)
}

/// The only one that is new. Behind a pooler, which may be the one that reaches the server so, it is of another kind.
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

/// What Linux tells of a process to itself. Whatever it does not tell, in a sandbox, say, is not there.
#[cfg(target_os = "linux")]
mod system {
    use fang_core::store::Socket;
    use procfs::net;
    use procfs::process::{FDInfo, FDTarget, Process};
    use std::collections::HashSet;
    use std::net::SocketAddr;

    /// Those of this process.
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

    /// The inodes of those whose own end is this.
    pub(super) fn tcp_from(client: SocketAddr) -> HashSet<u64> {
        let entries = [net::tcp(), net::tcp6()].into_iter().flatten().flatten();
        entries.filter(|entry| canonical(entry.local_address) == client).map(|entry| entry.inode).collect()
    }

    /// A client of IPv4 over a socket of IPv6 is one of IPv4.
    fn canonical(address: SocketAddr) -> SocketAddr {
        SocketAddr::new(address.ip().to_canonical(), address.port())
    }

    /// The inodes of those that are not of the network and have no name, as clients have none.
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
