/// The notifications that a call of [`Store::listen`](super::Store::listen) found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// How many there were.
    pub notifications: usize,
    /// The socket on which the next one arrives, if the store knows it. The pool then waits until that socket
    /// can be read, instead of calling again and again.
    pub arrives_on: Option<Socket>,
}

impl Heard {
    /// This many notifications, without a socket to wait on.
    pub fn new(notifications: usize) -> Self {
        Self { notifications, arrives_on: None }
    }

    /// Sets the socket on which the next notification arrives. Defaults to `None`.
    #[must_use]
    pub fn arrives_on(self, socket: Option<Socket>) -> Self {
        Self { arrives_on: socket, ..self }
    }
}

/// A socket of this process, named so that a closed one is not mistaken for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its file descriptor. The system uses the number again once the socket is closed.
    pub descriptor: i32,
    /// Its inode, a number that no other socket gets meanwhile.
    pub inode: u64,
}
