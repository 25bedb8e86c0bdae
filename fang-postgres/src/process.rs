//! The process that opened the connections.

use fang_core::StoreError;

/// The process that opened the connections of a store. A child that is forked later inherits their sockets, but must
/// not use them: the messages of two processes would mix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn this() -> Self {
        Self(std::process::id())
    }

    /// Checks that this is still the same process, which takes one system call.
    pub(crate) fn check(self) -> Result<(), StoreError> {
        if self.0 == std::process::id() { Ok(()) } else { Err(StoreError::Forked) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_process_that_connected_may_use_the_connections() {
        assert!(Process::this().check().is_ok());
        let parent = Process(Process::this().0 + 1);
        assert!(matches!(parent.check(), Err(StoreError::Forked)));
    }
}
