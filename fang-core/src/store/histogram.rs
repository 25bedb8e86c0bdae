use std::fmt;
use std::time::Duration;

/// How long runs took, or how long tasks waited for them: how many fell into each of 80 spans of time, and how long they
/// took in all. Small enough to send with a beat, and histograms of several workers can be [merged](Self::merge).
///
/// Each doubling of time has two spans: 1 to 1.5 ms (in binary steps), 1.5 to 2 ms, 2 to 3 ms, and so on.
///
/// ```
/// use fang_core::store::Histogram;
/// use std::time::Duration;
/// let mut runs = Histogram::default();
/// (1..=100).for_each(|n| runs.record(Duration::from_millis(n)));
/// let median = runs.quantile(0.5).unwrap();
/// assert!(median > Duration::from_millis(40) && median < Duration::from_millis(60));
/// assert_eq!(runs.mean(), Some(Duration::from_micros(50_500)));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    micros: u64,
    counts: [u64; Self::BUCKETS],
}

impl Histogram {
    /// How many spans there are. The last one has no end; it begins at nine and a half days.
    pub const BUCKETS: usize = 80;

    /// The span of a run of this many microseconds.
    pub fn bucket(micros: u64) -> usize {
        let Some(octave) = micros.checked_ilog2().filter(|octave| *octave > 0) else { return 0 };
        let upper_half = (micros >> (octave - 1)) & 1;
        (octave as usize * 2 + usize::from(upper_half == 1)).min(Self::BUCKETS - 1)
    }

    /// The first microsecond of a span.
    fn begin(bucket: usize) -> f64 {
        let octave = f64::from(u32::try_from(bucket / 2).unwrap_or(u32::MAX)).exp2();
        match bucket {
            0 => 0.0,
            _ if bucket.is_multiple_of(2) => octave,
            _ => octave * 1.5,
        }
    }

    /// The histogram of these counts of runs, one for each span, which took so many microseconds in all.
    pub fn of(micros: u64, counts: [u64; Self::BUCKETS]) -> Self {
        Self { micros, counts }
    }

    /// Adds a run that took this long.
    pub fn record(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros = self.micros.saturating_add(micros);
        if let Some(count) = self.counts.get_mut(Self::bucket(micros)) {
            *count += 1;
        }
    }

    /// Adds the runs of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.micros = self.micros.saturating_add(other.micros);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// The runs that this one has and an earlier one had not.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let mut since = self.clone();
        since.micros = self.micros.saturating_sub(earlier.micros);
        for (count, before) in since.counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*before);
        }
        since
    }

    /// How many runs there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How long all runs took together, in microseconds.
    pub fn micros(&self) -> u64 {
        self.micros
    }

    /// The number of runs in each span.
    pub fn counts(&self) -> &[u64; Self::BUCKETS] {
        &self.counts
    }

    pub(super) fn set(&mut self, bucket: usize, runs: u64) {
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = runs;
        }
    }

    pub(super) fn set_micros(&mut self, micros: u64) {
        self.micros = micros;
    }

    /// How long a run took on average. `None` without runs.
    pub fn mean(&self) -> Option<Duration> {
        self.micros.checked_div(self.count()).map(Duration::from_micros)
    }

    /// The time within which this share of the runs ended: 0.5 for the median, 0.99 for the 99th percentile. `None`
    /// without runs. `share` counts as at least 0 and at most 1.
    ///
    /// The result is at most a third too small or a half too large, since only the span of each run is known. Runs
    /// shorter than 2 µs are not told apart.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let runs = self.count();
        let rank = ((share.clamp(0.0, 1.0) * runs as f64).ceil() as u64).clamp(1, runs.max(1));
        let mut before = 0_u64;
        for (bucket, count) in self.counts.iter().enumerate() {
            if before + count >= rank {
                let (begin, end) = (Self::begin(bucket), Self::begin(bucket + 1).max(2.0));
                let place = ((rank - before) as f64 - 0.5) / *count as f64;
                return Some(Duration::from_secs_f64((begin + (end - begin) * place) / 1e6));
            }
            before += count;
        }
        None
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::of(0, [0; Self::BUCKETS])
    }
}

/// Without the empty spans.
impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        f.debug_map().entry(&"us", &self.micros).entries(filled).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_follow_each_other_without_gaps() {
        for bucket in 2..Histogram::BUCKETS {
            let begin = Histogram::begin(bucket) as u64;
            assert_eq!((Histogram::bucket(begin), Histogram::bucket(begin - 1)).0, bucket.max(2));
            assert!(Histogram::bucket(begin - 1) < bucket);
        }
        assert_eq!([0, 1, u64::MAX].map(Histogram::bucket), [0, 0, Histogram::BUCKETS - 1]);
    }

    proptest! {
        #[test]
        fn a_quantile_is_at_most_a_third_too_small_or_a_half_too_large(
            mut micros in prop::collection::vec((1_u32..34).prop_flat_map(|bits| 0_u64..1 << bits), 1..300),
            share in 0.0_f64..=1.0,
        ) {
            let mut runs = Histogram::default();
            micros.iter().for_each(|micros| runs.record(Duration::from_micros(*micros)));
            micros.sort_unstable();
            let rank = ((share * micros.len() as f64).ceil() as usize).max(1);
            let exact = micros[rank - 1] as f64;
            let told = runs.quantile(share).unwrap().as_secs_f64() * 1e6;
            let (least, most) = if exact < 2.0 { (0.0, 2.0) } else { (exact / 1.5, exact * 1.5) };
            prop_assert!(told >= least - 1e-3 && told <= most + 1e-3, "{told} for {exact}");
        }

        #[test]
        fn merged_histograms_are_the_histogram_of_all_runs(
            parts in prop::collection::vec(prop::collection::vec(0_u64..1 << 40, 0..20), 0..5),
        ) {
            let of = |runs: &[u64]| {
                let mut histogram = Histogram::default();
                runs.iter().for_each(|micros| histogram.record(Duration::from_micros(*micros)));
                histogram
            };
            let mut merged = Histogram::default();
            parts.iter().for_each(|part| merged.merge(&of(part)));
            prop_assert_eq!(&merged, &of(&parts.concat()));
            prop_assert_eq!(merged.since(&Histogram::default()), merged.clone());
        }
    }

    #[test]
    fn without_runs_there_is_no_quantile() {
        assert_eq!((Histogram::default().quantile(0.5), Histogram::default().mean()), (None, None));
    }
}
