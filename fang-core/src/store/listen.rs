/// The result of a check for notifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// The number of notifications received.
    pub announced: usize,
    /// The socket on which the next notification arrives, if the store knows it. The caller can wait for it
    /// instead of checking again and again.
    pub arrives_on: Option<Socket>,
}

impl Heard {
    /// This number of notifications, and no known socket.
    pub fn new(announced: usize) -> Self {
        Self { announced, arrives_on: None }
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
    /// The file descriptor. It may be reused for another socket after this one is closed.
    pub descriptor: i32,
    /// The inode. It is not reused, and tells such sockets apart.
    pub inode: u64,
}
