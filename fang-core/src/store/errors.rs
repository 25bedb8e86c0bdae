use crate::scrub::scrub;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The errors of failed tasks, in groups of the same kind and nearly the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorGroups {
    /// The groups, the largest first.
    pub groups: Vec<ErrorGroup>,
    /// How many failed tasks are in these groups.
    pub looked: u64,
    /// How many ended tasks, failed or finished, the store looked at to find these.
    pub seen: u64,
    /// Whether these are all failed tasks. If not, they are the failed ones among the tasks that ended last, and among
    /// those that are [kept](crate::Task::keep_until) longest.
    pub is_all: bool,
}

/// Failed tasks of a kind whose errors differ only in numbers and ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorGroup {
    /// The kind. Empty if the payloads name none.
    pub kind: String,
    /// The first line of the error, up to 200 characters, with `#` in place of each number, and `<uuid>` of each UUID.
    pub error: String,
    /// How many tasks there are.
    pub tasks: u64,
    /// When the first of them failed.
    pub first_at: DateTime<Utc>,
    /// When the last of them failed.
    pub last_at: DateTime<Utc>,
    /// The id of one of the last ones.
    pub example: Uuid,
    /// Their task types.
    pub task_types: BTreeSet<String>,
}

impl ErrorGroups {
    /// A store stops once it has found this many failed tasks. It may stop earlier, so that a call does not take long:
    /// Postgres looks at up to 20,000 tasks that ended last, and up to 20,000 that are kept longest.
    pub const MAX_LOOK: u64 = 4_000;

    /// Groups what a store has found among `looked` failed tasks. The texts are whole errors, or their beginnings. A
    /// store that also looked at finished tasks sets [`seen`](Self::seen) afterwards.
    pub fn of(parts: impl IntoIterator<Item = ErrorGroup>, looked: u64, is_all: bool) -> Self {
        let mut groups = BTreeMap::<(String, String), ErrorGroup>::new();
        for mut part in parts {
            part.error = scrub(&part.error);
            match groups.get_mut(&(part.kind.clone(), part.error.clone())) {
                Some(group) => group.merge(part),
                None => {
                    groups.insert((part.kind.clone(), part.error.clone()), part);
                }
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.tasks, group.last_at)));
        Self { groups, looked, seen: looked, is_all }
    }
}

impl ErrorGroup {
    fn merge(&mut self, part: Self) {
        self.tasks += part.tasks;
        self.first_at = self.first_at.min(part.first_at);
        if part.last_at > self.last_at {
            (self.last_at, self.example) = (part.last_at, part.example);
        }
        self.task_types.extend(part.task_types);
    }
}
