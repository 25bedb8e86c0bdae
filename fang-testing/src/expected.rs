//! The tasks that a test expects.

mod difference;
mod message;
mod number;

use crate::mode::Mode;
use crate::queue::{Inspect, all};
use chrono::{DateTime, Utc};
use difference::Difference;
use fang_core::store::Filter;
use fang_core::{FangTaskState, Priority, Task};
use serde_json::Value;
use std::panic::Location;
use std::time::{Duration, Instant};

/// Stands for any value in the fields of `assert_inserted!` and `refute_inserted!`: the field has to be there, with
/// whatever value, also `null`. No payload can contain this text, which has a NUL character.
///
#[cfg_attr(feature = "blocking", doc = "```")]
#[cfg_attr(not(feature = "blocking"), doc = "```text")]
/// # use fang_blocking::MemoryQueue;
/// # use fang_core::{Mode, NewTask, Queueable};
/// use fang_testing::{ANY, assert_inserted, refute_inserted};
/// let queue = MemoryQueue::new();
/// # let payload = r#"{"type": "welcome", "email": "ada@example.com"}"#.to_owned();
/// # let task = NewTask::new(payload, "common".to_owned(), Mode::Blocking);
/// queue.insert(task)?;
/// assert_inserted!(queue, "welcome", { "email": ANY });
/// refute_inserted!(queue, "welcome", { "phone": ANY });
/// # Ok::<(), fang_core::QueueError>(())
/// ```
pub const ANY: &str = "\0any value";

/// A value as a message shows it: with the name of [`ANY`] for what stands for any value.
fn shown(value: &Value) -> String {
    value.to_string().replace("\"\\u0000any value\"", "ANY")
}

/// How far a delay or an instant may be off, unless the test says.
const SLACK: Duration = Duration::from_secs(1);

/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The tasks that `assert_inserted!` and `refute_inserted!` look for. Each option of the macros is a method of it.
#[derive(Clone, Debug)]
#[must_use = "nothing is asserted until it is checked"]
pub struct Expected {
    kind: Option<String>,
    fields: Option<Value>,
    count: Count,
    within: Duration,
    task_type: Option<String>,
    state: Option<FangTaskState>,
    delay: Option<Duration>,
    at: Option<DateTime<Utc>>,
    slack: Duration,
    tags: Vec<String>,
    headers: Vec<(String, String)>,
    priority: Option<Priority>,
    max_retries: Option<i32>,
    place: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    AtLeastOne,
    Exactly(usize),
}

impl Expected {
    #[doc(hidden)]
    pub fn new(kind: Option<&str>, fields: Option<Value>, place: &'static Location<'static>) -> Self {
        Self {
            kind: kind.map(str::to_owned),
            fields,
            count: Count::AtLeastOne,
            within: Duration::ZERO,
            task_type: None,
            state: None,
            delay: None,
            at: None,
            slack: SLACK,
            tags: Vec::new(),
            headers: Vec::new(),
            priority: None,
            max_retries: None,
            place,
        }
    }

    /// Expects exactly this many tasks. Defaults to one or more. With 0 it is what `refute_inserted!` asserts.
    pub fn count(mut self, count: usize) -> Self {
        self.count = Count::Exactly(count);
        self
    }

    #[doc(hidden)]
    pub fn none(self) -> Self {
        self.count(0)
    }

    /// Waits up to this long until the expectation holds. With `refute_inserted!` or `count = 0`, it waits all that time
    /// and there must be no such task meanwhile. Defaults to zero: it looks once.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Expects this task type. Defaults to any.
    pub fn task_type(mut self, task_type: impl Into<String>) -> Self {
        self.task_type = Some(task_type.into());
        self
    }

    /// Expects this state. Defaults to those of a task that waits or runs.
    pub fn state(mut self, state: FangTaskState) -> Self {
        self.state = Some(state);
        self
    }

    /// Expects a task that is due this long after its insert, give or take the [slack](Self::slack). Defaults to any.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Expects a task that is due at this instant, give or take the [slack](Self::slack). Defaults to any.
    pub fn at(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }

    /// How far a `delay` or `at` may be off. Defaults to one second.
    pub fn slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// Expects these tags, among others. Defaults to any.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Expects this header, among others: `header = ("tenant", "a")`. Defaults to any.
    pub fn header(mut self, (name, value): (impl Into<String>, impl Into<String>)) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Expects this priority. Defaults to any.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Expects an insert that set this many retries. Defaults to any.
    pub fn max_retries(mut self, max_retries: i32) -> Self {
        self.max_retries = Some(max_retries);
        self
    }

    /// Looks until the expectation holds or the time is over. Returns the tasks that match.
    pub(crate) async fn check<M: Mode>(self, place: &(impl Inspect<M> + ?Sized)) -> Vec<Task> {
        let began = Instant::now();
        loop {
            let found = match all(place, &Filter::default()).await {
                Ok(found) => found,
                Err(error) => panic!("at {}: the tasks cannot be listed: {error}", self.place),
            };
            let (matching, others) = self.sort(found);
            let is_over = began.elapsed() >= self.within;
            let holds = self.holds(matching.len());
            let has_to_last = self.count == Count::Exactly(0);
            if holds && (is_over || !has_to_last) {
                return matching;
            }
            if is_over || !holds && has_to_last {
                panic!("{}", message::failure(&self, &matching, &others));
            }
            M::sleep(LOOK_EVERY).await;
        }
    }

    fn holds(&self, found: usize) -> bool {
        match self.count {
            Count::AtLeastOne => found > 0,
            Count::Exactly(count) => found == count,
        }
    }

    /// Whether the kind is another one than that which is expected.
    fn is_other_kind(&self, task: &Task) -> bool {
        self.kind.as_deref().is_some_and(|kind| task.kind() != Some(kind))
    }

    /// The tasks that match, and those that do not, with what is different.
    fn sort(&self, tasks: Vec<Task>) -> (Vec<Task>, Vec<(Task, Vec<Difference>)>) {
        let (mut matching, mut others) = (Vec::new(), Vec::new());
        for task in tasks {
            let differences = self.differences(&task);
            if differences.is_empty() {
                matching.push(task);
            } else {
                others.push((task, differences));
            }
        }
        (matching, others)
    }
}
