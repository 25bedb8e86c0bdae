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
#[derive(Debug, Default)]
pub(super) struct Opened(HashSet<u64>);

/// What is known of a connection's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is this one.
    As(Socket),
    /// It is one of several.
    AsOneOf(usize),
    /// Nothing: the system does not tell, or something stands between here and the server.
    Not,
}

impl Opened {
    pub(super) fn now() -> Self {
        Self(system::sockets().into_iter().map(|socket| socket.inode).collect())
    }
}

/// Looks for the socket of this connection among those that were opened since.
pub(super) fn find(connection: &mut PgConnection, since: &Opened) -> QueryResult<Known> {
    let client = sql::<(Nullable<Text>, Nullable<Integer>)>(CLIENT);
    let client: (Option<String>, Option<i32>) = diesel::select(client).get_result(connection)?;
    let inodes = match client {
        (Some(address), Some(port)) => address_of(&address, port).map(system::tcp_from).unwrap_or_default(),
        (_, _) => system::unix(),
    };
    let is_candidate = |socket: &Socket| inodes.contains(&socket.inode) && !since.0.contains(&socket.inode);
    let candidates: Vec<_> = system::sockets().into_iter().filter(is_candidate).collect();
    Ok(match candidates[..] {
        [] => Known::Not,
        [socket] => Known::As(socket),
        [..] => Known::AsOneOf(candidates.len()),
    })
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
