//! How many connections to databases this process may open.

use std::sync::atomic::{AtomicUsize, Ordering};

static AT_MOST: AtomicUsize = AtomicUsize::new(0);

/// A part of the process that may open connections. It counts until it is dropped.
#[derive(Debug)]
pub struct Wanted(usize);

impl Wanted {
    /// For a part that opens up to this many.
    #[must_use = "it counts until it is dropped"]
    pub fn new(connections: usize) -> Self {
        AT_MOST.fetch_add(connections, Ordering::Relaxed);
        Self(connections)
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        AT_MOST.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// How many connections all parts of the process open at most.
pub fn at_most() -> usize {
    AT_MOST.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreError;

    #[test]
    fn a_full_server_is_told_with_what_the_program_opens_and_what_to_do() {
        let (queue, pool) = (Wanted::new(10), Wanted::new(5));
        let error = StoreError::from_sqlstate("53300", "sorry, too many clients already".into()).to_string();
        assert!(error.contains("up to 15 in all") && error.contains("max_pool_size"), "{error}");
        drop(pool);
        assert_eq!(at_most(), 10);
        drop(queue);
        assert_eq!(at_most(), 0);
    }
}
