use super::Tally;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Whether figures are those of task types or those of kinds. Each run counts for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// Of each task type.
    #[default]
    TaskType,
    /// Of each kind.
    Kind,
}

impl By {
    /// Both.
    pub const ALL: [Self; 2] = [Self::TaskType, Self::Kind];

    /// The name in the JSON of [`Counts`].
    fn key(self) -> &'static str {
        match self {
            Self::TaskType => "types",
            Self::Kind => "kinds",
        }
    }
}

/// A [`Tally`] for each task type, and for each kind.
///
/// As JSON, numbers that are zero are left out:
/// `{"types": {"mails": {"started": 2, "finished": 2, "us": 3000, "b21": 2, "wus": 900, "w17": 2}}, "kinds": {..}}`.
/// `us` is how long all runs took, in microseconds, and `b21` how many runs fell into span 21 of the
/// [`Histogram`](super::Histogram). `wus` and `w17` are the same for how long the tasks had waited.
///
/// ```
/// use fang_core::store::Counts;
/// let counts = Counts::from_json(r#"{"types": {"mails": {"started": 2, "finished": 1, "us": 3000, "b20": 1}}}"#);
/// let mails = counts.of("mails").unwrap();
/// assert_eq!((mails.started, mails.running()), (2, 1));
/// assert_eq!(Counts::from_json(&counts.to_json()), counts);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    types: Tallies,
    kinds: Tallies,
}

type Tallies = BTreeMap<String, Tally>;

impl Counts {
    /// The name under which all task types without a place of their own are summed, and all kinds without one. A task
    /// type or a kind with this very name is summed with them.
    pub const OTHERS: &str = "(others)";

    /// The most bytes of JSON that a worker sends with a beat.
    pub const MAX_BYTES: usize = 32 * 1024;

    /// The tally of a task type.
    pub fn of(&self, task_type: &str) -> Option<&Tally> {
        self.types.get(task_type)
    }

    /// The tally of a kind.
    pub fn of_kind(&self, kind: &str) -> Option<&Tally> {
        self.kinds.get(kind)
    }

    /// The task types, ordered by name, each with its tally.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.by(By::TaskType)
    }

    /// The task types or the kinds, ordered by name, each with its tally.
    pub fn by(&self, by: By) -> impl Iterator<Item = (&str, &Tally)> {
        self.tallies(by).iter().map(|(name, tally)| (name.as_str(), tally))
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        By::ALL.iter().all(|by| self.tallies(*by).values().all(Tally::is_empty))
    }

    /// Adds a tally to that of a task type.
    pub fn add(&mut self, task_type: &str, tally: &Tally) {
        self.add_to(By::TaskType, task_type, tally);
    }

    /// Adds a tally to that of a task type or of a kind.
    pub fn add_to(&mut self, by: By, name: &str, tally: &Tally) {
        match self.tallies_mut(by).entry(name.to_owned()) {
            Entry::Occupied(mut known) => known.get_mut().merge(tally),
            Entry::Vacant(new) => drop(new.insert(tally.clone())),
        }
    }

    /// Adds the tallies of all task types and kinds.
    pub fn merge(&mut self, other: &Self) {
        for by in By::ALL {
            other.by(by).for_each(|(name, tally)| self.add_to(by, name, tally));
        }
    }

    /// What was counted since an earlier one. Task types and kinds of which nothing was counted are left out.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let [types, kinds] = By::ALL.map(|by| since(self.tallies(by), earlier.tallies(by)));
        Self { types, kinds }
    }

    /// The counts as JSON.
    pub fn to_json(&self) -> String {
        let all = By::ALL.map(|by| (by.key(), self.tallies(by)));
        let all = all.into_iter().filter(|(_, tallies)| !tallies.is_empty());
        let all = all.map(|(key, tallies)| {
            let tallies = tallies.iter().map(|(name, tally)| (name.clone(), tally.to_value()));
            (key.to_owned(), Value::Object(tallies.collect()))
        });
        Value::Object(all.collect::<Map<_, _>>()).to_string()
    }

    /// Reads JSON. It leaves out what it does not know, as what a later version tells.
    pub fn from_json(json: &str) -> Self {
        let read: Value = serde_json::from_str(json).unwrap_or_default();
        let [types, kinds] = By::ALL.map(|by| {
            let tallies = read.get(by.key()).and_then(Value::as_object).into_iter().flatten();
            tallies.map(|(name, tally)| (name.clone(), Tally::from_value(tally))).collect()
        });
        Self { types, kinds }
    }

    /// The tally of a row of `fang_minutes`, which is one of the values of such JSON.
    pub fn tally_from_json(json: &str) -> Tally {
        serde_json::from_str(json).map(|value| Tally::from_value(&value)).unwrap_or_default()
    }

    fn tallies(&self, by: By) -> &Tallies {
        match by {
            By::TaskType => &self.types,
            By::Kind => &self.kinds,
        }
    }

    fn tallies_mut(&mut self, by: By) -> &mut Tallies {
        match by {
            By::TaskType => &mut self.types,
            By::Kind => &mut self.kinds,
        }
    }
}

