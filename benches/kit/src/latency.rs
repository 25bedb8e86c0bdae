//! Latencies, and their quantiles.

use crate::Error;
use hdrhistogram::Histogram;
use std::time::Duration;

/// Collects durations.
#[derive(Debug)]
pub struct Latency(Histogram<u64>);

impl Latency {
    /// Creates an empty collection.
    ///
    /// # Errors
    /// Never, since the precision is valid.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(Histogram::new(3)?))
    }

    /// Adds a duration.
    pub fn record(&mut self, duration: Duration) {
        // The histogram resizes itself, so it accepts every value.
        let _ = self.0.record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Returns a quantile in milliseconds: `0.5` is the median.
    pub fn ms(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1000.0
    }

    /// The number of durations.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_durations_are_recorded_exactly() -> Result<(), Error> {
        let mut latency = Latency::new()?;
        (1..=100).for_each(|ms| latency.record(Duration::from_millis(ms)));
        assert!((latency.ms(0.5) - 50.0).abs() < 0.1 && (latency.ms(0.99) - 99.0).abs() < 0.2);
        assert_eq!(latency.count(), 100);
        Ok(())
    }
}
