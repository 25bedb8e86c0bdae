use crate::error::ScheduleError;
use crate::new_task::NewTask;
use crate::options::Options;
use crate::redacted::Redacted;
use crate::schedule::{Cron, Timetable};
use crate::task::{Mode, Priority};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use uuid::Uuid;

/// A cron to save, with its first tick. The task of the next tick is always inserted ahead, due at that tick,
/// so that it starts on time even if no pool looks at the crons in that moment.
#[derive(Clone, Debug)]
pub struct NewCron {
    /// Its name: [`NewTask::cron_name`]. Scheduling the same task again finds the same cron.
    pub name: String,
    /// The pattern or interval, and its options.
    pub cron: Cron,
    /// The task that each tick inserts. Its id is for the task of the first tick; each other tick gets an id
    /// of its own.
    pub task: NewTask,
    /// The first tick.
    pub first: DateTime<Utc>,
}

/// A cron as the store has saved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedCron {
    /// The latest tick whose task was inserted. It usually lies ahead.
    pub last_tick: DateTime<Utc>,
    /// The id of that task, or nil if a pause removed it.
    pub task_id: Uuid,
}

/// A cron, as `list_crons` returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronInfo {
    /// Its name.
    pub name: String,
    /// The pattern or interval, and its options.
    pub cron: Cron,
    /// The task type of its tasks.
    pub task_type: String,
    /// The mode of its tasks.
    pub mode: Mode,
    /// The priority of its tasks.
    pub priority: Priority,
    /// The next tick. It may be past: if no pool has looked at the crons since, or if the cron is paused.
    pub next_tick: DateTime<Utc>,
    /// When it was first scheduled.
    pub created_at: DateTime<Utc>,
    /// When it was paused. `None` if it is not paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// The payload of its tasks, as JSON.
    pub payload: Redacted<String>,
    /// How long after its tick a task may begin. `None` if that does not matter.
    pub expires: Option<Duration>,
    /// The other options of its tasks.
    pub options: Options,
}

/// How the last part of the name of a cron begins that was made by hand. Names of other crons end with a hash.
const BY_HAND: &str = "hand:";

/// The name that was given to a cron by hand, if it was made so.
fn hand_name(name: &str) -> Option<&str> {
    name.rsplit_once('/')?.1.strip_prefix(BY_HAND)
}

impl NewCron {
    /// The whole name of a cron that is made by hand: `Report/hand:nightly` for `nightly` and a task of the kind
    /// `Report`. Two crons by hand may have the same task.
    ///
    /// # Errors
    /// [`ScheduleError::CronName`] when the name is empty, longer than 100 bytes, or has other characters than letters,
    /// digits, `-`, `_` and `.`.
    pub fn name_by_hand(name: &str, task: &NewTask) -> Result<String, ScheduleError> {
        let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 100 || !name.chars().all(is_plain) {
            return Err(ScheduleError::CronName { name: name.to_owned() });
        }
        let of_code = task.cron_name();
        let kind = of_code.rsplit_once('/').map_or("", |(kind, _)| kind);
        Ok(format!("{kind}/{BY_HAND}{name}"))
    }
}

impl CronInfo {
    /// The kind of its tasks.
    pub fn kind(&self) -> &str {
        self.name.rsplit_once('/').map_or(self.name.as_str(), |(kind, _)| kind)
    }

    /// The name that was given to it by hand: by `set_cron` of an `Admin`, or by `fang crons add`. `None` for a cron of
    /// a program.
    pub fn name_by_hand(&self) -> Option<&str> {
        hand_name(&self.name)
    }

    /// A task as its ticks insert it.
    pub fn task(&self) -> NewTask {
        let task = NewTask::new(self.payload.expose().clone(), self.task_type.clone(), self.mode);
        let task = task.priority(self.priority);
        NewTask { expires: self.expires, options: self.options.clone(), ..task }
    }

    /// The next ticks after `now`, at most `most` of them. Intervals are counted from the tick whose task waits.
    ///
    /// # Errors
    /// The errors of [`Timetable::read`].
    pub fn next_ticks(&self, now: DateTime<Utc>, most: usize) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
        let timetable = Timetable::read(&self.cron)?;
        let first = timetable.next_after(self.next_tick, now).ok();
        let ticks = std::iter::successors(first, |tick| timetable.next_after(*tick, *tick).ok());
        Ok(ticks.take(most).collect())
    }

    /// The last tick up to `now`, as the pattern says, whether its task ran or not. `None` if that is before
    /// `created_at`.
    pub fn last_tick(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Timetable::read(&self.cron).ok()?.last(self.next_tick, self.created_at, now)
    }
}

