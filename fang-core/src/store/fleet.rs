use super::{Asked, By, Counts, Tally, WorkerId};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::time::Duration;

/// A worker: a running pool, or one that has stopped or died. The row of a pool that has stopped or died is removed an
/// hour later, or a day later if its last counts could not be added up. It stays while tasks are claimed by the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerInfo {
    /// The id.
    pub id: WorkerId,
    /// The name of its machine. Empty if it is not known.
    pub host: String,
    /// The id of its process. 0 if it is not known.
    pub pid: u32,
    /// The version of fang in its program. Empty if it is not known.
    pub version: String,
    /// The mode of the tasks that it runs: `asynk` or `blocking`.
    pub mode: String,
    /// The task types that it serves: the first [1,000](Self::LISTED) of them.
    pub task_types: Vec<String>,
    /// How many more it serves.
    pub more_task_types: u32,
    /// Whether it serves all task types of its mode, also those that appear later.
    pub all_task_types: bool,
    /// How many tasks it runs at the same time.
    pub workers: u32,
    /// How many tasks it ran at its last beat.
    pub busy: u32,
    /// Whether it was quiet at its last beat: it claims no tasks.
    pub is_quiet: bool,
    /// When it registered.
    pub started_at: DateTime<Utc>,
    /// When its last beat got through.
    pub beat_at: DateTime<Utc>,
    /// How long ago that was.
    pub silent_for: Duration,
    /// Whether it lives.
    pub state: WorkerState,
    /// Whether other pools declared it dead: its process has died, has hung, or has lost the store. `false` if it
    /// lives, or has stopped by itself.
    pub is_lost: bool,
    /// What it is asked to do and has not begun to do.
    pub asked: Option<Asked>,
    /// What it has counted since it registered, as its last beat told.
    pub counts: Counts,
    /// The part of this that is in no [`Minute`] yet.
    pub ungathered: Counts,
}

impl WorkerInfo {
    /// The most task types that the row of a worker lists.
    pub const LISTED: usize = 1_000;

    /// The task types that it serves, for people to read: `*` for all, else their names, at most `at_most` of them.
    pub fn served(&self, separator: &str, at_most: usize) -> String {
        if self.all_task_types {
            return "*".to_owned();
        }
        let names: Vec<&str> = self.task_types.iter().take(at_most).map(String::as_str).collect();
        let more = (self.task_types.len() - names.len()).saturating_add(self.more_task_types as usize);
        let names = names.join(separator);
        if more == 0 { names } else { format!("{names} and {more} more") }
    }
}

/// Whether a worker lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkerState {
    /// It beats.
    Alive,
    /// No beat has come for half a lease. Others declare it dead after a lease.
    Silent,
    /// It has stopped, or was declared dead.
    Dead,
}

impl WorkerState {
    /// The state of a worker with this lease.
    pub fn of(is_dead: bool, silent_for: Duration, lease: Duration) -> Self {
        match is_dead {
            true => Self::Dead,
            false if silent_for > lease / 2 => Self::Silent,
            false => Self::Alive,
        }
    }

    /// The name: `alive`, `silent` or `dead`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Silent => "silent",
            Self::Dead => "dead",
        }
    }
}

/// What a worker says of itself when it registers, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Description {
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) version: String,
    pub(crate) mode: String,
    pub(crate) task_types: Vec<String>,
    pub(crate) more_task_types: u32,
    pub(crate) all_task_types: bool,
    pub(crate) workers: u32,
    lease_ms: Option<u32>,
}

impl Description {
    fn read(info: &str) -> Self {
        serde_json::from_str(info).unwrap_or_default()
    }

    fn lease(&self) -> Duration {
        const DEFAULT: Duration = Duration::from_secs(30);
        self.lease_ms.map_or(DEFAULT, |lease| Duration::from_millis(lease.into()))
    }
}

/// The row of a worker, for stores to make a [`WorkerInfo`] of.
#[derive(Clone, Debug)]
pub struct WorkerRow<'a> {
    /// The id.
    pub id: WorkerId,
    /// The JSON of [`register`](super::Store::register).
    pub info: &'a str,
    /// When it registered.
    pub started_at: DateTime<Utc>,
    /// When its last beat got through.
    pub beat_at: DateTime<Utc>,
    /// How long ago that was, by the clock of the store.
    pub silent_for: Duration,
    /// Whether it has stopped or was declared dead.
    pub is_dead: bool,
    /// Whether it was declared dead, before it could [retire](super::Store::retire).
    pub is_lost: bool,
    /// From the last [`Report`](super::Report): workers, busy ones, and whether it is quiet. `None` before the first.
    pub load: Option<(u32, u32, bool)>,
    /// What it is asked to do.
    pub asked: Option<Asked>,
    /// The counts of the last report.
    pub told: Counts,
    /// The counts that were gathered.
    pub gathered: Counts,
}

