//! A connection through the proxy.

use super::Network;
use super::cut::Direction;
use super::shared::{Fate, Memory, Shared};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// After this time the proxy notices clients that disconnected during a black hole.
const MISSED: Duration = Duration::from_secs(5);

/// The number of bytes to read at once: more than a statement has, and less than a large answer.
const BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    /// Set once the network lets the first bytes of the client pass.
    server: OnceLock<TcpStream>,
}

impl Link {
    pub(super) fn new(client: TcpStream) -> io::Result<Self> {
        let keepalive = TcpKeepalive::new().with_time(MISSED).with_interval(MISSED);
        SockRef::from(&client).set_tcp_keepalive(&keepalive)?;
        client.set_nodelay(true)?;
        Ok(Self { client, server: OnceLock::new() })
    }

    /// Carries data until one end closes or the network closes the connection.
    pub(super) fn serve(self: Arc<Self>, server: &str, shared: &Arc<Shared>) {
        if shared.judge(Direction::Up, &mut Memory::default(), &[]) == Fate::Pass
            && let Ok(server) = TcpStream::connect(server)
        {
            let _ = server.set_nodelay(true);
            let server = self.server.get_or_init(|| server);
            let (link, downwards) = (self.clone(), shared.clone());
            thread::spawn(move || {
                if let Some(server) = link.server.get() {
                    carry(Direction::Down, server, &link.client, &downwards);
                }
                link.close();
            });
            carry(Direction::Up, &self.client, server, shared);
        }
        self.close();
    }

    /// Applies the behaviour of the network to the sockets.
    pub(super) fn obey(&self, network: &Network) {
        let hears = !matches!(network, Network::Blackhole);
        // The probes of keepalive would be a sign of life.
        let _ = SockRef::from(&self.client).set_keepalive(hears);
        hear(&self.client, hears);
        if matches!(network, Network::Reset) {
            for end in self.ends() {
                // A linger of 0 makes the close a reset, which the peer can tell from a normal end.
                let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
                // Wakes the reading thread, which then closes the socket. The peer does not notice this call.
                let _ = end.shutdown(Shutdown::Read);
            }
        }
    }

    pub(super) fn client_port(&self) -> Option<u16> {
        self.client.peer_addr().ok().map(|address| address.port())
    }

    /// Closes both directions.
    fn close(&self) {
        for end in self.ends() {
            let is_reset = matches!(SockRef::from(end).linger(), Ok(Some(Duration::ZERO)));
            let _ = end.shutdown(if is_reset { Shutdown::Read } else { Shutdown::Both });
        }
    }

    fn ends(&self) -> impl Iterator<Item = &TcpStream> {
        [Some(&self.client), self.server.get()].into_iter().flatten()
    }
}

fn carry(direction: Direction, mut from: &TcpStream, mut to: &TcpStream, shared: &Shared) {
    let mut buffer = vec![0; BUFFER];
    let mut memory = Memory::default();
    loop {
        let read = from.read(&mut buffer).unwrap_or_default();
        let bytes = buffer.get(..read).unwrap_or_default();
        let (passes, goes_on) = match shared.judge(direction, &mut memory, bytes) {
            Fate::Pass => (bytes, !bytes.is_empty()),
            Fate::Cut(passes) => (bytes.get(..passes).unwrap_or_default(), false),
            Fate::Gone => return,
        };
        if to.write_all(passes).is_err() || !goes_on {
            return;
        }
    }
}

/// Sets whether this socket receives packets. To stop reading is not enough, since the kernel acknowledges data
/// that is not read. A packet filter prevents that.
#[cfg(target_os = "linux")]
fn hear(socket: &TcpStream, hears: bool) {
    /// A program for the packet filter of the kernel. It keeps 0 bytes of each packet.
    const DROP: [socket2::SockFilter; 1] = [socket2::SockFilter::new(0x06, 0, 0, 0)];
    let socket = SockRef::from(socket);
    // Detaching fails if there is no filter, which is fine.
    let _ = if hears { socket.detach_filter() } else { socket.attach_filter(&DROP) };
}

#[cfg(not(target_os = "linux"))]
fn hear(_: &TcpStream, _: bool) {}
