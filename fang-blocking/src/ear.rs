//! How the heart waits: for the other parts of its pool and for what arrives on a socket, both at once. What the
//! others wait with, condition variables, knows nothing of sockets.

use fang_core::store::Socket;
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const BELL: Token = Token(0);
const SOCKET: Token = Token(1);

/// Interrupts whoever waits with the ear that it belongs to, or the next who does.
#[derive(Debug)]
pub(crate) struct Bell {
    waker: Waker,
    is_rung: AtomicBool,
}

impl Bell {
    /// There is something to look for.
    pub(crate) fn ring(&self) {
        self.is_rung.store(true, Ordering::Release);
        self.interrupt();
    }

    /// Ends a wait.
    pub(crate) fn interrupt(&self) {
        if let Err(error) = self.waker.wake() {
            log::debug!("the heart hears with its next beat: {error}");
        }
    }

    /// Whether it was rung since this was last asked.
    pub(crate) fn was_rung(&self) -> bool {
        self.is_rung.swap(false, Ordering::Acquire)
    }
}

#[derive(Debug)]
pub(crate) struct Ear {
    poll: Poll,
    events: Events,
    socket: Option<Socket>,
}

impl Ear {
    /// Fails when the process has no descriptor left.
    pub(crate) fn new() -> io::Result<(Self, Bell)> {
        let poll = Poll::new()?;
        let bell = Bell { waker: Waker::new(poll.registry(), BELL)?, is_rung: AtomicBool::new(false) };
        Ok((Self { poll, events: Events::with_capacity(2), socket: None }, bell))
    }

    /// From now on, what arrives on this socket ends a wait; whether it will.
    ///
    /// What is there already does so once. Whoever is told reads all of it, or is not told again.
    pub(crate) fn listen_on(&mut self, socket: Option<Socket>) -> bool {
        if self.socket != socket {
            let registry = self.poll.registry();
            if let Some(old) = self.socket {
                // Usually it is closed, and forgotten by the system.
                let _ = forget(registry, old);
            }
            self.socket = socket.filter(|new| register(registry, *new).is_ok());
        }
        self.socket.is_some()
    }

    /// Waits until something arrives or the bell interrupts, for at most this long; perhaps less.
    pub(crate) fn wait(&mut self, at_most: Duration) {
        if let Err(error) = self.poll.poll(&mut self.events, Some(at_most)) {
            // By a signal, most likely. No error makes this a loop that turns without a pause.
            log::debug!("the wait of a heart has ended early: {error}");
            thread::sleep(at_most.min(Duration::from_millis(2)));
        }
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

/// Elsewhere no store knows its socket.
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
    use super::*;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    /// Ends only by what is waited for.
    const LONG: Duration = Duration::from_secs(24 * 60 * 60);

    fn socket(stream: &UnixStream, inode: u64) -> Option<Socket> {
        Some(Socket { descriptor: stream.as_raw_fd(), inode })
    }

    #[test]
    fn a_wait_ends_by_what_arrives_before_it_or_meanwhile() -> io::Result<()> {
        let (mut here, mut there) = UnixStream::pair()?;
        let (mut ear, _bell) = Ear::new()?;
        there.write_all(b"a")?;
        assert!(ear.listen_on(socket(&here, 1)));
        ear.wait(LONG);
        here.read_exact(&mut [0])?;
        let writer = thread::spawn(move || there.write_all(b"b").map(|()| there));
        ear.wait(LONG);
        here.read_exact(&mut [0])?;
        drop(writer.join());
        // Its other end is closed.
        ear.wait(LONG);
        Ok(())
    }

    #[test]
    fn another_inode_is_another_socket() -> io::Result<()> {
        let (here, mut there) = UnixStream::pair()?;
        let (mut ear, _bell) = Ear::new()?;
        assert!(ear.listen_on(socket(&here, 1)));
        there.write_all(b"a")?;
        ear.wait(LONG);
        // What is there ends a wait once for each.
        assert!(ear.listen_on(socket(&here, 2)));
        ear.wait(LONG);
        Ok(())
    }

    #[test]
    fn a_bell_interrupts_the_next_wait_and_was_rung_once() -> io::Result<()> {
        let (mut ear, bell) = Ear::new()?;
        bell.ring();
        ear.wait(LONG);
        assert_eq!([bell.was_rung(), bell.was_rung()], [true, false]);
        bell.interrupt();
        ear.wait(LONG);
        assert!(!bell.was_rung());
        Ok(())
    }

    #[test]
    fn what_is_no_open_socket_is_not_waited_for() -> io::Result<()> {
        let (mut ear, _bell) = Ear::new()?;
        assert!(!ear.listen_on(Some(Socket { descriptor: -1, inode: 1 })));
        assert!(!ear.listen_on(None));
        Ok(())
    }
}
