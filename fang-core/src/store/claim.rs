use super::{WorkerId, micros};
use crate::options::Headers;
use crate::task::{Mode, Priority};
use chrono::{DateTime, Utc};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// A request of a pool for tasks that are due.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The worker that claims: a pool under its id. A worker that was declared dead gets no tasks.
    pub worker: WorkerId,
    /// The task type. A paused type has no tasks to claim.
    pub task_type: &'a str,
    /// At most this many tasks.
    pub limit: usize,
    /// The scan ranges to search, in this order, until there are `limit` tasks. Within a range, the task that
    /// became due first comes first.
    pub ranges: &'a [ScanRange],
    /// Whether the last claim of this pool took long because other pools claim the same task type. A store
    /// may then let such claims come one after the other, for example by an advisory lock, or ignore this.
    pub crowded: bool,
    /// How far ahead to look for the next task of the ranges that becomes due. Zero, as for most claims, for not at all:
    /// pools ask when they would rest for as long otherwise. A store may ignore this.
    pub within: Duration,
}

impl<'a> Claim<'a> {
    /// A claim that is not crowded and does not look ahead.
    pub fn new(worker: WorkerId, task_type: &'a str, limit: usize, ranges: &'a [ScanRange]) -> Self {
        Self { worker, task_type, limit, ranges, crowded: false, within: Duration::ZERO }
    }
}

/// The answer to a [`Claim`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClaimedTasks {
    /// The claimed tasks, in any order. The pool sorts them.
    pub tasks: Vec<Claimed>,
    /// How long from now the next task becomes due, by the clock of the store. Floors do not matter for that, and neither
    /// do tasks that are due and were not claimed. `None` if there is none [in time](Claim::within), if the claim took as
    /// many tasks as its limit, if the task type is paused or the worker was declared dead, or if the store does not tell.
    pub next_in: Option<Duration>,
}

/// The tasks alone, for a store that does not tell when the next one becomes due.
impl From<Vec<Claimed>> for ClaimedTasks {
    fn from(tasks: Vec<Claimed>) -> Self {
        Self { tasks, next_in: None }
    }
}

/// A slice of the waiting tasks of a task type: those of one mode and one priority, ordered by when they
/// become due. In Postgres it is a part of an index, the ready index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRange {
    /// The mode of its tasks.
    pub mode: Mode,
    /// The priority of its tasks.
    pub priority: Priority,
    /// The scan floor: tasks that became due before it may be skipped. A pool starts here because its earlier
    /// claims found nothing before it, which saves the search through rows that are gone. From time to time
    /// it claims without a floor ([`MIN`](DbInstant::MIN)).
    pub floor: DbInstant,
    /// Whether to begin where the claims of other workers ended, if the store knows that and it is later than
    /// `floor`. A store may ignore this.
    pub is_shared: bool,
}

/// An instant as Postgres counts it: microseconds since 2000-01-01 UTC. The smallest number is `-infinity`
/// and the largest is `infinity`, which calendar types do not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbInstant(pub i64);

impl DbInstant {
    /// `-infinity`, which is before every other instant.
    pub const MIN: Self = Self(i64::MIN);

    /// Microseconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800_000_000;

    /// The instant that is earlier by this span, but not before [`MIN`](Self::MIN).
    pub fn earlier_by(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// The instant that is later by this span, but not after `infinity`.
    pub fn later_by(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// The time from an earlier instant to this one, or `None` if that one is not earlier, or infinitely so.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let micros = u64::try_from(self.0.checked_sub(earlier.0)?).ok()?;
        (micros > 0).then(|| Duration::from_micros(micros))
    }

    /// The same instant as a `DateTime`, or the nearest one that a `DateTime` can have.
    pub fn to_datetime(self) -> DateTime<Utc> {
        let nearest = if self.0 < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
        self.0.checked_add(Self::EPOCH).and_then(DateTime::from_timestamp_micros).unwrap_or(nearest)
    }
}

impl From<DateTime<Utc>> for DbInstant {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant.timestamp_micros().saturating_sub(Self::EPOCH))
    }
}

/// A claimed task, with all that its run needs. The payload is text and is decoded later, so that a payload
/// that cannot be decoded fails only its own task.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    /// The id of the task.
    pub id: Uuid,
    /// The number of this claim, counted from 1 for each task. A result must name it, and is refused if the
    /// task was claimed again since.
    pub lease: i32,
    /// How many runs have failed since the insert or the last retry by hand.
    pub retries: i32,
    /// How many times its process died while it ran.
    pub crashes: i16,
    /// The payload.
    pub metadata: String,
    /// Its mode.
    pub mode: Mode,
    /// Its priority.
    pub priority: Priority,
    /// When it became due.
    pub scheduled_at: DbInstant,
    /// How long ago a program that does not know its kind claimed it first: since
    /// [`Verdict::Unknown`](super::Verdict::Unknown). `None` if that has not happened since its last run.
    pub unknown_for: Option<Duration>,
    /// How many times it runs again after failures. `None` if its insert did not say: its struct decides.
    pub max_retries: Option<i32>,
    /// Its headers.
    pub headers: Headers,
    /// How long its row stays after it has ended. `None` if its insert did not say: its kind or the pool decides.
    pub keep: Option<Duration>,
    /// The instant at which it [expired](crate::NewTask::expires), by the clock of the store: it must not run. `None`
    /// if it has not expired at the claim, or never does.
    pub expired_at: Option<DbInstant>,
}

#[cfg(test)]
impl Claimed {
    /// A task for tests, at its first claim.
    pub(crate) fn example() -> Self {
        Self {
            id: Uuid::nil(),
            lease: 1,
            retries: 0,
            crashes: 0,
            metadata: "{}".into(),
            mode: Mode::Asynk,
            priority: Priority::Normal,
            scheduled_at: DbInstant::MIN,
            unknown_for: None,
            max_retries: None,
            headers: Headers::new(),
            keep: None,
            expired_at: None,
        }
    }
}

// The payload stays out of logs.
impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("id", &self.id)
            .field("lease", &self.lease)
            .field("retries", &self.retries)
            .field("crashes", &self.crashes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_count_from_2000_as_postgres_does() {
        let y2k = DateTime::parse_from_rfc3339("2000-01-01T00:00:01Z").unwrap().to_utc();
        assert_eq!(DbInstant::from(y2k), DbInstant(1_000_000));
        assert_eq!(DbInstant(1_000_000).to_datetime(), y2k);
    }

    #[test]
    fn infinity_becomes_the_nearest_instant_of_the_calendar() {
        assert_eq!(DbInstant(i64::MAX).to_datetime(), DateTime::<Utc>::MAX_UTC);
        assert_eq!(DbInstant::MIN.to_datetime(), DateTime::<Utc>::MIN_UTC);
    }
}
