use std::fmt;
use std::time::Duration;

/// How many tasks of one task type wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Depth {
    /// The task type.
    pub task_type: String,
    /// The tasks that wait: those that are due, and those for later.
    pub waiting: Capped,
    /// The tasks that are due.
    pub due: Capped,
    /// How long the one that became due first has been due. `None` if no task is due.
    pub oldest_due: Option<Duration>,
}

impl Depth {
    /// Stores return at most this many task types in one call.
    pub const TASK_TYPES: u16 = 1_000;

    /// How many tasks a store counts in all, for a call that asks for all types. Each type has an equal share, at least
    /// 50 and at most 10,000 tasks. With 2 types, 10,000 tasks of each are counted; with 8 types 2,500.
    pub const COUNTED: u64 = 20_002;

    /// The depth of a task type without tasks.
    pub fn none(task_type: &str) -> Self {
        Self { task_type: task_type.to_owned(), waiting: Capped::of(0), due: Capped::of(0), oldest_due: None }
    }
}

/// A number of tasks. Counting stops at 10,000, so it is quick however many tasks there are. A store that counts many
/// task types in one call may stop earlier.
///
/// ```
/// use fang_core::store::Capped;
/// assert_eq!([7, 10_000, 2_000_000].map(|tasks| Capped::of(tasks).to_string()), ["7", "10000", "10000+"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capped {
    /// How many were counted, at most 10,000.
    pub count: u64,
    /// Whether there are more.
    pub is_capped: bool,
}

impl Capped {
    /// Where counting stops.
    pub const MAX: u64 = 10_000;

    /// The number for a count that stops at `stop` tasks. If it did, one task or more are not counted.
    ///
    /// ```
    /// use fang_core::store::Capped;
    /// assert_eq!([99, 100].map(|tasks| Capped::counted(tasks, 100).to_string()), ["99", "99+"]);
    /// ```
    pub fn counted(tasks: u64, stop: u64) -> Self {
        Self { count: tasks.min(stop.saturating_sub(1)), is_capped: tasks >= stop }
    }

    /// The number for this many tasks. A store that stops counting has to count one more than [`MAX`](Self::MAX).
    pub fn of(tasks: u64) -> Self {
        Self::counted(tasks, Self::MAX + 1)
    }
}

/// The number, with a plus sign if there are more.
impl fmt::Display for Capped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, if self.is_capped { "+" } else { "" })
    }
}
