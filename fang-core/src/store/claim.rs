use super::{WorkerId, micros};
use crate::task::{Mode, Priority};
use chrono::{DateTime, Utc};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// A request for tasks that are due.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Who claims. A worker that was declared dead gets nothing.
    pub worker: WorkerId,
    /// The task type. A paused one gives nothing.
    pub task_type: &'a str,
    /// How many at most.
    pub limit: usize,
    /// Where to look, in this order.
    pub ranges: &'a [ScanRange],
    /// Whether so many claim tasks of this type at once that they hold each other up. A store may then let
    /// all but a few wait for their turn; what they get is the same.
    pub crowded: bool,
}

/// One stretch of the ready index, in which tasks lie in the order of their instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanRange {
    /// The mode of its tasks.
    pub mode: Mode,
    /// The priority of its tasks.
    pub priority: Priority,
    /// Nothing due before this instant is looked at.
    pub floor: DbInstant,
    /// Whether to begin where another left off, if that is known to be further. A store may leave that alone.
    pub is_shared: bool,
}

/// An instant exactly as Postgres counts it: microseconds since 2000-01-01 UTC, with both
/// infinities, which no calendar type can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbInstant(pub i64);

impl DbInstant {
    /// Before every instant (`-infinity`).
    pub const MIN: Self = Self(i64::MIN);

    /// Microseconds from 1970 to 2000.
    const EPOCH: i64 = 946_684_800_000_000;

    /// The instant so long before, or the first of all.
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

/// A claimed task: what is needed to run it, its payload still as text so that one that cannot be
/// decoded costs nobody else anything.
#[derive(Clone, PartialEq)]
pub struct Claimed {
    /// Which task.
    pub id: Uuid,
    /// The number of this claim: the fence.
    pub lease: i32,
    /// How many runs have failed so far.
    pub retries: i32,
    /// How often a process died with it.
    pub crashes: i16,
    /// The payload.
    pub metadata: String,
    /// Its mode.
    pub mode: Mode,
    /// Its priority.
    pub priority: Priority,
    /// When it became due.
    pub scheduled_at: DbInstant,
    /// For how long its kind has been unknown to those who claimed it.
    pub unknown_for: Option<Duration>,
    /// How often it is run again after a failure, if its insert said so.
    pub max_retries: Option<i32>,
}

#[cfg(test)]
impl Claimed {
    /// One for tests: its first claim, nothing behind it.
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
    fn infinity_becomes_the_nearest_instant_there_is() {
        assert_eq!(DbInstant(i64::MAX).to_datetime(), DateTime::<Utc>::MAX_UTC);
        assert_eq!(DbInstant::MIN.to_datetime(), DateTime::<Utc>::MIN_UTC);
    }
}
