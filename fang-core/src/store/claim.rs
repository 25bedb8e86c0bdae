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
    /// The task type. A paused one has no tasks to claim.
    pub task_type: &'a str,
    /// The largest number of tasks.
    pub limit: usize,
    /// The scan ranges to search, in this order.
    pub ranges: &'a [ScanRange],
    /// Whether too many workers claim tasks of this type at the same time and slow each other down. A store
    /// may then let crowded claims take an advisory lock, one after the other. The tasks that they get are
    /// the same.
    pub crowded: bool,
}

/// A slice of the ready index: due tasks of one mode and priority, in the order of their instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRange {
    /// The mode of its tasks.
    pub mode: Mode,
    /// The priority of its tasks.
    pub priority: Priority,
    /// The scan floor: the search begins at tasks due at this instant.
    pub floor: DbInstant,
    /// Whether the store may begin later, at a scan floor that another worker has reached. A store may ignore
    /// this.
    pub is_shared: bool,
}

/// An instant as Postgres counts it: microseconds since 2000-01-01 UTC, with both infinities, which calendar
/// types lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbInstant(pub i64);

impl DbInstant {
    /// Before every instant (`-infinity`).
    pub const MIN: Self = Self(i64::MIN);

    /// Microseconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800_000_000;

    /// The instant `span` earlier, or [`MIN`](Self::MIN).
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

/// A claimed task, with what is needed to run it. The payload is text, so that a payload that cannot be
/// decoded does not affect other tasks.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    /// The id.
    pub id: Uuid,
    /// The number of this claim. A result is saved only for the latest claim.
    pub lease: i32,
    /// The number of failed runs.
    pub retries: i32,
    /// How often a process died while it ran the task.
    pub crashes: i16,
    /// The payload.
    pub metadata: String,
    /// Its mode.
    pub mode: Mode,
    /// Its priority.
    pub priority: Priority,
    /// When it became due.
    pub scheduled_at: DbInstant,
    /// How long all claims of the task have found its kind unknown.
    pub unknown_for: Option<Duration>,
    /// How often it is run again after a failure, if its insert set that.
    pub max_retries: Option<i32>,
}

#[cfg(test)]
impl Claimed {
    /// A first claim, for tests.
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
    fn infinity_becomes_the_nearest_instant() {
        assert_eq!(DbInstant(i64::MAX).to_datetime(), DateTime::<Utc>::MAX_UTC);
        assert_eq!(DbInstant::MIN.to_datetime(), DateTime::<Utc>::MIN_UTC);
    }
}
