//! The connections that the kernel knows. A black hole hides their ends from the proxy.

use crate::Failure;

/// The state of an established connection, in the table of the kernel.
const ESTABLISHED: &str = "01";

/// The ports of the clients that are connected to this port of the loopback.
pub(super) fn open(server: u16) -> Result<Vec<u16>, Failure> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    Ok(table.lines().filter_map(|line| client(line, server)).collect())
}

/// A line is `SLOT LOCAL-ADDRESS:PORT REMOTE-ADDRESS:PORT STATE ...`, in hexadecimal.
fn client(line: &str, server: u16) -> Option<u16> {
    let mut words = line.split_whitespace().skip(1);
    let (local, remote) = (port(words.next()?)?, port(words.next()?)?);
    (words.next()? == ESTABLISHED && remote == server).then_some(local)
}

fn port(address: &str) -> Option<u16> {
    u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn the_table_shows_connected_clients() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = listener.local_addr().unwrap();
        let client = TcpStream::connect(server).unwrap();
        assert_eq!(open(server.port()).unwrap(), [client.local_addr().unwrap().port()]);
        drop(client);
        assert!(open(server.port()).unwrap().is_empty());
    }
}
