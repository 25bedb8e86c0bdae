//! The wait of the heart: for the other parts of its pool and for data on a socket, at the same time.

use super::park::Park;
use fang_core::store::Socket;
use fang_engine::runtime::{self, BoxFuture};
use mio::{Events, Interest, Poll, Registry, Token};
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{self, Wake, Waker};
use std::thread;
use std::time::Duration;

const WOKEN: Token = Token(0);
const SOCKET: Token = Token(1);

/// The thread of the heart waits with this.
pub(super) struct Reactor {
    poll: Poll,
    events: Events,
    waker: Arc<Interrupt>,
    has_arrived: Arc<AtomicBool>,
}

/// Selects the socket to watch. Used by the future of the heart, on the thread that waits.
pub(super) struct Watch {
    registry: Registry,
    socket: Option<Socket>,
    has_arrived: Arc<AtomicBool>,
}

struct Interrupt(mio::Waker);

impl Wake for Interrupt {
    fn wake(self: Arc<Self>) {
        if let Err(error) = self.0.wake() {
            log::debug!("the heart could not be woken and acts at its next beat: {error}");
        }
    }
}

impl Reactor {
    /// Fails when the process has no descriptor left.
    pub(super) fn new() -> io::Result<(Self, Watch)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Interrupt(mio::Waker::new(poll.registry(), WOKEN)?));
        let has_arrived = Arc::<AtomicBool>::default();
        let registry = poll.registry().try_clone()?;
        let watch = Watch { registry, socket: None, has_arrived: has_arrived.clone() };
        Ok((Self { poll, events: Events::with_capacity(2), waker, has_arrived }, watch))
    }
}

impl Park for Reactor {
    fn waker(&self) -> Waker {
        self.waker.clone().into()
    }

    fn park(&mut self, at_most: Option<Duration>) {
        if let Err(error) = self.poll.poll(&mut self.events, at_most) {
            // The cause is most likely a signal. The sleep keeps any other error from making this a busy loop.
            log::debug!("the wait of the heart was interrupted and is repeated: {error}");
            thread::sleep(at_most.unwrap_or(Duration::MAX).min(Duration::from_millis(2)));
        }
        if self.events.iter().any(|event| event.token() == SOCKET) {
            self.has_arrived.store(true, Ordering::SeqCst);
        }
    }
}

impl runtime::Reactor for Watch {
    /// Data that is already on the socket counts as an arrival. An arrival is reported once, so the caller must
    /// read all data then.
    fn watch(&mut self, socket: Option<Socket>) -> bool {
        if self.socket != socket {
            if let Some(old) = self.socket {
                // Fails if the socket is closed already, which is the usual case.
                let _ = forget(&self.registry, old);
            }
            self.socket = socket.filter(|new| register(&self.registry, *new).is_ok());
        }
        self.socket.is_some()
    }

    fn arrival(&mut self) -> BoxFuture<'_, ()> {
        // Needs no waker: the thread that waits polls again after each arrival.
        Box::pin(poll_fn(|_| match self.has_arrived.swap(false, Ordering::SeqCst) {
            true => task::Poll::Ready(()),
            false => task::Poll::Pending,
        }))
    }
}

#[cfg(unix)]
fn register(registry: &Registry, socket: Socket) -> io::Result<()> {
    registry.register(&mut mio::unix::SourceFd(&socket.descriptor), SOCKET, Interest::READABLE)
}

#[cfg(unix)]
fn forget(registry: &Registry, socket: Socket) -> io::Result<()> {
    registry.deregister(&mut mio::unix::SourceFd(&socket.descriptor))
}

/// On other systems no store knows its socket.
#[cfg(not(unix))]
fn register(_: &Registry, _: Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn forget(_: &Registry, _: Socket) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::park::drive;
    use super::*;
    use fang_engine::runtime::Reactor as _;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn socket(stream: &UnixStream, inode: u64) -> Option<Socket> {
        Some(Socket { descriptor: stream.as_raw_fd(), inode })
    }

    #[test]
    fn a_wait_ends_by_data_that_arrives_before_or_during_it() -> io::Result<()> {
        let (mut here, mut there) = UnixStream::pair()?;
        let (mut reactor, mut watch) = Reactor::new()?;
        there.write_all(b"a")?;
        assert!(watch.watch(socket(&here, 1)));
        drive(&mut reactor, watch.arrival());
        here.read_exact(&mut [0])?;
        let writer = thread::spawn(move || there.write_all(b"b").map(|()| there));
        drive(&mut reactor, watch.arrival());
        here.read_exact(&mut [0])?;
        drop(writer.join());
        // The other end is closed.
        drive(&mut reactor, watch.arrival());
        Ok(())
    }

    #[test]
    fn another_inode_is_another_socket() -> io::Result<()> {
        let (here, mut there) = UnixStream::pair()?;
        let (mut reactor, mut watch) = Reactor::new()?;
        assert!(watch.watch(socket(&here, 1)));
        there.write_all(b"a")?;
        drive(&mut reactor, watch.arrival());
        // The same data is reported again for the new socket.
        assert!(watch.watch(socket(&here, 2)));
        drive(&mut reactor, watch.arrival());
        Ok(())
    }

    #[test]
    fn a_wake_ends_the_next_wait() -> io::Result<()> {
        let (mut reactor, _watch) = Reactor::new()?;
        let mut polls = 0;
        drive(
            &mut reactor,
            poll_fn(|context| {
                polls += 1;
                context.waker().wake_by_ref();
                if polls < 2 { task::Poll::Pending } else { task::Poll::Ready(()) }
            }),
        );
        Ok(())
    }

    #[test]
    fn a_descriptor_that_is_no_open_socket_is_not_watched() -> io::Result<()> {
        let (_reactor, mut watch) = Reactor::new()?;
        assert!(!watch.watch(Some(Socket { descriptor: -1, inode: 1 })));
        assert!(!watch.watch(None));
        Ok(())
    }
}
