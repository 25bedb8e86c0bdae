/// What a look for announcements found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heard {
    /// How many there were.
    pub notifications: usize,
    /// Where the next one arrives, if the store knows: whoever waits there need not look again and again.
    pub arrives_on: Option<Socket>,
}

impl Heard {
    /// So many were notifications, and nobody knows where the next one arrives.
    pub fn new(notifications: usize) -> Self {
        Self { notifications, arrives_on: None }
    }

    /// The next one arrives on this socket.
    #[must_use]
    pub fn arrives_on(self, socket: Option<Socket>) -> Self {
        Self { arrives_on: socket, ..self }
    }
}

/// A socket of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Socket {
    /// Its file descriptor, which becomes that of another once it is closed ...
    pub descriptor: i32,
    /// ... and its inode, which does not.
    pub inode: u64,
}
