//! How many rows the pool has changed since it last looked whether the tables are to be vacuumed.

use crate::signal::Signal;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of changed rows, which tells when there are many.
#[derive(Debug)]
pub struct Turnover {
    rows: AtomicU64,
    many: AtomicU64,
    signal: Signal,
}

impl Default for Turnover {
    fn default() -> Self {
        Self { rows: AtomicU64::new(0), many: AtomicU64::new(u64::MAX), signal: Signal::default() }
    }
}

impl Turnover {
    /// Adds rows.
    pub fn add(&self, rows: u64) {
        let before = self.rows.fetch_add(rows, Ordering::SeqCst);
        let many = self.many.load(Ordering::SeqCst);
        if before < many && before + rows >= many {
            self.signal.notify();
        }
    }

    /// Waits for this many rows since the last wait ended.
    pub async fn reaches(&self, many: u64) {
        self.many.store(many, Ordering::SeqCst);
        while self.rows.load(Ordering::SeqCst) < many {
            self.signal.notified().await;
        }
        self.rows.store(0, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_wait_ends_at_its_number_of_rows_and_those_before_it_count() {
        let turnover = Turnover::default();
        turnover.add(3);
        for _ in 0..2 {
            let mut wait = Box::pin(turnover.reaches(10));
            turnover.add(6);
            assert!((&mut wait).now_or_never().is_none());
            turnover.add(4);
            assert!(wait.now_or_never().is_some());
        }
    }
}