/// The crons that need another tick now, and when the next one will.
#[derive(Clone, Debug, Default)]
pub struct Crons {
    /// Crons that need another tick: the last inserted one is due, or a pause that is over removed its task.
    pub due: Vec<DueCron>,
    /// How long until one of the other crons needs a tick. `None` if there are no others.
    pub next_in: Option<Duration>,
}

impl Crons {
    /// Sorts crons: those that are due now, and the time until the next of the others is due.
    pub fn new(crons: impl Iterator<Item = DueCron>) -> Self {
        let (due, waiting): (Vec<_>, Vec<_>) = crons.partition(DueCron::is_due);
        let next_in = waiting.iter().filter_map(|cron| (cron.last_tick - cron.now).to_std().ok()).min();
        Self { due, next_in }
    }
}

/// A cron that needs another tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCron {
    /// Its name.
    pub name: String,
    /// The pattern or interval, and its options.
    pub cron: Cron,
    /// The latest tick whose task was inserted. It usually lies ahead.
    pub last_tick: DateTime<Utc>,
    /// The id of that task, or nil if a pause removed it.
    pub task_id: Uuid,
    /// When that tick was chosen, by the clock of the store.
    pub ticked_at: DateTime<Utc>,
    /// The time when the store was asked, by its clock.
    pub now: DateTime<Utc>,
}

/// A tick found later than this is missed, even if no other tick has passed since.
pub const MISSED_AFTER: TimeDelta = TimeDelta::seconds(60);

impl DueCron {
    /// Whether its task is due, or a pause that is over removed the task.
    fn is_due(&self) -> bool {
        self.last_tick <= self.now || self.task_id.is_nil() || self.is_ahead()
    }

    /// Whether its next tick is too late, because it was chosen while the clock of the store was ahead.
    pub fn is_ahead(&self) -> bool {
        self.last_tick > self.now && self.ticked_at - self.now > MISSED_AFTER
    }

    /// Decides which ticks to insert: the next one after `now`, and the missed ones that the
    /// [`Missed`](crate::schedule::Missed) policy runs. `new_id` makes the ids of their tasks.
    ///
    /// # Errors
    /// The errors of [`Timetable::read`].
    pub fn tick(&self, mut new_id: impl FnMut() -> Uuid) -> Result<Tick<'_>, ScheduleError> {
        let timetable = Timetable::read(&self.cron)?;
        if self.is_ahead() {
            let next = timetable.next_before(self.last_tick, self.now).ok();
            let dropped = (!self.task_id.is_nil()).then_some(self.task_id);
            return Ok(Tick { dropped, ..Tick::new(&self.name, self.last_tick, next, new_id()) });
        }
        if self.last_tick > self.now {
            // The pause ended before the tick whose task it removed.
            return Ok(Tick::new(&self.name, self.last_tick, Some(self.last_tick), new_id()));
        }
        let (late, drops) = self.late(&timetable);
        Ok(Tick {
            name: &self.name,
            seen: self.last_tick,
            late: late.into_iter().map(|tick| (tick, new_id())).collect(),
            dropped: (drops && !self.task_id.is_nil()).then_some(self.task_id),
            next: timetable.next_after(self.last_tick, self.now).ok(),
            id: new_id(),
        })
    }

    /// The past ticks to insert, and whether to drop the waiting task of the last tick.
    fn late(&self, timetable: &Timetable) -> (Vec<DateTime<Utc>>, bool) {
        let Some(caught_up) = self.cron.missed.caught_up() else {
            return (if self.task_id.is_nil() { vec![self.last_tick] } else { vec![] }, false);
        };
        let mut ticks = vec![self.last_tick];
        ticks.extend(timetable.newest(self.last_tick, self.now, caught_up + 2));
        let is_on_time = ticks.last().is_some_and(|last| self.now - *last <= MISSED_AFTER);
        let kept = caught_up + usize::from(is_on_time);
        let drops = ticks.len() > kept;
        let first = ticks.len().saturating_sub(kept);
        // The task of the last tick is inserted already, unless a pause removed it.
        let is_there = !drops && !self.task_id.is_nil();
        (ticks.split_off(first + usize::from(is_there)), drops)
    }
}

