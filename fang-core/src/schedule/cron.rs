use super::every;
use std::borrow::Cow;
use std::time::Duration;

/// A cron: a task that runs again and again, by a pattern or at an interval.
///
/// Pools insert a task for each tick, one tick ahead, and run it when it is due. The clock of the store
/// decides. The pattern and the time zone are checked by `schedule_task`, which fails with a
/// [`ScheduleError`](crate::ScheduleError) if one is not valid.
///
/// ```
/// use fang_core::schedule::{Cron, Missed, Scheduled};
/// use std::time::Duration;
/// // At nine on working days, by the clocks of Berlin. Missed ticks are dropped.
/// let report = Cron::new("0 9 * * 1-5").time_zone("Europe/Berlin").missed(Missed::Skip);
/// // Every 90 seconds.
/// let poll = Cron::every(Duration::from_secs(90));
/// # let _: [Scheduled; 2] = [report.into(), poll.into()];
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it has no effect until `cron()` of a task returns it, as `Some(Scheduled::Cron(cron))`"]
pub struct Cron {
    /// The pattern, or an interval such as `@every 90s`.
    pub pattern: String,
    /// The time zone: a name of the IANA database, such as `Europe/Berlin`. Defaults to `UTC`. Has no effect
    /// on an interval.
    pub time_zone: String,
    /// The policy for missed ticks. Defaults to [`Missed::Coalesce`].
    pub missed: Missed,
}

impl Cron {
    /// A cron by a pattern, in UTC unless [`time_zone`](Self::time_zone) says otherwise. A pattern has one of
    /// these forms; [`CronPattern`](super::CronPattern) has the details.
    ///
    /// - Five fields, as in crontab: `minute hour day month weekday`. Weekdays count from 0 (Sunday).
    /// - Six fields: `second minute hour day month weekday`. Weekdays count from 1 (Sunday).
    /// - Seven fields: the same with the year last.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), time_zone: "UTC".to_owned(), missed: Missed::default() }
    }

    /// A cron at an interval of at least a second; parts of a millisecond are dropped. The first tick comes
    /// one interval after the task is scheduled, and each other tick one interval after the tick before. The
    /// pattern `@every 90s` means the same. Its units are `ms`, `s`, `m` and `h`, and its number is whole.
    pub fn every(interval: Duration) -> Self {
        Self::new(every::text(interval))
    }

    /// Sets the time zone, a name of the IANA database such as `Europe/Berlin`. Defaults to `UTC`. Has no
    /// effect on an [interval](Self::every).
    ///
    /// When the clocks are put forward, the ticks of the skipped hour become one tick, right after it. When
    /// they are put back, a time that the clocks show twice ticks only the first time. So a cron that ticks
    /// many times an hour pauses for an hour then; with UTC or an interval it does not.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = name.into();
        self
    }

    /// Sets the policy for missed ticks. Defaults to [`Missed::Coalesce`].
    pub fn missed(mut self, missed: Missed) -> Self {
        self.missed = missed;
        self
    }
}

/// The policy for the ticks that a cron missed. Ticks are missed while no pool runs, while the store cannot
/// be reached, or while the cron is paused.
///
/// A tick counts as missed if the first pool that looks finds it more than a minute late, or finds that the
/// tick after it has passed as well. A task that waits because all workers are busy, or because no running
/// pool serves its task type, is not a missed tick: it runs once a worker that serves its type is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// All missed ticks become one run, which is late. The default.
    #[default]
    Coalesce,
    /// Missed ticks are dropped. There is one exception: a pool that runs through an outage of its database may still
    /// run the first of them, since its task is inserted one tick ahead.
    Skip,
    /// The newest missed ticks run, up to this number, each as a task of its own. Older ones are dropped. At
    /// most 1,000; higher numbers count as that.
    CatchUp(u32),
}

impl Missed {
    /// The most missed ticks that [`CatchUp`](Self::CatchUp) runs.
    pub const MAX_CATCH_UP: u32 = 1000;

    /// The number of missed ticks that run as tasks of their own; `None` when they become one.
    pub(crate) fn caught_up(self) -> Option<usize> {
        match self {
            Self::Coalesce => None,
            Self::Skip => Some(0),
            Self::CatchUp(ticks) => Some(ticks.min(Self::MAX_CATCH_UP) as usize),
        }
    }

    /// The text that stores save: `coalesce`, `skip` or `catch_up 7`.
    pub fn as_text(self) -> Cow<'static, str> {
        match self {
            Self::Coalesce => "coalesce".into(),
            Self::Skip => "skip".into(),
            Self::CatchUp(ticks) => format!("catch_up {ticks}").into(),
        }
    }

    /// Reads the text that stores save. Any other text means [`Coalesce`](Self::Coalesce).
    pub fn from_text(text: &str) -> Self {
        let ticks = || text.strip_prefix("catch_up ")?.parse().ok();
        match text {
            "skip" => Self::Skip,
            _ => ticks().map_or(Self::Coalesce, Self::CatchUp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_policy_comes_back_from_its_text() {
        for missed in [Missed::Coalesce, Missed::Skip, Missed::CatchUp(0), Missed::CatchUp(7)] {
            assert_eq!(Missed::from_text(&missed.as_text()), missed);
        }
        assert_eq!(Missed::from_text("of another version"), Missed::Coalesce);
    }
}
