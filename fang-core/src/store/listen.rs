/// The notifications that a call of [`Store::listen`](super::Store::listen) found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// How many there were.
    pub notifications: usize,
    /// The socket on which the next one arrives, if the store knows it. The caller can wait there instead
    /// of calling again and again.
    pub arrives_on: Option<Socket>,
}

impl Heard {
    /// This many notifications. It is not known where the next one arrives.
    pub fn new(notifications: usize) -> Self {
        Self { notifications, arrives_on: None }
    }

    /// Sets the socket on which the next notification arrives.
    #[must_use]
    pub fn arrives_on(self, socket: Option<Socket>) -> Self {
        Self { arrives_on: socket, ..self }
    }
}

/// A socket of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its file descriptor, a number that is used again once the socket is closed.
    pub descriptor: i32,
    /// Its inode, which is not.
    pub inode: u64,
}
