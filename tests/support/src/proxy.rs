//! A proxy in front of a server: a network that can be made to fail.

mod cut;
mod link;
mod listener;
mod shared;

pub use cut::{Cut, Direction};

use crate::{SupportError, uri};
use shared::Shared;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the network does.
#[derive(Clone, Debug)]
pub enum Network {
    /// Everything passes.
    Pass,
    /// Whatever is sent vanishes, in both directions, and the packets that close a connection with it.
    /// Connections stay open, and new ones are accepted and never answered. As behind a real hole,
    /// TCP sends again what was lost: whoever still waits when it ends is served after all.
    ///
    /// On Linux the proxy's sockets do not even acknowledge what is sent to them, so that keepalives
    /// and `tcp_user_timeout` do their work; elsewhere they merely fall silent.
    Blackhole,
    /// All connections are reset, and every new one at once.
    Reset,
    /// Whatever is sent arrives this much later.
    Delay(Duration),
    /// What the server sends together with this word, or with its end, arrives this much later, and all that follows.
    DelayAnswers(Vec<u8>, Duration),
    /// Each connection is closed once so many more bytes have passed in this direction.
    CutAfter(Direction, usize),
    /// Connections are closed when certain words come by.
    CutAt(Cut),
}

/// A proxy on a port of its own. It ends, and all connections with it, when it is dropped.
///
/// What the network does applies to all connections at once, and can be changed at any time.
#[derive(Debug)]
pub struct Proxy {
    uri: String,
    address: SocketAddr,
    server: Arc<Mutex<String>>,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Serves in front of the server that `uri` names; everything passes.
    ///
    /// # Errors
    /// When the URI names no host to connect to over TCP, or no port is to be had.
    pub fn start(uri: &str) -> Result<Self, SupportError> {
        let server = uri::address(uri)?;
        let listen = || {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = listen().map_err(SupportError::io("listening for connections"))?;
        let uri = uri::with_address(uri, &address.to_string())?;
        let shared = Arc::new(Shared::default());
        let server = Arc::new(Mutex::new(server));
        listener::spawn(listener, server.clone(), shared.clone());
        Ok(Self { uri, address, server, shared })
    }

    /// The URI of the same database, through the proxy.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The port it serves on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// New connections go to the server that `uri` names from now on, as when a host name moves; those
    /// there are stay where they are.
    ///
    /// # Errors
    /// When the URI names no host to connect to over TCP.
    pub fn point_at(&self, uri: &str) -> Result<(), SupportError> {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = uri::address(uri)?;
        Ok(())
    }

    /// From now on the network does this.
    pub fn set(&self, network: Network) {
        self.shared.set(network);
    }

    /// How many connections were cut, by [`Network::CutAfter`] and [`Network::CutAt`].
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts()
    }

    /// Waits until there were so many cuts; `false` when that takes longer than `patience`.
    #[must_use]
    pub fn wait_for_cuts(&self, cuts: u64, patience: Duration) -> bool {
        self.shared.wait(patience, |state| (state.cuts >= cuts).then_some(())).is_some()
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.wait(Duration::ZERO, |state| Some(state.accepted.len())).unwrap_or_default()
    }

    /// Waits for the first connection that came after `since`; `None` when that takes longer than
    /// `patience`.
    #[must_use]
    pub fn connected_after(&self, since: Instant, patience: Duration) -> Option<Instant> {
        self.shared.wait(patience, |state| state.accepted.iter().find(|at| **at > since).copied())
    }

    /// The ports of the clients whose connections are open, as far as the proxy was told.
    #[must_use]
    pub fn clients(&self) -> Vec<u16> {
        self.shared.clients()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.end();
        // The listener looks whether it is over after each connection, so it is given one.
        let _ = TcpStream::connect(self.address);
    }
}
