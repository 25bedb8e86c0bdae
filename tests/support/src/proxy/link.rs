//! One connection through the proxy.

use super::Network;
use super::cut::Direction;
use super::shared::{Fate, Memory, Shared};
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Clients that went while nothing got through are missed after so long.
const MISSED: Duration = Duration::from_secs(5);

/// More than a statement has, less than a large answer: what is read at once.
const BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Link {
    client: TcpStream,
    /// From the moment on when the client's first bytes could have got there.
    server: OnceLock<TcpStream>,
}

impl Link {
    pub(super) fn new(client: TcpStream) -> io::Result<Self> {
        let keepalive = TcpKeepalive::new().with_time(MISSED).with_interval(MISSED);
        SockRef::from(&client).set_tcp_keepalive(&keepalive)?;
        client.set_nodelay(true)?;
        Ok(Self { client, server: OnceLock::new() })
    }

    /// Carries bytes until one of both ends closes, or the network does.
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

    /// Does to the sockets what a network does.
    pub(super) fn obey(&self, network: &Network) {
        let hears = !matches!(network, Network::Blackhole);
        // Its probes would be a sign of life.
        let _ = SockRef::from(&self.client).set_keepalive(hears);
        hear(&self.client, hears);
        if matches!(network, Network::Reset) {
            for end in self.ends() {
                // Without the linger an end would be a polite one, and the peer could not tell.
                let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
                // Wakes whoever reads, so that the socket is closed; tells the peer nothing.
                let _ = end.shutdown(Shutdown::Read);
            }
        }
    }

    pub(super) fn client_port(&self) -> Option<u16> {
        self.client.peer_addr().ok().map(|address| address.port())
    }

    /// Both directions end together.
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

/// Whether packets get as far as this socket. One without a filter cannot be made deaf enough: the
/// kernel acknowledges what nobody reads.
#[cfg(target_os = "linux")]
fn hear(socket: &TcpStream, hears: bool) {
    /// A program of the kernel's packet filter: return how many bytes of a packet to keep. None.
    const DROP: [socket2::SockFilter; 1] = [socket2::SockFilter::new(0x06, 0, 0, 0)];
    let socket = SockRef::from(socket);
    // There may be none to detach, which is an error and as well.
    let _ = if hears { socket.detach_filter() } else { socket.attach_filter(&DROP) };
}

#[cfg(not(target_os = "linux"))]
fn hear(_: &TcpStream, _: bool) {}