/// Ticks to insert, unless another process has inserted them already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick<'a> {
    /// The name of the cron.
    pub name: &'a str,
    /// The last inserted tick, as it was read before. If the store has a later one now, another process was
    /// faster, and nothing is written.
    pub seen: DateTime<Utc>,
    /// Missed ticks to run, each with the id of its task.
    pub late: Vec<(DateTime<Utc>, Uuid)>,
    /// The task of the last inserted tick, if that tick was missed and is to be dropped. The store removes it
    /// if it still waits.
    pub dropped: Option<Uuid>,
    /// The tick to insert ahead. `None` if the pattern has no further tick: the store then removes the cron.
    pub next: Option<DateTime<Utc>>,
    /// The id of the task of the next tick.
    pub id: Uuid,
}

impl<'a> Tick<'a> {
    /// A tick to insert ahead, without missed ones.
    pub fn new(name: &'a str, seen: DateTime<Utc>, next: Option<DateTime<Utc>>, id: Uuid) -> Self {
        Self { name, seen, late: vec![], dropped: None, next, id }
    }
}

/// The crons to remove, with their waiting tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CronRemoval {
    /// The cron of this name.
    Name(String),
    /// All crons of a mode except those of these names, and except those that were made by hand. For `schedule_only`,
    /// which removes crons that a program no longer has.
    AllBut {
        /// The mode.
        mode: Mode,
        /// The names of the crons that stay.
        names: Vec<String>,
    },
}

