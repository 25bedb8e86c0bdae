use super::Histogram;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What became of the tasks of one task type: numbers of runs and tasks, and how long the runs took.
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
}

/// The key of the microseconds that all runs took.
const MICROS: &str = "us";

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
    }

    /// What was counted since an earlier one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut since = Self { runs: self.runs.since(&earlier.runs), ..self.clone() };
        for (name, before) in NAMES.iter().zip(earlier.numbers()) {
            if let Some(number) = since.number_mut(name) {
                *number = number.saturating_sub(before);
            }
        }
        since
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.numbers().iter().all(|number| *number == 0) && self.runs.count() == 0
    }

    /// How many runs have begun and not ended.
    pub fn running(&self) -> u64 {
        self.started.saturating_sub(self.runs.count())
    }

    fn to_value(&self) -> Value {
        let numbers = NAMES.iter().zip(self.numbers()).map(|(name, number)| ((*name).to_owned(), number));
        let buckets = self.runs.counts().iter().enumerate();
        let buckets = buckets.map(|(bucket, runs)| (format!("b{bucket}"), *runs));
        let micros = (MICROS.to_owned(), self.runs.micros());
        let all = numbers.chain([micros]).chain(buckets).filter(|(_, number)| *number > 0);
        Value::Object(all.map(|(name, number)| (name, number.into())).collect())
    }

    /// Leaves out what it does not know, and numbers below zero.
    fn from_value(value: &Value) -> Self {
        let mut tally = Self::default();
        for (name, number) in value.as_object().into_iter().flatten() {
            let Some(value) = number.as_u64() else { continue };
            if let Some(number) = tally.number_mut(name) {
                *number = value;
            } else if name == MICROS {
                tally.runs.set_micros(value);
            } else if let Some(bucket) = name.strip_prefix('b').and_then(|bucket| bucket.parse().ok()) {
                tally.runs.set(bucket, value);
            }
        }
        tally
    }
}

/// A [`Tally`] for each task type.
///
/// As JSON, numbers that are zero are left out: `{"mails": {"started": 2, "finished": 2, "us": 3000, "b21": 2}}`. `us`
/// is how long all runs took, in microseconds, and `b21` how many runs fell into span 21 of the [`Histogram`].
///
/// ```
/// use fang_core::store::Counts;
/// let counts = Counts::from_json(r#"{"mails": {"started": 2, "finished": 1, "us": 3000, "b20": 1}}"#);
/// let mails = counts.of("mails").unwrap();
/// assert_eq!((mails.started, mails.running()), (2, 1));
/// assert_eq!(Counts::from_json(&counts.to_json()), counts);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, Tally>);

impl Counts {
    /// The name under which all task types without a place of their own are summed. A task type with this very name is
    /// summed with them.
    pub const OTHERS: &str = "(others)";

    /// The most bytes of JSON that a worker sends with a beat.
    pub const MAX_BYTES: usize = 16 * 1024;

    /// The tally of a task type.
    pub fn of(&self, task_type: &str) -> Option<&Tally> {
        self.0.get(task_type)
    }

    /// The task types, ordered by name, each with its tally.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.0.iter().map(|(task_type, tally)| (task_type.as_str(), tally))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(Tally::is_empty)
    }

    /// Adds a tally to that of a task type.
    pub fn add(&mut self, task_type: &str, tally: &Tally) {
        match self.0.entry(task_type.to_owned()) {
            Entry::Occupied(mut known) => known.get_mut().merge(tally),
            Entry::Vacant(new) => drop(new.insert(tally.clone())),
        }
    }

    /// Adds the tallies of all task types.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(task_type, tally)| self.add(task_type, tally));
    }

    /// What was counted since an earlier one. Task types of which nothing was counted are left out.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let none = Tally::default();
        let since = self.0.iter().map(|(task_type, tally)| {
            (task_type.clone(), tally.since(earlier.of(task_type).unwrap_or(&none)))
        });
        Self(since.filter(|(_, tally)| !tally.is_empty()).collect())
    }

    /// The counts as JSON.
    pub fn to_json(&self) -> String {
        let types = self.0.iter().map(|(task_type, tally)| (task_type.clone(), tally.to_value()));
        Value::Object(types.collect::<Map<_, _>>()).to_string()
    }

    /// Reads JSON. It leaves out what it does not know, as what a later version tells.
    pub fn from_json(json: &str) -> Self {
        let Ok(Value::Object(types)) = serde_json::from_str(json) else { return Self::default() };
        Self(types.iter().map(|(task_type, tally)| (task_type.clone(), Tally::from_value(tally))).collect())
    }

    /// The tally of a row of `fang_minutes`, which is one of the values of such JSON.
    pub fn tally_from_json(json: &str) -> Tally {
        serde_json::from_str(json).map(|value| Tally::from_value(&value)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn counts_are_read_back_from_their_json_and_unknown_numbers_are_left_out() {
        let mut tally = Tally { started: 3, finished: 1, retried: 1, expired: 9, ..Tally::default() };
        tally.runs.record(Duration::from_millis(3));
        let mut counts = Counts::default();
        counts.add("mails", &tally);
        counts.add("\"odd\" type\u{7}", &Tally { failed: 1, ..Tally::default() });
        assert_eq!(Counts::from_json(&counts.to_json()), counts);
        let later =
            Counts::from_json(r#"{"mails": {"started": 1, "novel": 2, "b999": 1, "failed": -1, "bx": 3}}"#);
        assert_eq!(later.of("mails"), Some(&Tally { started: 1, ..Tally::default() }));
        assert!(Counts::from_json("[]").is_empty() && Counts::from_json("{").is_empty());
    }

    #[test]
    fn what_was_counted_since_is_what_has_to_be_added() {
        let earlier = Counts::from_json(r#"{"a": {"started": 1}, "b": {"started": 5, "b3": 1, "us": 3}}"#);
        let later = Counts::from_json(
            r#"{"a": {"started": 1}, "b": {"started": 7, "b3": 2, "us": 6}, "c": {"failed": 1}}"#,
        );
        let since = later.since(&earlier);
        assert_eq!(since.iter().map(|(task_type, _)| task_type).collect::<Vec<_>>(), ["b", "c"]);
        let mut sum = earlier;
        sum.merge(&since);
        assert_eq!(sum, later);
    }
}
