use super::every;
use std::borrow::Cow;
use std::time::Duration;

/// A cron: a task that runs again and again, by a pattern or at an interval.
///
/// The pattern and the time zone are checked when the task is scheduled.
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
#[must_use = "it is for `cron()` to return, as `Some(Scheduled::Cron(cron))`"]
pub struct Cron {
    /// The pattern, or the interval as `@every 90s`.
    pub pattern: String,
    /// The time zone, a name of the IANA database. Defaults to `UTC`.
    pub time_zone: String,
    /// The policy for missed ticks. Defaults to [`Missed::Coalesce`].
    pub missed: Missed,
}

impl Cron {
    /// A cron by a pattern, in UTC. See [`CronPattern`](super::CronPattern) for its forms.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), time_zone: "UTC".to_owned(), missed: Missed::default() }
    }

    /// A cron at an interval, in whole milliseconds, of at least a second. The first tick comes one interval
    /// after the task was scheduled, and each other tick one interval after the last. The pattern
    /// `@every 90s` means the same; its units are `ms`, `s`, `m` and `h`.
    pub fn every(interval: Duration) -> Self {
        Self::new(every::text(interval))
    }

    /// Sets the time zone, such as `Europe/Berlin`. Defaults to UTC.
    ///
    /// When the clocks are put forward, the ticks of the skipped time become one, at the first instant after
    /// it. When they are put back, each time of the repeated stretch ticks once, at its first occurrence. Use
    /// UTC or an [interval](Self::every) for a cron that must not pause for an hour.
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

/// Policy for the missed ticks of a cron. Ticks are missed while no pool runs, the store cannot be reached,
/// or the cron is paused.
///
/// A tick is missed once the next tick has passed as well, or when a pool finds it more than a minute late. A
/// task that waits because all workers are busy, or because no running pool serves its task type, is not a
/// missed tick. It runs when a worker claims it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missed {
    /// All missed ticks become one: the task that waited when they were missed runs late. The default.
    #[default]
    Coalesce,
    /// Missed ticks are dropped, together with the task that waited for the first of them. A pool checks the
    /// crons before its first claim, so that this task is dropped before it can run. Only a pool that stays
    /// up through an outage of its database may claim it first.
    Skip,
    /// The newest missed ticks are run, up to this number, each as a task of its own; at most
    /// [`MAX_CATCH_UP`](Self::MAX_CATCH_UP).
    CatchUp(u32),
}

impl Missed {
    /// The largest number of ticks that are caught up, since they are inserted by one statement.
    pub const MAX_CATCH_UP: u32 = 1000;

    /// The number of missed ticks that run as tasks of their own; `None` when they become one.
    pub(crate) fn caught_up(self) -> Option<usize> {
        match self {
            Self::Coalesce => None,
            Self::Skip => Some(0),
            Self::CatchUp(ticks) => Some(ticks.min(Self::MAX_CATCH_UP) as usize),
        }
    }

    /// The text that stores keep.
    pub fn as_text(self) -> Cow<'static, str> {
        match self {
            Self::Coalesce => "coalesce".into(),
            Self::Skip => "skip".into(),
            Self::CatchUp(ticks) => format!("catch_up {ticks}").into(),
        }
    }

    /// Reads the text that stores keep. An unknown text of another version means
    /// [`Coalesce`](Self::Coalesce).
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