impl CronRemoval {
    /// Whether it removes the cron of this name and mode. For the authors of stores.
    pub fn removes(&self, cron: &str, mode: Mode) -> bool {
        match self {
            Self::Name(name) => name == cron,
            Self::AllBut { mode: of, names } => {
                *of == mode && hand_name(cron).is_none() && !names.iter().any(|name| name == cron)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Missed;
    use proptest::prelude::*;

    /// A cron that ticks each minute, whose last tick is `late` seconds ago.
    fn minutely(missed: Missed, late: i64) -> DueCron {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let last_tick = now - TimeDelta::seconds(late);
        let cron = Cron::every(Duration::from_secs(60)).missed(missed);
        let ticked_at = last_tick.min(now);
        DueCron { name: "minutely".into(), cron, last_tick, task_id: Uuid::max(), ticked_at, now }
    }

    /// The inserted ticks, in seconds from `now`, and whether the waiting task is removed.
    fn told(cron: &DueCron) -> (Vec<i64>, bool) {
        let mut ids = (1..).map(Uuid::from_u128);
        let tick = cron.tick(|| ids.next().unwrap()).unwrap();
        let ticks = tick.late.iter().map(|(at, _)| *at).chain(tick.next);
        (ticks.map(|at| (at - cron.now).num_seconds()).collect(), tick.dropped.is_some())
    }

    #[test]
    fn a_tick_on_time_is_followed_by_the_next_whatever_the_policy() {
        for missed in [Missed::Coalesce, Missed::Skip, Missed::CatchUp(0), Missed::CatchUp(3)] {
            assert_eq!(told(&minutely(missed, 0)), (vec![60], false), "{missed:?}");
            assert_eq!(told(&minutely(missed, 59)), (vec![1], false), "{missed:?}");
        }
    }

    #[test]
    fn coalesced_ticks_become_the_one_task_that_waits() {
        assert_eq!(told(&minutely(Missed::Coalesce, 60 * 60 + 7)), (vec![53], false));
    }

    #[test]
    fn missed_ticks_are_skipped_but_not_one_that_is_just_a_little_late() {
        assert_eq!(told(&minutely(Missed::Skip, 60 * 60 + 7)), (vec![-7, 53], true));
        let hourly = |late| {
            let cron = Cron::every(Duration::from_secs(60 * 60)).missed(Missed::Skip);
            DueCron { cron, ..minutely(Missed::Skip, late) }
        };
        assert_eq!(told(&hourly(60)), (vec![3540], false));
        assert_eq!(told(&hourly(61)), (vec![3539], true));
        assert_eq!(told(&hourly(2 * 60 * 60 + 61)), (vec![3539], true));
    }

    #[test]
    fn the_newest_missed_ticks_are_caught_up() {
        assert_eq!(told(&minutely(Missed::CatchUp(2), 2 * 60 + 7)), (vec![-67, -7, 53], false));
        assert_eq!(told(&minutely(Missed::CatchUp(2), 60 * 60 + 7)), (vec![-127, -67, -7, 53], true));
        let all = told(&minutely(Missed::CatchUp(u32::MAX), 60 * 60 * 24 * 365)).0;
        assert_eq!(all.len(), Missed::MAX_CATCH_UP as usize + 2);
    }

    #[test]
    fn a_tick_that_a_pause_removed_comes_back_unless_it_is_dropped() {
        let paused = |missed, late| DueCron { task_id: Uuid::nil(), ..minutely(missed, late) };
        assert_eq!(told(&paused(Missed::Coalesce, -30)), (vec![30], false));
        assert_eq!(told(&paused(Missed::Coalesce, 187)), (vec![-187, 53], false));
        assert_eq!(told(&paused(Missed::Skip, 187)), (vec![-7, 53], false));
        assert_eq!(told(&paused(Missed::CatchUp(9), 127)), (vec![-127, -67, -7, 53], false));
    }

    #[test]
    fn a_tick_that_was_chosen_while_the_clock_was_ahead_is_replaced_by_the_next_one() {
        let ahead = |cron: Cron, by: i64| {
            let cron = DueCron { cron, ..minutely(Missed::Coalesce, -by) };
            DueCron { ticked_at: cron.now + TimeDelta::seconds(by - 30), ..cron }
        };
        let every = Cron::every(Duration::from_secs(60));
        assert_eq!(told(&ahead(every.clone(), 8 * 60 * 60 + 7)), (vec![7], true));
        assert_eq!(told(&ahead(every, 8 * 60 * 60)), (vec![60], true));
        assert_eq!(told(&ahead(Cron::new("* * * * *"), 8 * 60 * 60)), (vec![60], true));
        let far = minutely(Missed::Coalesce, -8 * 60 * 60);
        assert!(!far.is_due(), "a tick that is far ahead is not due, if it was chosen in the past");
    }

    #[test]
    fn the_last_tick_goes_by_the_pattern() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let told = |cron: Cron, ahead: i64| {
            let next_tick = now + TimeDelta::seconds(ahead);
            let info = CronInfo {
                name: "Report/1".into(),
                cron,
                task_type: "common".into(),
                mode: Mode::Asynk,
                priority: Priority::Normal,
                next_tick,
                created_at: now - TimeDelta::days(1),
                paused_at: None,
                payload: Redacted::default(),
                expires: None,
                options: Options::default(),
            };
            assert_eq!(info.kind(), "Report");
            info.last_tick(now).map(|last| (now - last).num_seconds())
        };
        let every = |seconds| Cron::every(Duration::from_secs(seconds));
        assert_eq!(told(every(60), 60), Some(0));
        assert_eq!(told(every(60), 1), Some(59));
        assert_eq!(told(every(60), -130), Some(10));
        assert_eq!(told(every(60 * 60 * 24 * 7), 60), None);
        assert_eq!(told(Cron::new("* * * * *"), 60), Some(0));
        assert_eq!(told(Cron::new("0 0 1 1 *"), 60), None);
    }

    proptest! {
        /// For every policy: in order, none twice, one ahead, and no more than were missed.
        #[test]
        fn ticks_are_inserted_in_order_and_one_ahead(
            late in -100_i64..100_000, keep in 0_u32..5, policy in 0_usize..3, took in any::<bool>(),
        ) {
            let missed = [Missed::Coalesce, Missed::Skip, Missed::CatchUp(keep)][policy];
            let mut cron = minutely(missed, late);
            if took || late < 0 {
                cron.task_id = Uuid::nil();
            }
            let (ticks, drops) = told(&cron);
            prop_assert!(ticks.is_sorted_by(|one, other| one < other));
            prop_assert!(ticks.last().is_some_and(|next| (1..=100).contains(next)));
            prop_assert!(ticks.iter().rev().skip(1).all(|tick| (-late..=0).contains(tick)));
            let runs = ticks.len() - 1 + usize::from(!drops && !cron.task_id.is_nil());
            prop_assert!(runs <= missed.caught_up().unwrap_or(1) + 1);
        }
    }
}
