//! An answer that is told again for a while if it was expensive, so that callers who ask often do not keep the server
//! busy.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An answer is told again for so many times as long as it took.
const FACTOR: u32 = 9;

/// The last expensive answer.
#[derive(Debug)]
pub(crate) struct Recent<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Recent<T> {
    /// The last answer, if it is still good enough.
    pub(crate) fn get(&self, now: Instant) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(until, _)| now < *until).map(|(_, answer)| answer.clone())
    }

    /// Keeps an answer that took this long.
    pub(crate) fn keep(&self, answer: T, now: Instant, took: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now + took * FACTOR, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_again_for_nine_times_as_long_as_it_took() {
        let (recent, now, took) = (Recent::default(), Instant::now(), Duration::from_millis(20));
        assert_eq!(recent.get(now), None);
        recent.keep("dear", now, took);
        assert_eq!(recent.get(now + took * 9 - Duration::from_nanos(1)), Some("dear"));
        assert_eq!(recent.get(now + took * 9), None);
    }
}
