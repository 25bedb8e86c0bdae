use crate::error::ScheduleError;
use crate::new_task::NewTask;
use crate::schedule::CronPattern;
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// What to wake in [`Wakes`](crate::wake::Wakes) when a cron was added or changed: announced like a
/// task type, and none.
pub const CRONS: &str = "fang:crons";

/// A cron to keep, with its first tick: a task of the cron is always inserted one tick ahead, so
/// that it starts on time however late the next look at the crons is.
#[derive(Clone, Debug)]
pub struct NewCron {
    /// Its name: kind and payload, so that a second schedule of the same finds the first.
    pub name: String,
    /// When it ticks.
    pub pattern: String,
    /// What each tick inserts; its id is that of the first tick's task.
    pub task: NewTask,
    /// The first tick.
    pub first: DateTime<Utc>,
}

/// A cron as the store keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedCron {
    /// The last tick for which a task was inserted.
    pub last_tick: DateTime<Utc>,
    /// That task.
    pub task_id: Uuid,
}

/// The crons at one look.
#[derive(Clone, Debug, Default)]
pub struct Crons {
    /// Those whose last inserted tick is due, and that therefore need another.
    pub due: Vec<DueCron>,
    /// How long until the next of the others needs one.
    pub next_in: Option<Duration>,
}

impl Crons {
    /// Sorted by whether they are due, at one look.
    pub fn new(crons: impl Iterator<Item = DueCron>) -> Self {
        let (due, waiting): (Vec<_>, Vec<_>) = crons.partition(|cron| cron.last_tick <= cron.now);
        let next_in = waiting.iter().filter_map(|cron| (cron.last_tick - cron.now).to_std().ok()).min();
        Self { due, next_in }
    }
}

/// A cron that needs another tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCron {
    /// Its name.
    pub name: String,
    /// When it ticks.
    pub pattern: String,
    /// The last tick for which a task was inserted.
    pub last_tick: DateTime<Utc>,
    /// The clock of the store at this look.
    pub now: DateTime<Utc>,
}

impl DueCron {
    /// The tick to insert: the next one from now, so that ticks which were missed while nobody
    /// looked are one. `None` when the pattern never fires again.
    ///
    /// # Errors
    /// [`ScheduleError::Pattern`] when the pattern is none.
    pub fn next(&self) -> Result<Option<DateTime<Utc>>, ScheduleError> {
        match CronPattern::parse(&self.pattern)?.next_after(self.now) {
            Ok(next) => Ok(Some(next)),
            Err(ScheduleError::NeverFires { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// One tick to insert, unless somebody else already has.
#[derive(Clone, Debug)]
pub struct Tick<'a> {
    /// Of which cron.
    pub name: &'a str,
    /// The last tick as it was seen: compared before anything is written.
    pub seen: DateTime<Utc>,
    /// The tick to insert; `None` when the pattern never fires again, which ends the cron.
    pub next: Option<DateTime<Utc>>,
    /// The id of the tick's task.
    pub id: Uuid,
}
