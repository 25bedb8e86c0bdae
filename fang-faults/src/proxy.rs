//! A proxy in front of a server, which simulates network faults.

mod cut;
mod link;
mod listener;
mod shared;

pub use cut::{Cut, Direction};

use crate::{FaultsError, uri};
use shared::Shared;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The behaviour of the simulated network.
#[derive(Clone, Debug)]
pub enum Network {
    /// All data passes.
    Pass,
    /// All data is lost in both directions, and so are the packets that close a connection. Connections stay open.
    /// New ones are accepted but get no answer. TCP sends lost data again when the fault ends, so a client that
    /// still waits is served then.
    ///
    /// On Linux the sockets of the proxy do not acknowledge data either, so that keepalives and `tcp_user_timeout`
    /// notice the fault. On other systems they only stop answering.
    Blackhole,
    /// All open connections are reset, and every new one is reset at once.
    Reset,
    /// All data arrives this much later.
    Delay(Duration),
    /// The data of the server that contains the end of this word arrives this much later, and so does all data
    /// after it.
    DelayAnswers(Vec<u8>, Duration),
    /// Each connection is closed after this many more bytes in this direction.
    CutAfter(Direction, usize),
    /// A connection is closed when certain words pass.
    CutAt(Cut),
}

/// A proxy on a port of its own. It ends with all its connections when it is dropped.
///
/// The behaviour of the network applies to all connections and can be changed at any time.
///
/// ```
/// use fang_faults::proxy::{Network, Proxy};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), fang_faults::FaultsError> {
/// let proxy = Proxy::start("postgres://app:secret@localhost:5432/app")?;
/// // A program connects to `proxy.uri()`: postgres://app:secret@127.0.0.1:.../app
/// proxy.set(Network::Delay(Duration::from_millis(200)));
/// proxy.set(Network::Blackhole);
/// proxy.set(Network::Pass);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Proxy {
    uri: String,
    address: SocketAddr,
    server: Arc<Mutex<String>>,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Starts a proxy in front of the server of `uri`. At first all data passes.
    ///
    /// # Errors
    /// When the URI has no host for TCP, or no port is free.
    pub fn start(uri: &str) -> Result<Self, FaultsError> {
        let server = uri::address(uri)?;
        let listen = || {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = listen().map_err(FaultsError::System)?;
        let uri = uri::with_address(uri, &address.to_string())?;
        let shared = Arc::new(Shared::default());
        let server = Arc::new(Mutex::new(server));
        listener::spawn(listener, server.clone(), shared.clone());
        Ok(Self { uri, address, server, shared })
    }

    /// The URI of the database through the proxy.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The port of the proxy.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sends new connections to the server of `uri` from now on, as when a host name gets another address. Open
    /// connections stay as they are.
    ///
    /// # Errors
    /// When the URI has no host for TCP.
    pub fn point_at(&self, uri: &str) -> Result<(), FaultsError> {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = uri::address(uri)?;
        Ok(())
    }

    /// Changes the behaviour of the network.
    pub fn set(&self, network: Network) {
        self.shared.set(network);
    }

    /// The number of connections that were cut by [`Network::CutAfter`] and [`Network::CutAt`].
    #[must_use]
    pub fn cuts(&self) -> u64 {
        self.shared.cuts()
    }

    /// Waits until there were this many cuts. Returns `false` if that takes longer than `patience`.
    #[must_use]
    pub fn wait_for_cuts(&self, cuts: u64, patience: Duration) -> bool {
        self.shared.wait(patience, |state| (state.cuts >= cuts).then_some(())).is_some()
    }

    /// The number of accepted connections.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.wait(Duration::ZERO, |state| Some(state.accepted.len())).unwrap_or_default()
    }

    /// Waits for the first connection after `since`. Returns `None` if that takes longer than `patience`.
    #[must_use]
    pub fn connected_after(&self, since: Instant, patience: Duration) -> Option<Instant> {
        self.shared.wait(patience, |state| state.accepted.iter().find(|at| **at > since).copied())
    }

    /// The ports of the clients whose connections are open, as far as the proxy knows.
    #[must_use]
    pub fn clients(&self) -> Vec<u16> {
        self.shared.clients()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.end();
        // The listener checks after each connection whether the proxy has ended.
        let _ = TcpStream::connect(self.address);
    }
}
