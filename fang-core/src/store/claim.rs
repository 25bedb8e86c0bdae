use super::{WorkerId, micros};
use crate::task::{Mode, Priority};
use chrono::{DateTime, Utc};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// A request for tasks that are due.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The worker that claims. A worker that was declared dead gets no tasks.
    pub worker: WorkerId,
    /// The task type. A paused type gives no tasks.
    pub task_type: &'a str,
    /// At most this many tasks.
    pub limit: usize,
    /// The scan ranges to search, in this order.
    pub ranges: &'a [ScanRange],
    /// Whether so many workers claim this task type at once that they slow each other down. A store may
    /// then make crowded claims take an advisory lock, one after the other. They get the same tasks.
    pub crowded: bool,
}

/// A slice of the ready index: the tasks of one mode and one priority, ordered by when they become due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRange {
    /// The mode of its tasks.
    pub mode: Mode,
    /// The priority of its tasks.
    pub priority: Priority,
    /// The scan floor. Tasks that became due before it are skipped.
    pub floor: DbInstant,
    /// Whether to begin where another worker left off, if that is known to be further. A store may ignore
    /// this.
    pub is_shared: bool,
}

/// An instant as Postgres counts it: microseconds since 2000-01-01 UTC, with both infinities, which no
/// calendar type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbInstant(pub i64);

impl DbInstant {
    /// `-infinity`, which is before every other instant.
    pub const MIN: Self = Self(i64::MIN);

    /// Microseconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800_000_000;

    /// The instant this much earlier, at the earliest [`MIN`](Self::MIN).
    pub fn earlier_by(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// The nearest instant of the calendar type.
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

/// A claimed task, with everything that its run needs. The payload is still text, so one that cannot be
/// decoded does no harm to the others.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    /// The id of the task.
    pub id: Uuid,
    /// The number of this claim. Results under another number are refused.
    pub lease: i32,
    /// The number of failed runs.
    pub retries: i32,
    /// How often its process died while it ran.
    pub crashes: i16,
    /// The payload.
    pub metadata: String,
    /// Its mode.
    pub mode: Mode,
    /// Its priority.
    pub priority: Priority,
    /// When it became due.
    pub scheduled_at: DbInstant,
    /// How long its kind has been unknown to the programs that claimed it; `None` when it is not.
    pub unknown_for: Option<Duration>,
    /// How often it is run again after a failure, if its insert set that.
    pub max_retries: Option<i32>,
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