impl WorkerRow<'_> {
    /// The worker of this row.
    pub fn read(self) -> WorkerInfo {
        let about = Description::read(self.info);
        let state = WorkerState::of(self.is_dead, self.silent_for, about.lease());
        let Description { host, pid, version, mode, task_types, workers, .. } = about;
        let (more_task_types, all_task_types) = (about.more_task_types, about.all_task_types);
        let (workers, busy, is_quiet) = self.load.unwrap_or((workers, 0, false));
        WorkerInfo {
            id: self.id,
            host,
            pid,
            version,
            mode,
            task_types,
            more_task_types,
            all_task_types,
            workers,
            busy,
            is_quiet,
            started_at: self.started_at,
            beat_at: self.beat_at,
            silent_for: self.silent_for,
            state,
            is_lost: self.is_lost,
            asked: self.asked,
            ungathered: self.told.since(&self.gathered),
            counts: self.told,
        }
    }
}

/// What all pools together have counted for a task type, or for a kind, in a minute or an hour.
///
/// The minute is exact to some seconds. Pools save their counts with their beats, and one pool adds up what is new once
/// a minute. So runs of the last seconds may be counted in the next minute, and runs of the first seconds in the one
/// before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minute {
    /// When the minute or the hour began.
    pub at: DateTime<Utc>,
    /// The task type or the kind, or [`Counts::OTHERS`].
    pub name: String,
    /// What was counted.
    pub tally: Tally,
}

/// Whether figures are those of minutes or those of hours, which begin on the hour in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// Of each minute, for 72 h.
    #[default]
    Minute,
    /// Of each hour, for 180 days. The hour that has not ended has what was counted of it so far.
    Hour,
}

impl Per {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Minute, Self::Hour];

    /// How long it is.
    pub fn span(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::Hour => 60 * 60,
        })
    }

    /// How long it is kept.
    pub fn kept(self) -> Duration {
        const DAY: u64 = 24 * 60 * 60;
        Duration::from_secs(match self {
            Self::Minute => 3 * DAY,
            Self::Hour => 180 * DAY,
        })
    }

    /// The minute or the hour of an instant.
    pub fn of(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let span = i64::try_from(self.span().as_secs()).unwrap_or(1);
        DateTime::from_timestamp(at.timestamp().div_euclid(span) * span, 0).unwrap_or(at)
    }

    /// The first minute or hour of a window that ends now. A window is at least one of them long, and at most as long as
    /// they are kept.
    pub fn first(self, now: DateTime<Utc>, window: Duration) -> DateTime<Utc> {
        let window = TimeDelta::from_std(window.clamp(self.span(), self.kept())).unwrap_or_default();
        self.of(now.checked_sub_signed(window).unwrap_or(now))
    }
}

/// A page of [minutes or hours](super::Store::minutes), ordered by time and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes<'a> {
    /// Whether to list minutes or hours.
    pub per: Per,
    /// Whether to list those of task types or those of kinds.
    pub by: By,
    /// Only those that began at this instant or later.
    pub from: DateTime<Utc>,
    /// Only those after this one: the last one of the page before. `None` begins with the first.
    pub after: Option<(DateTime<Utc>, &'a str)>,
    /// At most this many, at least 1.
    pub limit: u32,
}

impl<'a> Minutes<'a> {
    /// The first page of the minutes of task types from this instant on: up to 1,000 of them.
    pub fn from(from: DateTime<Utc>) -> Self {
        Self { per: Per::Minute, by: By::TaskType, from, after: None, limit: 1_000 }
    }

    /// The same of minutes or of hours.
    #[must_use]
    pub fn per(self, per: Per) -> Self {
        Self { per, ..self }
    }

    /// The same of task types or of kinds.
    #[must_use]
    pub fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    /// The page after one that ends with this minute.
    #[must_use]
    pub fn after(self, last: &'a Minute) -> Self {
        Self { after: Some((last.at, &last.name)), ..self }
    }
}

/// A task type that is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedType {
    /// The task type.
    pub task_type: String,
    /// Since when.
    pub paused_at: DateTime<Utc>,
}
