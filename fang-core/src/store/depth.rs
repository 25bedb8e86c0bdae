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

    /// Of a task type without tasks.
    pub fn none(task_type: &str) -> Self {
        Self { task_type: task_type.to_owned(), waiting: Capped::of(0), due: Capped::of(0), oldest_due: None }
    }
}

/// A number of tasks, counted up to 10,000, so that counting is quick however many there are.
///
/// ```
/// use fang_core::store::Capped;
/// assert_eq!([7, 10_000, 2_000_000].map(|tasks| Capped::of(tasks).to_string()), ["7", "10000", "10000+"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capped {
    /// How many, at most 10,000.
    pub count: u64,
    /// Whether there are more.
    pub is_capped: bool,
}

impl Capped {
    /// Where counting stops.
    pub const MAX: u64 = 10_000;

    /// Of this many tasks. A store that stops counting has to count one more than [`MAX`](Self::MAX).
    pub fn of(tasks: u64) -> Self {
        Self { count: tasks.min(Self::MAX), is_capped: tasks > Self::MAX }
    }
}

/// The number, with a plus sign if there are more.
impl fmt::Display for Capped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, if self.is_capped { "+" } else { "" })
    }
}
