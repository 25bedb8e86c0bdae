//! What was read from the database, until it is old.

use crate::failure::Failure;
use fang_core::QueueError;
use fang_core::operator::Freshness;
use std::time::{Duration, Instant};

/// An answer that is not asked for again while it is fresh.
#[derive(Debug)]
pub(super) struct Kept<T> {
    freshness: Freshness,
    last: Option<Last<T>>,
}

#[derive(Debug)]
struct Last<T> {
    answer: T,
    at: Instant,
    took: Duration,
}

impl<T> Kept<T> {
    pub(super) fn new(freshness: Freshness) -> Self {
        Self { freshness, last: None }
    }

    /// The answer and its age. It is read if the last one is old. What is known outlives a look that is cut short.
    pub(super) async fn get(
        &mut self,
        read: impl Future<Output = Result<T, QueueError>>,
    ) -> Result<(&T, Duration), Failure> {
        let last = match self.last.take().filter(|last| last.age() < self.freshness.after(last.took)) {
            Some(last) => last,
            None => {
                let began = Instant::now();
                let answer = read.await?;
                Last { answer, at: Instant::now(), took: began.elapsed() }
            }
        };
        let last = self.last.insert(last);
        Ok((&last.answer, last.age()))
    }

    /// Forgets it, since it may have changed.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

impl<T> Last<T> {
    fn age(&self) -> Duration {
        self.at.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn an_answer_is_read_again_once_it_is_old_or_forgotten() {
        let hour = Duration::from_secs(3600);
        let mut kept = Kept::new(Freshness::new(hour, hour));
        assert_eq!(*kept.get(ready(Ok(1))).await.unwrap().0, 1);
        assert_eq!(*kept.get(pending()).await.unwrap().0, 1);
        kept.forget();
        assert!(kept.get(ready(Err(QueueError::NotConnected))).await.is_err());
        assert_eq!(*kept.get(ready(Ok(2))).await.unwrap().0, 2);
        let mut never = Kept::new(Freshness::new(Duration::ZERO, Duration::ZERO));
        assert_eq!(*never.get(ready(Ok(1))).await.unwrap().0, 1);
        assert_eq!(*never.get(ready(Ok(2))).await.unwrap().0, 2);
    }
}
