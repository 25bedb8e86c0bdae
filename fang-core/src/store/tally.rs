use super::Histogram;
use serde_json::Value;

/// What became of the tasks of one task type or kind: numbers of runs and tasks, how long the runs took, and how long their tasks
/// had waited.
///
/// A run that has begun counts as started at once. The other numbers count when the run ends, shortly before its result
/// is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How many runs have begun.
    pub started: u64,
    /// How many tasks have succeeded.
    pub finished: u64,
    /// How many runs have failed and are retried.
    pub retried: u64,
    /// How many tasks have failed for good.
    pub failed: u64,
    /// How many runs have asked to run again later.
    pub snoozed: u64,
    /// How many tasks were cancelled.
    pub cancelled: u64,
    /// How many tasks were not begun by the time at which they expire.
    pub expired: u64,
    /// How long the runs took that have ended, whatever became of their tasks.
    pub runs: Histogram,
    /// How long the tasks of the runs that have begun had been due by then, by the clocks of the machines of their pools.
    pub waits: Histogram,
}

/// The keys of a histogram in the JSON: that of its microseconds, and what comes before the number of a span.
type Keys = (&'static str, &'static str);

const RUNS: Keys = ("us", "b");
const WAITS: Keys = ("wus", "w");

/// The names of the numbers, as in the JSON.
const NAMES: [&str; 7] = ["started", "finished", "retried", "failed", "snoozed", "cancelled", "expired"];

impl Tally {
    fn numbers(&self) -> [u64; 7] {
        let Self { started, finished, retried, failed, snoozed, cancelled, expired, .. } = *self;
        [started, finished, retried, failed, snoozed, cancelled, expired]
    }

    fn number_mut(&mut self, name: &str) -> Option<&mut u64> {
        let Self { started, finished, retried, failed, snoozed, cancelled, expired, .. } = self;
        let numbers = [started, finished, retried, failed, snoozed, cancelled, expired];
        NAMES.iter().zip(numbers).find(|(known, _)| **known == name).map(|(_, number)| number)
    }

    /// Adds the numbers of another one.
    pub fn merge(&mut self, other: &Self) {
        for (name, more) in NAMES.iter().zip(other.numbers()) {
            if let Some(number) = self.number_mut(name) {
                *number = number.saturating_add(more);
            }
        }
        self.runs.merge(&other.runs);
        self.waits.merge(&other.waits);
    }

    /// What was counted since an earlier one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let (runs, waits) = (self.runs.since(&earlier.runs), self.waits.since(&earlier.waits));
        let mut since = Self { runs, waits, ..self.clone() };
        for (name, before) in NAMES.iter().zip(earlier.numbers()) {
            if let Some(number) = since.number_mut(name) {
                *number = number.saturating_sub(before);
            }
        }
        since
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        let histograms = [&self.runs, &self.waits];
        self.numbers().iter().all(|number| *number == 0) && histograms.iter().all(|one| one.count() == 0)
    }

    /// How many runs have begun and not ended.
    pub fn running(&self) -> u64 {
        self.started.saturating_sub(self.runs.count())
    }

    pub(super) fn to_value(&self) -> Value {
        let numbers = NAMES.iter().zip(self.numbers()).map(|(name, number)| ((*name).to_owned(), number));
        let all = numbers.chain(entries(&self.runs, RUNS)).chain(entries(&self.waits, WAITS));
        let all = all.filter(|(_, number)| *number > 0);
        Value::Object(all.map(|(name, number)| (name, number.into())).collect())
    }

    /// Leaves out what it does not know, and numbers below zero.
    pub(super) fn from_value(value: &Value) -> Self {
        let mut tally = Self::default();
        for (name, number) in value.as_object().into_iter().flatten() {
            let Some(value) = number.as_u64() else { continue };
            if let Some(number) = tally.number_mut(name) {
                *number = value;
            } else {
                set(&mut tally.runs, RUNS, name, value);
                set(&mut tally.waits, WAITS, name, value);
            }
        }
        tally
    }
}

/// The keys of a histogram, each with its number.
fn entries(histogram: &Histogram, (micros, prefix): Keys) -> impl Iterator<Item = (String, u64)> {
    let spans = histogram.counts().iter().enumerate();
    let spans = spans.map(move |(span, count)| (format!("{prefix}{span}"), *count));
    [(micros.to_owned(), histogram.micros())].into_iter().chain(spans)
}

/// Sets the number of a key, if the histogram has it.
fn set(histogram: &mut Histogram, (micros, prefix): Keys, name: &str, value: u64) {
    if name == micros {
        histogram.set_micros(value);
    } else if let Some(span) = name.strip_prefix(prefix).and_then(|span| span.parse().ok()) {
        histogram.set(span, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    prop_compose! {
        fn tally()(
            numbers in prop::array::uniform7(0_u64..1 << 40),
            runs in prop::collection::vec(0_u64..1 << 40, 0..20),
            waits in prop::collection::vec(0_u64..1 << 40, 0..20),
        ) -> Tally {
            let mut tally = Tally::default();
            NAMES.iter().zip(numbers).for_each(|(name, number)| *tally.number_mut(name).unwrap() = number);
            runs.iter().for_each(|micros| tally.runs.record(Duration::from_micros(*micros)));
            waits.iter().for_each(|micros| tally.waits.record(Duration::from_micros(*micros)));
            tally
        }
    }

    proptest! {
        #[test]
        fn a_tally_is_read_back_from_its_json(tally in tally()) {
            prop_assert_eq!(Tally::from_value(&tally.to_value()), tally);
        }

        #[test]
        fn what_came_since_an_earlier_tally_is_what_was_merged_into_it(earlier in tally(), more in tally()) {
            let mut later = earlier.clone();
            later.merge(&more);
            prop_assert_eq!(later.since(&earlier), more.clone());
            prop_assert_eq!(later.is_empty(), earlier.is_empty() && more.is_empty());
        }
    }

    #[test]
    fn rows_from_before_there_were_waits_have_none() {
        let old = Tally::from_value(&serde_json::json!({ "started": 2, "us": 3000, "b20": 2 }));
        assert_eq!((old.runs.count(), old.waits.count(), old.waits.mean()), (2, 0, None));
    }
}