fn since(later: &Tallies, earlier: &Tallies) -> Tallies {
    let none = Tally::default();
    let since =
        later.iter().map(|(name, tally)| (name.clone(), tally.since(earlier.get(name).unwrap_or(&none))));
    since.filter(|(_, tally)| !tally.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn counts_are_read_back_from_their_json_and_unknown_numbers_are_left_out() {
        let mut tally = Tally { started: 3, finished: 1, retried: 1, expired: 9, ..Tally::default() };
        tally.runs.record(Duration::from_millis(3));
        tally.waits.record(Duration::from_secs(7));
        let mut counts = Counts::default();
        counts.add("mails", &tally);
        counts.add_to(By::Kind, "mails", &Tally { cancelled: 2, ..Tally::default() });
        counts.add("\"odd\" type\u{7}", &Tally { failed: 1, ..Tally::default() });
        assert_eq!(Counts::from_json(&counts.to_json()), counts);
        let later = Counts::from_json(
            r#"{"types": {"mails": {"started": 1, "novel": 2, "b999": 1, "failed": -1, "bx": 3, "w": 1, "wx": 1}},
                "kinds": {"Mail": {"started": "many"}, "Report": []}, "novel": {"mails": {"started": 7}}}"#,
        );
        assert_eq!(later.of("mails"), Some(&Tally { started: 1, ..Tally::default() }));
        assert_eq!(later.of_kind("Mail"), Some(&Tally::default()));
        for odd in ["[]", "{", "7", r#"{"types": 7, "kinds": []}"#, r#"{"mails": {"started": 1}}"#] {
            assert!(Counts::from_json(odd).is_empty(), "{odd}");
        }
    }

    #[test]
    fn what_was_counted_since_is_what_has_to_be_added() {
        let earlier = Counts::from_json(
            r#"{"types": {"a": {"started": 1}, "b": {"started": 5, "b3": 1, "us": 3}}, "kinds": {"A": {"failed": 1}}}"#,
        );
        let later = Counts::from_json(
            r#"{"types": {"a": {"started": 1}, "b": {"started": 7, "b3": 2, "us": 6, "w0": 2, "wus": 1}, "c": {"failed": 1}},
                "kinds": {"A": {"failed": 3}}}"#,
        );
        let since = later.since(&earlier);
        assert_eq!(since.iter().map(|(task_type, _)| task_type).collect::<Vec<_>>(), ["b", "c"]);
        let b = since.of("b").unwrap();
        assert_eq!((b.runs.count(), b.waits.count(), b.waits.micros()), (1, 2, 1));
        assert_eq!(since.of_kind("A").unwrap().failed, 2);
        let mut sum = earlier;
        sum.merge(&since);
        assert_eq!(sum, later);
    }
}
